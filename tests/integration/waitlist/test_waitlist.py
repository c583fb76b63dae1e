"""Time that comes free is offered in order, to one at a time; whoever claims it first has it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import OfferStatus, WaitlistStatus
from operational import links
from operational.booking.cancel import cancel
from operational.messaging.send import job_actor
from operational.models import Appointment, WaitlistEntry, WaitlistOffer
from operational.waitlist import claiming, service
from operational.waitlist.errors import OfferGone
from operational.waitlist.offering import expire, offer_free_times
from tests.factories.booking import actor_of, add_shift, book_visit, next_weekday, unit, violations
from tests.factories.contest import NO_LOCKS
from tests.integration.messaging.conftest import Practice, practice_of
from tests.support.databases import Database
from tests.support.together import ROUNDS, together

START = next_weekday(hour=15)
SLOT = timedelta(minutes=30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def practice(operational_module: Database, home: Path) -> Practice:
    """One slot of half an hour, booked by the first client."""
    made = practice_of(operational_module, home)
    add_shift(made.setup, START, START + SLOT)
    return made


def booked(practice: Practice) -> uuid.UUID:
    with unit(practice.setup.database, practice.setup) as session:
        return book_visit(session, practice.setup, START).id


def freed(practice: Practice, visit_id: uuid.UUID) -> None:
    with unit(practice.setup.database, practice.setup) as session:
        cancel(session, actor_of(practice.setup), visit_id, by="practice")


def waits(practice: Practice, number: int, **values: Any) -> uuid.UUID:
    """Another client who waits, and their wish."""
    client_id = practice.setup.client(f"Client {number}", phone=f"+1212555{number:04d}")
    day = START.date()
    given = {
        "client_id": client_id, "location_id": practice.setup.location_id, "provider_id": None,
        "service_ids": [practice.setup.service_id], "weekdays": [], "from_minute": 0, "until_minute": 1440,
        "from_date": day - timedelta(days=1), "until_date": day + timedelta(days=1), **values,
    }  # fmt: skip
    with unit(practice.setup.database, practice.setup) as session:
        return service.add(session, actor_of(practice.setup), given).id


def look(practice: Practice, at: datetime | None = None) -> list[uuid.UUID]:
    """A turn of the worker; the wishes that have an open offer now."""
    with clock.frozen(at or START - timedelta(days=2)):
        with practice.working() as session:
            expire(session)
        with practice.working() as session:
            offer_free_times(session, job_actor(practice.org_id), practice.settings)
    return [one.waitlist_entry_id for one in offers(practice) if one.status is OfferStatus.OFFERED]


def offers(practice: Practice) -> list[WaitlistOffer]:
    with practice.setup.database.session("owner") as session:
        found = (
            select(WaitlistOffer).where(WaitlistOffer.org_id == practice.org_id).order_by(WaitlistOffer.id)
        )
        return list(session.scalars(found))


def entry(practice: Practice, entry_id: uuid.UUID) -> WaitlistEntry:
    with practice.setup.database.session("owner") as session:
        return session.get_one(WaitlistEntry, (practice.org_id, entry_id))


def token(practice: Practice, at: datetime) -> str:
    """The token of the newest offer, as it arrives."""
    with clock.frozen(at):
        practice.send()
    return practice.sent()[-1].text.rpartition("/offer/")[2]


def answer(practice: Practice, told: str, at: datetime, verb: Callable[..., Any] = claiming.accept) -> Any:
    with clock.frozen(at):
        return verb(practice.post.engine, practice.post.vault, told)


def test_a_freed_time_is_offered_in_order_and_taken_by_link(practice: Practice) -> None:
    visit_id = booked(practice)
    first, second = waits(practice, 1), waits(practice, 2)
    assert look(practice) == []
    freed(practice, visit_id)
    begun = START - timedelta(days=2)
    assert look(practice) == [first]
    assert look(practice, begun + timedelta(minutes=5)) == [first]
    told = token(practice, begun)
    said = practice.sent()[-1].text.lower()
    assert "botulinum" not in said
    assert "neurotoxin" not in said
    shown = answer(practice, told, begun + timedelta(minutes=10), claiming.show)
    assert (shown.starts_at, shown.place.name) == (START, "Location 1")
    # Nobody answered: the next in order.
    later = begun + timedelta(minutes=31)
    assert look(practice, later) == [second]
    with pytest.raises(OfferGone):
        answer(practice, told, later)
    made = answer(practice, token(practice, later), later + timedelta(minutes=1))
    done = entry(practice, second)
    assert (done.status, done.appointment_id) == (WaitlistStatus.BOOKED, made.appointment_id)
    assert entry(practice, first).status is WaitlistStatus.WAITING
    assert [one.status for one in offers(practice)] == [OfferStatus.EXPIRED, OfferStatus.ACCEPTED]


def test_who_declines_is_not_offered_the_same_again(practice: Practice) -> None:
    only = waits(practice, 3)
    begun = START - timedelta(days=2)
    assert look(practice, begun) == [only]
    told = token(practice, begun)
    answer(practice, told, begun + timedelta(minutes=1), claiming.decline)
    with pytest.raises(OfferGone):
        answer(practice, told, begun + timedelta(minutes=2))
    assert look(practice, begun + timedelta(minutes=3)) == []
    assert [one.status for one in offers(practice)] == [OfferStatus.DECLINED]


@pytest.mark.parametrize(
    "wish",
    [
        {"weekdays": [(START.weekday() + 1) % 7]},
        {"from_minute": 0, "until_minute": 9 * 60},
        {"until_date": START.date() - timedelta(days=1)},
    ],
)
def test_what_does_not_fit_is_not_offered(practice: Practice, wish: dict[str, Any]) -> None:
    waits(practice, 4, **wish)
    assert look(practice) == []


def test_an_added_shift_is_time_that_came_free_but_not_at_night(practice: Practice) -> None:
    booked(practice)
    only = waits(practice, 5)
    assert look(practice) == []
    add_shift(practice.setup, START + timedelta(hours=2), START + timedelta(hours=2) + SLOT)
    practice.rules(quiet_from_minute=0, quiet_until_minute=9 * 60)
    night = (START - timedelta(days=2)).replace(hour=6)
    assert look(practice, night) == []
    assert look(practice, night + timedelta(hours=9)) == [only]
    (offer,) = offers(practice)
    assert offer.starts_at == START + timedelta(hours=2)


def test_a_wish_that_was_taken_back_gets_nothing(practice: Practice) -> None:
    only = waits(practice, 6)
    begun = START - timedelta(days=2)
    assert look(practice, begun) == [only]
    told = token(practice, begun)
    with unit(practice.setup.database, practice.setup) as session:
        service.take_back(session, actor_of(practice.setup), only, '"1"')
    with pytest.raises(OfferGone):
        answer(practice, told, begun + timedelta(minutes=1))
    assert look(practice, begun + timedelta(minutes=2)) == []


def claimed(practice: Practice, told: str) -> uuid.UUID:
    return claiming.accept(practice.post.engine, practice.post.vault, told).appointment_id


def contend(practice: Practice) -> tuple[list[Any], int]:
    """Two claim one time while the desk books it; what each got, and how many visits there are."""
    begun = clock.now()
    for number in (7, 8):
        waits(practice, number)
    tokens = []
    with practice.working() as session:
        for wish in session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.id)).all():
            offer = WaitlistOffer(
                org_id=wish.org_id, waitlist_entry_id=wish.id, client_id=wish.client_id,
                location_id=wish.location_id, service_id=practice.setup.service_id,
                provider_id=practice.setup.provider_id, starts_at=START, ends_at=START + SLOT,
                offered_at=begun, business_date=begun.date(), expires_at=begun + timedelta(minutes=30),
                status=OfferStatus.OFFERED,
            )  # fmt: skip
            session.add(offer)
            session.flush()
            lifetime = timedelta(minutes=30)
            tokens.append(
                links.issue(
                    session, purpose=links.WAITLIST_OFFER, client_id=wish.client_id, subject_id=offer.id,
                    lifetime=lifetime,
                )
            )  # fmt: skip
    calls = [partial(claimed, practice, told) for told in tokens]
    got = together([*calls, partial(booked, practice), calls[0]])
    with practice.setup.database.session("owner") as session:
        visits = session.scalars(select(Appointment).where(Appointment.org_id == practice.org_id)).all()
    return got, len(visits)


def test_of_several_who_claim_one_time_one_gets_it(practice: Practice) -> None:
    got, visits = contend(practice)
    assert [isinstance(one, uuid.UUID) for one in got].count(True) == visits == 1
    assert all(isinstance(one, (uuid.UUID, DomainError)) for one in got)
    assert violations(practice.setup.database) == (0, 0)
    accepted = [one for one in offers(practice) if one.status is OfferStatus.ACCEPTED]
    waiting = [one for one in offers(practice) if one.status is OfferStatus.OFFERED]
    assert waiting == []
    assert len(accepted) == isinstance(got[0], uuid.UUID) + isinstance(got[1], uuid.UUID) + isinstance(
        got[3], uuid.UUID
    )


def test_control_without_the_guards_of_booking_it_is_taken_twice(operational: Database, home: Path) -> None:
    with operational.session("owner") as session:
        session.execute(text(NO_LOCKS))
        session.execute(text("alter table occupancy drop constraint ex_occupancy_no_overlap"))

    def visits() -> int:
        made = practice_of(operational, home)
        add_shift(made.setup, START, START + SLOT)
        return contend(made)[1]

    assert any(visits() > 1 for _ in range(ROUNDS)), "it was never taken twice: the race is no race"
