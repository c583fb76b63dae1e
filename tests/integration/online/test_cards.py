"""A card for a booking: declined, never answered, kept; the time stays kept and nothing is charged twice."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.checkout.reconcile import reconcile_with
from operational.online import draft, finish, sweep
from tests.factories.online import OnlineSetUp, Visitor, charges

MINUTE = timedelta(minutes=1)


def card(visitor: Visitor, token: str) -> Visitor:
    return visitor.send("/card").send(visitor.at, card=token).send("/pay")


KEPT = (
    "select count(*) filter (where k.id = o.card_id), count(*) filter (where k.removed_at is null)"
    " from online_booking o join client_card k on k.client_id = o.client_id where o.id = :id"
)
"""Of the cards of whoever booked: the one that belongs to the visit, and those that are kept."""


def kept_cards(setup: OnlineSetUp, booking_id: uuid.UUID) -> tuple[int, int]:
    with setup.database.session("admin") as session:
        of_visit, kept = session.execute(text(KEPT), {"id": booking_id}).one()
        return of_visit, kept


def test_a_declined_card_leaves_the_time_kept(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, work: finish.Work
) -> None:
    visitor.choose(setup, setup.deposit, start).fill()
    assert "its number never reaches us" in visitor.page
    card(visitor, "tok_declined")
    assert "declined and nothing was charged" in visitor.page
    assert "Kept for you until" in visitor.page
    who = draft.known(work.engine, visitor.token)
    card(visitor, "tok_visa")
    assert "Your deposit of $50.00 is paid" in visitor.page
    assert charges(work, who.booking_id) == ["declined", "succeeded"]
    paid = "select p.amount_minor from payment p join appointment a on a.id = p.appointment_id"
    assert setup.one(f"{paid} where a.starts_at = :at and p.status = 'succeeded'", at=start) == 5_000
    assert kept_cards(setup, who.booking_id) == (1, 1)  # not the one that was declined


@pytest.mark.parametrize(
    ("token", "ends"), [("tok_timeout_charged", "booked"), ("tok_timeout_lost", "cancelled")]
)
def test_a_silent_processor_loses_nothing_and_charges_once(
    setup: OnlineSetUp,
    visitor: Visitor,
    start: datetime,
    work: finish.Work,
    settings: Settings,
    token: str,
    ends: str,
) -> None:
    visitor.choose(setup, setup.deposit, start).fill()
    card(visitor, token)
    assert "your card is being checked" in visitor.page
    assert setup.visits(start) == ["booked"]  # nobody else gets the time meanwhile
    visitor.post(f"{visitor.at}/pay")
    who = draft.known(work.engine, visitor.token)
    assert kept_cards(setup, who.booking_id) == (1, 1)
    # The lost call was never made: that is certain once its window is long past.
    with clock.frozen(clock.now() + 11 * MINUTE):
        reconcile_with(work.engine, work.processor, MINUTE)
        sweep.run_once(work, settings)
        sweep.run_once(work, settings)
        visitor.get(visitor.at)
        assert setup.visits(start) == [ends]
        if ends == "booked":
            assert "is paid" in visitor.page
            assert charges(work, who.booking_id) == ["succeeded"]
            assert kept_cards(setup, who.booking_id) == (1, 1)
            return
        assert charges(work, who.booking_id) == []
        assert kept_cards(setup, who.booking_id) == (0, 0)
        card(visitor.send("/keep"), "tok_visa")
        assert "is paid" in visitor.page
    assert charges(work, who.booking_id) == ["succeeded"]
    assert setup.visits(start) == ["cancelled", "booked"]


def test_the_page_for_a_card_keeps_a_time_for_a_while_only(
    setup: OnlineSetUp, visitor: Visitor, start: datetime
) -> None:
    began = clock.now()

    def kept() -> Any:
        held = "select max(expires_at) from hold where status = 'held' and starts_at = :at"
        return setup.one(held, at=start)

    def at(minutes: int) -> Visitor:
        with clock.frozen(began + minutes * MINUTE):
            return visitor.post(f"{mine}/card")

    form = visitor.choose(setup, setup.deposit, start).page
    mine = visitor.fill().at
    with clock.frozen(began + 20 * MINUTE):
        visitor.page = form
        visitor.fill()
    given = "select details_at < :then from online_booking order by id desc limit 1"
    assert setup.one(given, then=began + 10 * MINUTE)  # sent again they are kept no longer
    at(39)
    last = kept()
    assert last == began + 49 * MINUTE
    assert at(45).status == 200
    assert kept() == last
    assert "has just been taken" in at(50).page
    assert {at(51).status for _ in range(20)} == {200, 429}
    with setup.database.session("admin") as session:
        session.execute(text("delete from directory.attempt"))
    with clock.frozen(began + 52 * MINUTE):
        free = visitor.choose(setup, setup.free, start).at
        with setup.database.session("admin") as session:
            details = (
                "update online_booking set details = '\\x00', details_at = now() where appointment_id is null"
            )
            session.execute(text(details))
    last, mine = kept(), free
    with clock.frozen(began + 55 * MINUTE):
        visitor.http.post(f"{mine}/card", follow_redirects=False)  # nothing asks for a card
    assert kept() == last


def test_a_late_fee_is_charged_once_to_the_card_that_was_kept(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, work: finish.Work, settings: Settings
) -> None:
    """Where the location says so. What the deposit covers is not charged again."""
    kept = {"offered": True, "card_on_file": True}
    path = f"/v1/online-services/{setup.free}"
    assert visitor.http.put(path, json=kept, headers=setup.made.headers).is_success
    place = f"/v1/locations/{setup.made.location_id}/online"
    open_ = {"booking_open": True, "enquiries_open": True, "most_upcoming": 50}
    paid = (
        "select string_agg(p.status || ' ' || p.amount_minor || ' ' || p.card_last_four, ',') from payment p"
        " join invoice i on i.id = p.invoice_id join appointment a on a.id = i.appointment_id"
        " where a.starts_at = :at"
    )
    for number, on in enumerate((False, True)):
        at, late = start + number * timedelta(hours=1), start - timedelta(hours=4 - number)
        with clock.frozen(late - timedelta(minutes=30)):
            chosen = {**open_, "fees_to_card": on}
            assert visitor.http.put(place, json=chosen, headers=setup.made.headers).is_success
        card(visitor.choose(setup, setup.free, at).fill(phone=f"212555014{number}"), "tok_visa")
        assert "You are booked" in visitor.page
        visitor.send("/manage")
        with clock.frozen(late):
            visitor.get(f"{visitor.at}/cancel")
            assert ("charged to your Visa ending 4242" in visitor.page, "billed to you" in visitor.page) == (
                on, not on,
            )  # fmt: skip
            visitor.send("/cancel")
            sweep.run_once(work, settings)
        assert setup.one(paid, at=at) is None  # the desk can still undo it
        for minutes in (6, 7):
            with clock.frozen(late + minutes * MINUTE):
                sweep.run_once(work, settings)
        assert setup.one(paid, at=at) == ("succeeded 5000 4242" if on else None)
    owed = "select coalesce(sum(amount_minor), 0) from posting where account = '1100'"
    assert setup.one(owed) == 5_000  # of the one who was told that it is billed


def fees_go_to_cards(setup: OnlineSetUp, visitor: Visitor, late: datetime) -> None:
    """From half an hour before `late` on, where a card is kept with each booking of the free service."""
    http, made = visitor.http, setup.made
    asked = {"offered": True, "card_on_file": True}
    assert http.put(f"/v1/online-services/{setup.free}", json=asked, headers=made.headers).is_success
    chosen = {"booking_open": True, "enquiries_open": True, "most_upcoming": 50, "fees_to_card": True}
    with clock.frozen(late - timedelta(minutes=30)):
        place = f"/v1/locations/{made.location_id}/online"
        assert http.put(place, json=chosen, headers=made.headers).is_success


def test_a_card_taken_off_is_charged_no_more(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, work: finish.Work, settings: Settings
) -> None:
    """The desk takes it off on the client's page; the fee is owed as without a card."""
    http, made = visitor.http, setup.made
    late = start - timedelta(hours=4)
    fees_go_to_cards(setup, visitor, late)
    card(visitor.choose(setup, setup.free, start).fill(phone="2125550166"), "tok_visa")
    booking = draft.known(work.engine, visitor.token).booking_id
    visitor.send("/manage")
    of_it = "from online_booking o join client_card k on k.id = o.card_id where o.id = :id"
    client, left = (str(setup.one(f"select k.{one} {of_it}", id=booking)) for one in ("client_id", "id"))
    owed = "select coalesce(sum(amount_minor), 0) from posting where account = '1100'"
    paid = "select count(*) from payment"
    before = setup.one(owed), setup.one(paid)
    shown = http.get(f"/clients/{client}", headers=made.headers)
    assert "Visa ending in 4242" in shown.text
    other = made.client()
    for who, status in ((other, 404), (client, 303), (client, 303)):
        path = f"/clients/{who}/cards/{left}/remove"
        assert http.post(path, headers=made.headers, follow_redirects=False).status_code == status
    again = http.get(f"/clients/{client}", headers=made.headers)
    assert (again.status_code, "Cards kept" in again.text) == (200, False)
    with clock.frozen(late):
        assert "charged to your Visa" not in visitor.get(f"{visitor.at}/cancel").page
        visitor.send("/cancel")
    with clock.frozen(late + 6 * MINUTE):
        sweep.run_once(work, settings)
    assert (setup.one(owed), setup.one(paid)) == (before[0] + 5_000, before[1])


