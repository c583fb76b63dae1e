"""The database refuses a visit without its claims, claims without a visit, and two claims at once."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from operational.booking import cancel
from operational.booking.queries import VisitRow
from operational.database_errors import constraint_of, sqlstate_of
from tests.factories.booking import actor_of, book_visit, unit, violations
from tests.factories.organization import OrganizationSetUp

MATCH = "occupancy_matches_appointment"
COPY = """
insert into occupancy (org_id, id, appointment_id, subject_kind, subject_id, during, starts_at, ends_at, hard,
    active, created_at)
select org_id, gen_random_uuid(), appointment_id, subject_kind, subject_id, during, starts_at, ends_at, hard,
    true, created_at
from occupancy
"""
TAMPERINGS = {
    "claims released": "update occupancy set active = false",
    "one claim released": "update occupancy set active = false where subject_kind = 'room'",
    "a claim shortened": "update occupancy set ends_at = ends_at - interval '5 min',"
    " during = tstzrange(starts_at, ends_at - interval '5 min')",
    "a claim softened": "update occupancy set hard = false where subject_kind = 'provider'",
    "item moved alone": "update appointment_item set starts_at = starts_at + interval '5 min'",
    "provider changed alone": "update appointment_item set provider_id = (select id from staff_member"
    " where not is_provider limit 1)",
    "cancelled alone": "update appointment set status = 'cancelled'",
}


@pytest.fixture
def booked(setup: OrganizationSetUp, start: datetime) -> VisitRow:
    with unit(setup.database, setup) as session:
        return book_visit(session, setup, start)


@pytest.mark.parametrize("name", TAMPERINGS)
def test_claims_and_visit_change_together_or_not_at_all(
    setup: OrganizationSetUp, booked: VisitRow, name: str
) -> None:
    with pytest.raises(DBAPIError) as refused, unit(setup.database, setup) as session:
        session.execute(text(TAMPERINGS[name]))
    assert constraint_of(refused.value) == MATCH
    assert violations(setup.database) == (0, 0)


def test_a_cancelled_visit_claims_nothing(setup: OrganizationSetUp, booked: VisitRow) -> None:
    with unit(setup.database, setup) as session:
        cancel.cancel(session, actor_of(setup), booked.id, by="practice")
    with pytest.raises(DBAPIError) as refused, unit(setup.database, setup) as session:
        session.execute(text("update occupancy set active = true"))
    assert constraint_of(refused.value) == MATCH


def test_two_hard_claims_at_once_are_refused_at_once(setup: OrganizationSetUp, booked: VisitRow) -> None:
    with pytest.raises(DBAPIError) as refused, unit(setup.database, setup) as session:
        session.execute(text(COPY))
    assert sqlstate_of(refused.value) == "23P01"


def test_control_without_the_trigger_nothing_refuses(setup: OrganizationSetUp, booked: VisitRow) -> None:
    with setup.database.session("owner") as session:
        for table in ("appointment", "appointment_item", "appointment_item_resource", "occupancy"):
            session.execute(text(f"drop trigger claims_match on {table}"))
    with unit(setup.database, setup) as session:
        session.execute(text(TAMPERINGS["claims released"]))
    assert violations(setup.database)[1] > 0


def test_claims_are_never_deleted(setup: OrganizationSetUp, booked: VisitRow) -> None:
    with pytest.raises(DBAPIError) as refused, unit(setup.database, setup) as session:
        session.execute(text("delete from occupancy"))
    assert sqlstate_of(refused.value) == "42501"


def test_a_lock_that_cannot_be_had_gives_up_within_its_budget(
    setup: OrganizationSetUp, start: datetime
) -> None:
    """The budget is for all locks together: two held subjects do not cost two waits."""
    key = "select pg_advisory_lock(hashtextextended(%s || ':' || %s, 0))"
    blocker = setup.database.connect("app", autocommit=True)
    for subject in (setup.provider_id, setup.rooms[0]):
        blocker.execute(key, (str(setup.org_id), str(subject)))
    asked = text("select booking_lock(array[cast(:a as uuid), cast(:b as uuid)], 1000)")
    began = time.monotonic()
    with pytest.raises(DBAPIError) as refused, unit(setup.database, setup) as session:
        session.execute(asked, {"a": setup.provider_id, "b": setup.rooms[0]})
    assert sqlstate_of(refused.value) == "55P03"
    assert 0.9 < time.monotonic() - began < 1.9
