"""Who holds many visits is for the desk to see; nobody learns from a page whose phone number has visits."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import PublicTextKind
from operational.messaging import schedule
from operational.models import LocationMessaging
from operational.online import details, draft, finish, sweep
from operational.online.place import current_text, find, reading
from operational.privacy.vault import attach
from tests.factories.booking import add_shift, unit
from tests.factories.online import VISITOR, OnlineSetUp, Visitor

MOST = 2
BOOKED = "select count(*) from appointment a join client c on c.id = a.client_id where c.phone = :phone"
ASKED = (
    "select count(*) from task t join client c on c.id = t.client_id"
    " where t.kind = 'many_bookings' and t.appointment_id is not null and c.phone = :phone"
)


def begun(setup: OnlineSetUp, work: finish.Work, starts: list[datetime], phone: str) -> list[str]:
    """Bookings that want nothing but to be sent, by one person with several e-mail addresses."""
    at = find(work.engine, setup.made.slug, "L1")
    with reading(work.engine, at) as session:
        policy = current_text(session, at.location_id, PublicTextKind.CANCELLATION_POLICY)
        assert policy is not None
        agreed = details.Agreed(policy.sha256, False, "192.0.2.1", "test")
    tokens = []
    for number, start in enumerate(starts):
        token = draft.begin(work.engine, at, [uuid.UUID(setup.free)], None, start, embedded=False)
        who = details.Details(**{**VISITOR, "phone": phone, "email": f"{number}.{phone}@visitor.example"})
        details.give(work.engine, work.vault, token, who, agreed)
        tokens.append(token)
    return tokens


@pytest.fixture(autouse=True)
def _capped(setup: OnlineSetUp) -> Iterator[None]:
    with setup.database.session("admin") as session:
        session.execute(text("update online_location set most_upcoming = :most"), {"most": MOST})
    yield
    with setup.database.session("admin") as session:
        session.execute(text("update online_location set most_upcoming = 50"))


def test_visits_beyond_what_a_person_may_hold_are_tasks_of_the_desk(
    setup: OnlineSetUp, start: datetime, work: finish.Work, settings: Settings
) -> None:
    for token in begun(
        setup, work, [start + number * timedelta(minutes=45) for number in range(4)], "2125550171"
    ):
        finish.book(work, token)
    sweep.run_once(work, settings)
    sweep.run_once(work, settings)
    assert setup.one(BOOKED, phone="+12125550171") == 4
    assert setup.one(ASKED, phone="+12125550171") == 4 - MOST


def test_who_holds_too_many_is_not_written_to_before_the_desk_has_looked(
    setup: OnlineSetUp, start: datetime, work: finish.Work, settings: Settings
) -> None:
    made = setup.made
    with setup.database.session("owner") as session:
        session.add(
            LocationMessaging(
                org_id=made.org_id, location_id=made.location_id, automatic=["booking_confirmed"],
                reminder_minutes=[1440], confirmation_minutes=[], forms_minutes=[], quiet_from_minute=0,
                quiet_until_minute=0, offer_minutes=30, call_number="+12125550111",
            )
        )  # fmt: skip
    phone = "2125550175"
    for token in begun(setup, work, [start + number * timedelta(minutes=45) for number in range(4)], phone):
        finish.book(work, token)
    sweep.run_once(work, settings)

    def told(at: datetime) -> int:
        with clock.frozen(at), unit(setup.database, made) as session:
            attach(session, work.vault)
            schedule.tell_changes(session)
            schedule.look_ahead(session)
        counted = "select count(*) from message m join client c on c.id = m.client_id where c.phone = :phone"
        found: int = setup.one(counted, phone=f"+1{phone}")
        return found

    soon, before = clock.now() + timedelta(minutes=2), start - timedelta(hours=20)
    assert told(soon) == MOST
    assert told(before) == 2 * MOST
    with setup.database.session("owner") as session:
        session.execute(text("update task set done_at = now() where kind = 'many_bookings'"))
    assert told(before) == 4 * MOST


def test_a_page_does_not_tell_whose_phone_number_has_visits(
    setup: OnlineSetUp,
    visitor: Visitor,
    start: datetime,
    work: finish.Work,
    settings: Settings,
    statements: Callable[[], int],
) -> None:
    add_shift(setup.made, start + timedelta(hours=3), start + timedelta(hours=12))
    for token in begun(setup, work, [start, start + timedelta(minutes=45)], "2125550173"):
        finish.book(work, token)
    seen: list[list[object]] = []
    # The first makes what the organization and this process keep for all others.
    for place, phone in enumerate(("2125550170", "2125550173", "2125550174")):
        told: list[object] = []
        for service, hours in ((setup.free, 2), (setup.deposit, 3)):
            visitor.choose(setup, service, start + timedelta(hours=hours + 3 * place))
            before = statements()
            visitor.fill(phone=phone, email=f"other.{phone}@visitor.example")
            if service == setup.deposit:
                visitor.send("/card").send(visitor.at, card="tok_visa").send("/pay")
            told += [
                visitor.status,
                statements() - before,
                re.sub(r"/booking/[\w-]+|\d+:\d+", "", visitor.page),
            ]
        seen.append(told)
    assert seen[1] == seen[2]
    assert "You are booked" in str(seen[1][2])
    assert "You are booked" in str(seen[1][5])
    sweep.run_once(work, settings)
    assert (setup.one(ASKED, phone="+12125550173"), setup.one(ASKED, phone="+12125550174")) == (2, 0)