def test_a_fee_whose_card_is_declined_is_a_task_for_the_desk(
    setup: OnlineSetUp, visitor: Visitor, start: datetime, work: finish.Work, settings: Settings
) -> None:
    """Once, and it stays owed."""
    late = start - timedelta(hours=4)
    fees_go_to_cards(setup, visitor, late)
    card(visitor.choose(setup, setup.free, start).fill(phone="2125550167"), "tok_visa")
    booking = draft.known(work.engine, visitor.token).booking_id
    visitor.send("/manage")
    with setup.database.session("admin") as session:
        of_it = "(select card_id from online_booking where id = :id)"
        session.execute(
            text(f"update client_card set token = 'tok_declined' where id = {of_it}"), {"id": booking}
        )
    with clock.frozen(late):
        visitor.get(f"{visitor.at}/cancel").send("/cancel")
    tasks = (
        "select count(*) from task t join online_booking o on o.appointment_id = t.appointment_id"
        " and o.client_id = t.client_id where o.id = :id and t.kind = 'collect_fee'"
    )
    assert setup.one(tasks, id=booking) == 0
    for minutes in (6, 7, 8):
        with clock.frozen(late + minutes * MINUTE):
            sweep.run_once(work, settings)
    assert setup.one(tasks, id=booking) == 1
    paid = (
        "select p.status from payment p join online_booking o on o.client_id = p.client_id where o.id = :id"
    )
    assert setup.one(paid, id=booking) == "declined"
    with setup.database.session("admin") as session:  # as if it had been credited
        session.execute(text("set local session_replication_role = replica"))
        mine = (
            "select i.id from invoice i join online_booking o on o.client_id = i.client_id where o.id = :id"
        )
        session.execute(text(f"delete from posting where invoice_id in ({mine})"), {"id": booking})
    with clock.frozen(late + 9 * MINUTE):
        sweep.run_once(work, settings)
    assert setup.one(tasks, id=booking) == 1
    assert setup.one(f"{tasks} and t.done_at is null", id=booking) == 0
