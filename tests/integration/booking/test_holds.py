"""Time kept for somebody who is choosing: nobody else gets it until it expires, and it is used once."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import HoldStatus, ResourceKind
from operational.booking import hold as holding
from operational.booking.availability import Question, availability
from operational.booking.book import book
from operational.booking.errors import HoldUsed, SlotTaken
from operational.booking.queries import VisitRow
from operational.booking.schemas import NewHold, NewVisit
from operational.models import Hold
from tests.factories.booking import actor_of, add_provider, add_service, add_shift, unit, violations
from tests.factories.organization import OrganizationSetUp
from tests.support.together import ROUNDS, together

MINUTE = timedelta(minutes=1)


def keep(setup: OrganizationSetUp, start: datetime, service: uuid.UUID | None = None) -> holding.Held:
    item = {"service_id": service or setup.service_id}
    asked = {"location_id": setup.location_id, "starts_at": start, "items": [item]}
    with unit(setup.database, setup) as session:
        return holding.keep(session, actor_of(setup), NewHold.model_validate(asked))


def take(
    setup: OrganizationSetUp,
    start: datetime,
    hold_id: uuid.UUID | None = None,
    service: uuid.UUID | None = None,
    client: uuid.UUID | None = None,
) -> VisitRow:
    asked = {
        "client_id": client or setup.client(), "location_id": setup.location_id, "starts_at": start,
        "items": [{"service_id": service or setup.service_id}], "hold_id": hold_id,
    }  # fmt: skip
    with unit(setup.database, setup) as session:
        return book(session, actor_of(setup), NewVisit.model_validate(asked))


def offered(setup: OrganizationSetUp, start: datetime) -> bool:
    question = Question(setup.location_id, setup.service_id, start.date(), start.date(), limit=1000)
    with unit(setup.database, setup) as session:
        slots, _ = availability(session, actor_of(setup), question)
    return start in [one.starts_at.astimezone(UTC) for one in slots]


def status_of(setup: OrganizationSetUp, hold_id: uuid.UUID) -> HoldStatus:
    with unit(setup.database, setup) as session:
        return session.get_one(Hold, (setup.org_id, hold_id)).status


def active_claims(setup: OrganizationSetUp, hold_id: uuid.UUID) -> int:
    with unit(setup.database, setup) as session:
        counted = text("select count(*) from occupancy where hold_id = :hold and active")
        return int(session.execute(counted, {"hold": hold_id}).scalar_one())


def test_what_is_kept_is_offered_to_nobody_and_booked_with_its_hold(
    setup: OrganizationSetUp, start: datetime
) -> None:
    other = add_provider(setup)
    add_shift(setup, start - timedelta(hours=2), start + timedelta(hours=6), staff_id=other)
    service = add_service(setup, "Roomed", needs=[(ResourceKind.ROOM, "injection")])
    held = keep(setup, start, service)
    with pytest.raises(SlotTaken):
        take(setup, start, service=service)  # The one room is kept, though another provider is free.
    booked = take(setup, start, held.id, service)
    assert booked.items[0].provider_id == held.items[0].provider_id
    assert status_of(setup, held.id) is HoldStatus.BOOKED
    assert active_claims(setup, held.id) == 0
    with pytest.raises(HoldUsed):
        take(setup, start + timedelta(hours=2), held.id, service)
    with unit(setup.database, setup) as session, pytest.raises(HoldUsed):
        holding.release(session, actor_of(setup), held.id)
    assert violations(setup.database) == (0, 0)


def test_an_expired_hold_keeps_nothing(setup: OrganizationSetUp, start: datetime) -> None:
    now = clock.now()
    with clock.frozen(now):
        held = keep(setup, start)
        assert not offered(setup, start)
    with clock.frozen(now + 10 * MINUTE - timedelta(seconds=1)):
        assert not offered(setup, start)
        with pytest.raises(SlotTaken):
            take(setup, start)
    with clock.frozen(now + 10 * MINUTE):
        assert offered(setup, start)
        # Who was too slow still gets the time while nobody else has it, once.
        booked = take(setup, start, held.id)
        assert not offered(setup, start)
    assert status_of(setup, held.id) is HoldStatus.BOOKED
    with clock.frozen(now + 11 * MINUTE):
        late = keep(setup, start + timedelta(hours=1))
    with clock.frozen(now + 25 * MINUTE):
        take(setup, late.starts_at)
        with pytest.raises(SlotTaken):
            take(setup, late.starts_at, late.id)
    assert booked.starts_at == start
    assert violations(setup.database) == (0, 0)


def test_released_time_is_free_at_once(setup: OrganizationSetUp, start: datetime) -> None:
    held = keep(setup, start)
    with unit(setup.database, setup) as session:
        holding.release(session, actor_of(setup), held.id)
    take(setup, start)
    with pytest.raises(HoldUsed):
        take(setup, start + timedelta(hours=1), held.id)
    with unit(setup.database, setup) as session:
        holding.release(session, actor_of(setup), held.id)
    assert status_of(setup, held.id) is HoldStatus.RELEASED


def test_two_who_book_with_one_hold(setup: OrganizationSetUp, start: datetime) -> None:
    """Nothing but the hold refuses the second: both times are free, and each is a client's own."""
    service = add_service(setup, "Short", hands=15)
    clients = [setup.client() for _ in range(2)]
    for number in range(min(ROUNDS, 16)):
        at = start + (number - 4) * timedelta(minutes=30)
        held = keep(setup, at, service)
        times = zip((at, at + timedelta(minutes=15)), clients, strict=True)
        answers = together([partial(take, setup, when, held.id, service, client) for when, client in times])
        assert sorted(type(one).__name__ for one in answers) == ["HoldUsed", "VisitRow"]
    assert violations(setup.database) == (0, 0)


def test_without_a_second_look_one_hold_is_used_twice(
    setup: OrganizationSetUp, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the look under the locks left out, the second books as well."""
    service = add_service(setup, "Short", hands=15)
    looks = threading.local()
    require_held = holding.require_held

    def once(session: Session, hold_id: uuid.UUID, location_id: uuid.UUID) -> None:
        if getattr(looks, "looked", None) != hold_id:
            looks.looked = hold_id
            require_held(session, hold_id, location_id)

    monkeypatch.setattr(holding, "require_held", once)
    clients = [setup.client() for _ in range(2)]

    def both(number: int) -> int:
        at = start + (number - 4) * timedelta(minutes=30)
        held = keep(setup, at, service)
        times = zip((at, at + timedelta(minutes=15)), clients, strict=True)
        calls = [partial(take, setup, when, held.id, service, client) for when, client in times]
        return sum(isinstance(one, VisitRow) for one in together(calls))

    assert any(both(number) == 2 for number in range(16))
