"""A visitor books: time kept, details, policy, card; whatever happens, one visit and one charge."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.booking.book import book
from operational.booking.errors import SlotTaken
from operational.booking.schemas import NewVisit
from operational.models import OnlineBooking
from operational.online import draft, finish, sweep
from operational.online.errors import TimeGone
from operational.online.place import find
from tests.factories.booking import actor_of, unit, violations
from tests.factories.online import ADDRESS, CONSENT, POLICY, VISITOR, OnlineSetUp, Visitor, charges
from tests.support.together import together

MINUTE = timedelta(minutes=1)


def unlocked(session: Session, who: draft.Known) -> OnlineBooking:
    """What the lock is a guard against."""
    return session.get_one(OnlineBooking, (who.org_id, who.booking_id))


def test_a_visitor_books_without_a_script(setup: OnlineSetUp, visitor: Visitor, start: datetime) -> None:
    visitor.get(setup.path)
    assert "Skin consultation" in visitor.page
    assert "Neurotoxin visit" not in visitor.page  # it is not offered
    visitor.choose(setup, setup.free, start)
    for shown in ("Kept for you until", POLICY, CONSENT, ADDRESS):
        assert shown in visitor.page
    held = visitor.at
    visitor.fill(phone="nonsense")
    assert (visitor.status, "Enter a mobile number" in visitor.page) == (422, True)
    assert VISITOR["email"] in visitor.page  # what was right need not be typed again
    visitor.at = held
    visitor.fill()
    assert "You are booked" in visitor.page
    assert visitor.get(visitor.at).page.count("You are booked") == 1  # reload, back button
    file = visitor.http.get(f"{visitor.at}/visit.ics")
    assert f"DTSTART:{start:%Y%m%dT%H%M%SZ}" in file.text
    assert "Skin" not in file.text
    assert setup.visits(start) == ["booked"]
    assert setup.one("select source from appointment where starts_at = :at", at=start) == "online"
    told = (
        "select n.kind from notification n join appointment a on a.id = n.subject_id where a.starts_at = :at"
    )
    assert setup.one(told, at=start) == "booked_online"
    proof = "select text_sha256 = sha256 and body = :body and user_agent <> '' and address <> ''"
    proof += " from policy_acceptance a join public_text t on t.id = a.text_id order by a.id desc limit 1"
    assert setup.one(proof, body=POLICY)
    assert setup.one("select details is null from online_booking order by id desc limit 1")


def test_what_is_missing_is_said_on_public_pages(setup: OnlineSetUp, visitor: Visitor) -> None:
    visitor.get(f"{setup.path}/times?provider=")
    assert (visitor.status, "Choose at least one service" in visitor.page) == (422, True)
    assert "See times" in visitor.page
    for path in (f"{setup.path}/times?service=x", f"{setup.path}/times?from="):
        answer = visitor.http.get(path)
        assert (answer.status_code, 'class="public"' in answer.text) == (422, True), path
    for path, status in (("/processor/cards/none", 404), ("/offer/none", 410), ("/offer/none/accept", 410)):
        call = visitor.http.post if path.endswith("accept") else visitor.http.get
        answer = call(path)
        assert (answer.status_code, 'class="public"' in answer.text) == (status, True), path


def test_nobody_learns_who_is_a_client(
    setup: OnlineSetUp,
    visitor: Visitor,
    start: datetime,
    statements: Callable[[], int],
    work: finish.Work,
    settings: Settings,
) -> None:
    """A known phone number and a new one get the same pages, for the same statements."""
    setup.made.client("Vera", "Visitor", "+12125550111")
    pages, counts = [], []
    # The first makes what the organization and this process keep for all others.
    for hours, phone in ((2, "2125550110"), (0, "2125550111"), (1, "2125550112")):
        at = start + timedelta(hours=hours)
        visitor.choose(setup, setup.free, at)
        before = statements()
        visitor.fill(phone=phone, email=f"{phone}@visitor.example")
        counts.append(statements() - before)
        pages.append(re.sub(r"/booking/[\w-]+|\d+:\d+", "", visitor.page))
    assert pages[1] == pages[2]
    assert counts[1] == counts[2] > 0
    flagged = "select count(*) from client_duplicate d join client c on c.id = d.client_id where c.phone = :p"
    assert setup.one(flagged, p="+12125550111") == 0
    sweep.run_once(work, settings)
    # Afterwards, for the desk, which decides.
    assert setup.one(flagged, p="+12125550111") == 1
    assert setup.one(flagged, p="+12125550112") == 0
    assert setup.one("select count(*) from task where kind = 'match_client'") == 1


def test_two_tabs_pay_and_book_once(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, work: finish.Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.choose(setup, setup.deposit, start).fill().send("/card").send(visitor.at, card="tok_visa")
    token = visitor.token
    who = draft.known(work.engine, token)
    together([lambda: finish.pay(work, token)] * 4)
    assert charges(work, who.booking_id) == ["succeeded"]
    assert setup.visits(start) == ["booked"]
    later = start + timedelta(hours=1)
    for guarded in (True, False):
        visitor.choose(setup, setup.free, later + timedelta(hours=0 if guarded else 1))
        token = visitor.token
        with monkeypatch.context() as patch:
            patch.setattr(finish, "book", lambda *_: None)
            visitor.fill()
        with monkeypatch.context() as patch:
            if not guarded:
                patch.setattr(draft, "locked", unlocked)
            answers = together([partial(finish.book, work, token)] * 4)
        refused = [one for one in answers if isinstance(one, Exception)]
        assert bool(refused) is not guarded, answers
    assert violations(setup.database) == (0, 0)


def test_an_expired_hold_says_so_and_offers_the_time_again(
    setup: OnlineSetUp, visitor: Visitor, start: datetime
) -> None:
    visitor.choose(setup, setup.free, start)
    with clock.frozen(clock.now() + 11 * MINUTE):
        visitor.get(visitor.at)
        assert "no longer kept" in visitor.page
        assert "Kept for you until" in visitor.send("/keep").page
        other = Visitor(visitor.http).choose(setup, setup.free, start)
        assert "has just been taken" in other.page
    with clock.frozen(clock.now() + 30 * MINUTE):
        other.choose(setup, setup.free, start).fill()
        assert "You are booked" in other.page
        visitor.get(visitor.at).send("/keep")
        assert "has just been taken" in visitor.page
        assert "/times" in visitor.at
    assert setup.visits(start) == ["booked"]


def test_an_hour_has_only_so_many_bookings_without_a_card(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = "select count(*) from online_booking where appointment_id is not null and deposit_minor = 0"
    before = setup.one(f"{booked} and location_id = :at", at=setup.made.location_id)
    monkeypatch.setattr(draft, "MOST_BOOKED", before + 1)
    visitor.choose(setup, setup.free, start).fill()
    assert "You are booked" in visitor.page
    visitor.choose(setup, setup.free, start + timedelta(hours=1)).fill()
    assert (visitor.status, setup.visits(start + timedelta(hours=1))) == (429, [])


def test_a_visitor_against_the_desk(
    setup: OnlineSetUp, start: datetime, work: finish.Work, http: TestClient
) -> None:
    at = find(work.engine, setup.made.slug, "L1")
    client = setup.made.client()
    request = NewVisit.model_validate(
        {
            "client_id": client,
            "location_id": at.location_id,
            "starts_at": start,
            "items": [{"service_id": setup.free}],
        }
    )

    def desk() -> None:
        with unit(setup.database, setup.made) as session:
            book(session, actor_of(setup.made), request)

    def public() -> str:
        return draft.begin(work.engine, at, [uuid.UUID(setup.free)], None, start, embedded=False)

    answers = together([desk, public, public, desk])
    refused = [one for one in answers if isinstance(one, (TimeGone, SlotTaken))]
    assert len(refused) == 3, answers
    assert violations(setup.database) == (0, 0)
