"""Time off and visits that are booked into it at the same moment: one of them is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import OffSubject, TimeOffReason
from operational.booking import time_off
from operational.booking.schedule_schemas import NewTimeOff
from tests.factories.booking import actor_of, book_visit, unit
from tests.factories.contest import NO_LOCKS
from tests.factories.organization import OrganizationSetUp
from tests.support.together import ROUNDS, together

UNSEEN = text(
    """
    select count(*) from time_off o join appointment a on a.org_id = o.org_id and a.status = 'booked'
    where o.status = 'approved' and a.starts_at < o.ends_at and o.starts_at < a.ends_at
    """
)
"""Visits inside time off that neither of the two who made them was told of."""


def rush(setup: OrganizationSetUp, start: datetime, kind: OffSubject) -> None:
    """Somebody closes the time while somebody else books it."""
    subject = setup.location_id if kind is OffSubject.LOCATION else setup.provider_id

    def closes() -> None:
        request = NewTimeOff(
            location_id=setup.location_id, subject_kind=kind, subject_id=subject, starts_at=start,
            ends_at=start + timedelta(minutes=30), reason=TimeOffReason.TRAINING,
        )  # fmt: skip
        with unit(setup.database, setup) as session:
            time_off.add(session, actor_of(setup), request)

    def books() -> None:
        with unit(setup.database, setup) as session:
            book_visit(session, setup, start)

    failed = [one for one in together([closes, books]) if isinstance(one, Exception)]
    assert all(isinstance(one, DomainError) for one in failed), failed


def unseen(setup: OrganizationSetUp) -> int:
    with setup.database.session("admin") as session:
        found: int = session.execute(UNSEEN).scalar_one()
        session.execute(text("update time_off set status = 'ended'"))
        session.execute(text("set local session_replication_role = replica"))
        session.execute(text("update appointment set status = 'cancelled'"))
        session.execute(text("update occupancy set active = false"))
    return found


@pytest.mark.parametrize("kind", [OffSubject.PROVIDER, OffSubject.LOCATION])
def test_who_comes_second_is_told(setup: OrganizationSetUp, start: datetime, kind: OffSubject) -> None:
    for _ in range(ROUNDS // 3):
        rush(setup, start, kind)
        assert unseen(setup) == 0


def test_control_without_locks_neither_is_told(setup: OrganizationSetUp, start: datetime) -> None:
    with setup.database.session("owner") as session:
        session.execute(text(NO_LOCKS))

    def slips_through() -> bool:
        rush(setup, start, OffSubject.PROVIDER)
        return unseen(setup) > 0

    assert any(slips_through() for _ in range(ROUNDS)), "nothing slipped through: the race is no race"
