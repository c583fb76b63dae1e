"""What is offered to who joined the waitlist by themselves: other times than those that did not suit, and not
for ever; and how they take one or leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational import links
from operational.messaging.send import job_actor
from operational.models import WaitlistOffer
from operational.online import finish, sweep
from operational.privacy.vault import attach
from operational.waitlist import offering
from operational.waitlist.offering import expire, offer_free_times
from tests.factories.booking import add_shift, unit
from tests.factories.online import OnlineSetUp, Visitor, join

pytestmark = pytest.mark.usefixtures("nobody_waits")
HOUR = timedelta(hours=1)
WISH = "select string_agg(status, ' ' order by id) from waitlist_entry"
OFFERS = "select string_agg(status, ' ' order by id) from waitlist_offer"
Turn = Callable[[datetime], str | None]


@pytest.fixture
def turn(setup: OnlineSetUp, settings: Settings, work: finish.Work) -> Turn:
    """A turn of the worker at a moment; where the link of the offer it made leads, if it made one."""

    def turn(at: datetime) -> str | None:
        with clock.frozen(at), unit(setup.database, setup.made) as session:
            attach(session, work.vault)
            expire(session)
            if not offer_free_times(session, job_actor(setup.made.org_id), settings):
                return None
            offer = session.scalars(select(WaitlistOffer).order_by(WaitlistOffer.id.desc())).first()
            assert offer is not None
            token = links.issue(
                session, purpose=links.WAITLIST_OFFER, client_id=offer.client_id, subject_id=offer.id,
                lifetime=timedelta(days=200),
            )  # fmt: skip
        return f"/offer/{token}"

    return turn


@pytest.fixture
def day(setup: OnlineSetUp) -> datetime:
    """An hour at which nothing is quiet, before all that is free."""
    return setup.start - HOUR


@pytest.fixture
def offered(
    setup: OnlineSetUp, visitor: Visitor, work: finish.Work, settings: Settings, turn: Turn, day: datetime
) -> Callable[[datetime], str]:
    """Somebody joined, and the time that comes free then is offered to them: where its link leads."""

    def offered(at: datetime) -> str:
        assert join(visitor, setup).status == 200
        matched(setup, work, settings)
        comes_free(setup, at)
        path = turn(day)
        assert path is not None
        return path

    return offered


def matched(setup: OnlineSetUp, work: finish.Work, settings: Settings) -> None:
    sweep.look_after(work, settings, setup.made.org_id)


def comes_free(setup: OnlineSetUp, start: datetime, **lasting: int) -> None:
    add_shift(setup.made, start, start + timedelta(**(lasting or {"minutes": 30})))


def test_times_that_were_free_when_they_joined_are_not_offered(
    setup: OnlineSetUp, visitor: Visitor, work: finish.Work, settings: Settings, turn: Turn, day: datetime
) -> None:
    assert join(visitor, setup).status == 200
    free = setup.start + timedelta(days=8)
    # Nothing before it is known who they are, and nothing that they have seen.
    comes_free(setup, free)
    assert turn(day) is None
    matched(setup, work, settings)
    assert turn(day) is None
    assert setup.one("select cardinality(passed_over) from waitlist_entry") > 0
    later = setup.start + timedelta(days=9)
    comes_free(setup, later)
    assert turn(day) is not None
    assert setup.one("select starts_at from waitlist_offer") == later


def test_what_was_taken_and_comes_free_again_is_offered(
    setup: OnlineSetUp, visitor: Visitor, work: finish.Work, settings: Settings, turn: Turn, day: datetime
) -> None:
    at = setup.start + timedelta(days=10)
    comes_free(setup, at)
    assert join(visitor, setup, weekdays=[str(at.weekday())]).status == 200
    matched(setup, work, settings)
    with setup.database.session("owner") as session:
        session.execute(text("update shift set active = false where starts_at = :at"), {"at": at})
    assert turn(day) is None
    with setup.database.session("owner") as session:
        session.execute(text("update shift set active = true where starts_at = :at"), {"at": at})
    assert turn(day) is not None
    assert setup.one("select starts_at from waitlist_offer") == at


def test_a_number_that_answers_nothing_is_not_written_to_for_ever(
    setup: OnlineSetUp, visitor: Visitor, work: finish.Work, settings: Settings, turn: Turn, day: datetime
) -> None:
    assert join(visitor, setup).status == 200
    matched(setup, work, settings)
    comes_free(setup, setup.start + timedelta(days=11), hours=6)
    made = [turn(day + number * timedelta(minutes=31)) is not None for number in range(6)]
    assert made == [True] * offering.UNANSWERED + [False] * 3
    assert setup.one(OFFERS) == "expired expired expired"
    assert setup.one(WISH) == "ended"


def test_an_offer_leads_off_the_waitlist_also_when_it_is_over(
    setup: OnlineSetUp, visitor: Visitor, offered: Callable[[datetime], str], day: datetime
) -> None:
    path = offered(setup.start + timedelta(days=12))
    assert "Take me off the waitlist" in visitor.get(path).page
    with clock.frozen(day + HOUR):
        over = visitor.get(path)
        assert (over.status, "no longer free" in over.page) == (410, True)
        assert "You are off the waitlist" in over.send("/leave").page
    assert setup.one(WISH) == "ended"
    assert visitor.get(path).status == 410


def test_who_takes_an_offer_accepts_the_policy_and_has_booked_by_themselves(
    setup: OnlineSetUp, visitor: Visitor, offered: Callable[[datetime], str], day: datetime
) -> None:
    at = setup.start + timedelta(days=13)
    path = offered(at)
    with clock.frozen(day + timedelta(minutes=1)):
        assert "Cancellation policy" in visitor.get(path).page
        refused = visitor.send("/accept")
        assert (refused.status, "accept it with the time" in refused.page) == (422, True)
        assert visitor.send("/accept", accepted="true", policy="0" * 64).status == 422
        assert setup.visits(at) == []
        done = visitor.get(path).send("/accept", accepted="true")
    assert (done.status, done.at.startswith("/visit/")) == (200, True)
    assert (setup.visits(at), setup.one(WISH), setup.one(OFFERS)) == (["booked"], "booked", "accepted")
    assert setup.one("select source from appointment where starts_at = :at", at=at) == "online"
    kept = "select count(*) from policy_acceptance p join waitlist_entry w on w.id = p.waitlist_entry_id"
    assert setup.one(f"{kept} where length(user_agent) > 0 and length(address) > 0") == 1


def test_what_asks_for_more_by_now_is_not_taken_by_a_tap(
    setup: OnlineSetUp, visitor: Visitor, turn: Turn, offered: Callable[[datetime], str], day: datetime
) -> None:
    at = setup.start + timedelta(days=14)
    path = offered(at)
    asks = text("update online_service set needs_approval = :asks where service_id = :id")
    with setup.database.session("owner") as session:
        session.execute(asks, {"asks": True, "id": setup.free})
    try:
        with clock.frozen(day + timedelta(minutes=1)):
            assert visitor.get(path).send("/accept", accepted="true").status == 410
        assert setup.visits(at) == []
        comes_free(setup, at + timedelta(days=1))
        assert turn(day + timedelta(minutes=2)) is None
        assert setup.one(WISH) == "waiting"
    finally:
        with setup.database.session("owner") as session:
            session.execute(asks, {"asks": False, "id": setup.free})


def test_everybody_who_waits_is_looked_at(
    setup: OnlineSetUp,
    visitor: Visitor,
    work: finish.Work,
    settings: Settings,
    turn: Turn,
    day: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offering, "AT_ONCE", 2)
    wanted = setup.start + timedelta(days=16)
    other = [str((wanted.weekday() + number) % 7) for number in (1, 2, 3, 4, 5)]
    for number in other:
        assert join(visitor, setup, weekdays=[number], part="evening").status == 200
    assert join(visitor, setup, phone="2125550166", weekdays=[str(wanted.weekday())]).status == 200
    matched(setup, work, settings)
    comes_free(setup, wanted)
    assert turn(day) is not None
    assert setup.one("select starts_at from waitlist_offer") == wanted
