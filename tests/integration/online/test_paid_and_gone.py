"""A deposit that was paid is never lost sight of: its time gone, its visit called off, or moved late."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from operational import links
from tests.factories.booking import unit
from tests.factories.online import OnlineSetUp, Visitor

TASKS = (
    "select string_agg(t.kind, ' ') from task t join client c on c.id = t.client_id"
    " where c.phone = :phone and t.kind in ('find_time', 'return_deposit')"
)
BOOKING = "select o.state || ' ' || p.status from online_booking o join payment p on p.id = o.payment_id"


def pay(visitor: Visitor) -> Visitor:
    return visitor.send("/card").send(visitor.at, card="tok_visa").send("/pay")


def booked(setup: OnlineSetUp, visitor: Visitor, start: datetime, phone: str) -> tuple[object, str]:
    """A visit with its deposit, and its link."""
    pay(visitor.choose(setup, setup.deposit, start).fill(phone=phone))
    visit = setup.one("select id from appointment where starts_at = :at", at=start)
    client = setup.one("select client_id from appointment where id = :id", id=visit)
    with unit(setup.database, setup.made) as session:
        token = links.issue(
            session, purpose=links.APPOINTMENT, client_id=client, subject_id=visit, lifetime=timedelta(60)
        )
    return visit, token


def test_a_provider_who_left_while_the_card_was_given(
    setup: OnlineSetUp, visitor: Visitor, start: datetime
) -> None:
    visitor.choose(setup, setup.deposit, start).fill(phone="2125550131").send("/card")
    with setup.database.session("admin") as session:
        ended = "update shift set active = false where starts_at <= :at and ends_at > :at"
        session.execute(text(ended), {"at": start})
    visitor.send(visitor.at, card="tok_visa").send("/pay")
    assert visitor.status < 500
    assert setup.visits(start) == []
    assert setup.one(f"{BOOKING} order by o.id desc limit 1") == "declined succeeded"
    assert setup.one(TASKS, phone="+12125550131") == "find_time"


def test_a_visit_called_off_by_link_leaves_its_deposit_to_be_returned(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, http: TestClient
) -> None:
    _, token = booked(setup, visitor, start, "2125550132")
    Visitor(http).get(f"/visit/{token}/cancel").send("/cancel")
    assert setup.visits(start) == ["cancelled"]
    assert setup.one(TASKS, phone="+12125550132") == "return_deposit"


def test_a_late_move_takes_the_booking_along(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, http: TestClient
) -> None:
    visit, token = booked(setup, visitor, start, "2125550133")
    page = Visitor(http)
    with clock.frozen(start - timedelta(hours=3)):
        page.get(f"/visit/{token}/times").send("/move", starts_at=(start + timedelta(hours=1)).isoformat())
        page.send("/move")
    assert setup.visits(start) == ["late_cancelled"]
    follows = (
        "select a.rescheduled_from_id from online_booking o join appointment a on a.id = o.appointment_id"
    )
    assert setup.one(f"{follows} order by o.id desc limit 1") == visit
