"""A visit by its link: looked at by anybody any number of times, changed by whoever holds it, fee first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from medspa.kernel import clock
from operational import links
from operational.booking import queries
from tests.factories.booking import add_shift, book_visit, unit, violations
from tests.factories.online import OnlineSetUp, Visitor
from tests.support.together import together

DAY = timedelta(days=1)
_days = iter(range(100))


@pytest.fixture
def start(setup: OnlineSetUp) -> datetime:
    at = setup.start + DAY * (1 + next(_days))
    add_shift(setup.made, at - timedelta(hours=1), at + timedelta(hours=4))
    return at


def linked(setup: OnlineSetUp, start: datetime) -> tuple[queries.VisitRow, str]:
    """A visit and its link."""
    with unit(setup.database, setup.made) as session:
        visit = book_visit(session, setup.made, start, client_id=setup.made.client())
        token = links.issue(
            session,
            purpose=links.APPOINTMENT,
            client_id=visit.client_id,
            subject_id=visit.id,
            lifetime=DAY * 60,
        )
    return visit, token


def status(setup: OnlineSetUp, visit: queries.VisitRow) -> str:
    return str(setup.one("select status from appointment where id = :id", id=visit.id))


def test_looking_changes_nothing_and_confirming_is_a_click(
    setup: OnlineSetUp, start: datetime, http: TestClient
) -> None:
    visit, token = linked(setup, start)
    everything = "select max(changed_xid) from (select changed_xid from appointment union all"
    everything += " select changed_xid from link_token union all select changed_xid from occupancy) x"
    before = setup.one(everything)
    for path in ("", "/cancel", "/times", "/visit.ics"):
        for _ in range(2):  # a scanner of mail, then the client
            assert http.get(f"/visit/{token}{path}").status_code == 200
            http.head(f"/visit/{token}{path}")
    assert setup.one(everything) == before
    page = Visitor(http).get(f"/visit/{token}").send("/confirm")
    assert "confirmed that you will come" in page.page
    page.post(f"/visit/{token}/confirm")
    assert status(setup, visit) == "confirmed"


def test_every_link_that_cannot_be_used_answers_the_same(
    setup: OnlineSetUp, start: datetime, http: TestClient
) -> None:
    _, token = linked(setup, start)
    _, used = linked(setup, start + timedelta(hours=1))
    _, revoked = linked(setup, start + timedelta(hours=2))
    with unit(setup.database, setup.made) as session:
        live = links.find(session.get_bind(), links.APPOINTMENT, revoked)  # type: ignore[arg-type]
        assert live is not None
        links.consume(session, live.link_id)
    assert "is cancelled" in Visitor(http).get(f"/visit/{used}/cancel").send("/cancel").page
    answers = {http.get(f"/visit/{one}").text for one in (token[:-1] + "x", used, revoked, "x")}
    with clock.frozen(clock.now() + DAY * 61):
        answers.add(http.get(f"/visit/{token}").text)
    assert len(answers) == 1
    assert http.post(f"/visit/{used}/cancel", data={"fee": "0"}).status_code == 410
    assert http.get(f"/booking/{token}").status_code == 410  # a link is for one purpose


def test_the_fee_is_shown_and_accepted_before_a_late_change(
    setup: OnlineSetUp, start: datetime, http: TestClient
) -> None:
    visit, token = linked(setup, start)
    page = Visitor(http).get(f"/visit/{token}/cancel")
    assert "free of charge" in page.page
    with clock.frozen(start - timedelta(hours=3)):
        page.send("/cancel")  # it was free when they looked
        assert (page.status, "The fee has changed" in page.page) == (409, True)
        assert status(setup, visit) == "booked"
        page.get(f"/visit/{token}/times")
        assert "moving it costs $50.00" in page.page
        page.send("/move", starts_at=(start + timedelta(hours=1)).isoformat())
        assert "a fee of <strong>$50.00</strong>" in page.page
        assert status(setup, visit) == "booked"
        with clock.frozen(start - DAY * 2):
            page.send("/move")  # for a fee that is not due then
        assert (page.status, "The fee has changed" in page.page) == (409, True)
        page.send("/move")
        assert (page.status, "The fee has changed" in page.page) == (409, True)
        assert status(setup, visit) == "booked"
        page.send("/move")
        assert page.at == f"/visit/{token}"  # the link goes on with the new visit
    assert status(setup, visit) == "late_cancelled"
    moved = "select status from appointment where rescheduled_from_id = :id"
    assert setup.one(moved, id=visit.id) == "booked"
    told = "select n.kind from notification n join appointment a on a.id = n.subject_id"
    assert setup.one(f"{told} where a.rescheduled_from_id = :id", id=visit.id) == "moved_online"
    charged = "select sum(l.net_minor) from invoice_line l join invoice i on i.id = l.invoice_id"
    assert setup.one(f"{charged} where i.appointment_id = :id", id=visit.id) == 5_000
    assert violations(setup.database) == (0, 0)


def test_a_link_cancels_once(setup: OnlineSetUp, start: datetime, http: TestClient) -> None:
    visit, token = linked(setup, start)
    answers = together([lambda: http.post(f"/visit/{token}/cancel", data={"fee": "0"}).status_code] * 4)
    assert sorted(answers, key=str) == [200, 410, 410, 410]
    events = "select count(*) from appointment_history where appointment_id = :id and event = 'cancelled'"
    assert setup.one(events, id=visit.id) == 1
    told = "select string_agg(kind, ' ') from notification where subject_id = :id"
    assert setup.one(told, id=visit.id) == "cancelled_online"


def test_the_address_of_a_form_leads_back_and_does_nothing(
    setup: OnlineSetUp, start: datetime, visitor: Visitor
) -> None:
    """Loaded again, or kept as a bookmark: nobody ends on a page that is not for them."""
    visit, token = linked(setup, start)
    for step in ("confirm", "move"):
        visitor.get(f"/visit/{token}/{step}")
        assert (visitor.at, visitor.status) == (f"/visit/{token}", 200), step
    assert status(setup, visit) == "booked"
    booking = visitor.choose(setup, setup.free, start + timedelta(hours=1)).at
    for step in ("details", "keep", "time", "card", "pay", "manage"):
        visitor.get(f"{booking}/{step}")
        assert (visitor.at, visitor.status) == (booking, 200), step
    assert setup.visits(start + timedelta(hours=1)) == []


def test_who_moves_or_cancels_reads_that_it_is_done_and_how_to_go_on(
    setup: OnlineSetUp, start: datetime, visitor: Visitor
) -> None:
    _, token = linked(setup, start)
    visitor.get(f"/visit/{token}/times?provider=&from={start.date()}")
    visitor.send("/move", starts_at=(start + timedelta(hours=2)).isoformat())
    assert "is at this time now" in visitor.page
    _, token = linked(setup, start)
    page = visitor.get(f"/visit/{token}/cancel").page
    assert "Cancel the appointment" in page
    visitor.send("/cancel")
    assert ("is cancelled" in visitor.page, setup.path in visitor.page) == (True, True)
