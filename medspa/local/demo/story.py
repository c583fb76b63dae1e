"""What happens in the demonstration: earlier visits, then one full day at two studios.

The amounts are worked out by hand in EXPECTED, so that what the reports say can be checked against an
arithmetic that no program did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from medspa.local.demo.people import People
from medspa.local.demo.practice import CURRENCY, Practice
from medspa.local.demo.visits import Day, Visit, book, invoice, pay, tip, treat

NORTH_FLOAT, SOUTH_FLOAT = 25_000, 15_000

EXPECTED = {
    # North: Botox 30 u 420.00, two facials 378.00, sunscreen 38.97, no-show fee 50.00, gift card 100.00
    ("NORTH", "gross_billed"): 98_697,
    ("NORTH", "discounts"): 1_890,
    ("NORTH", "credit_memos"): 6_000,
    # 8.875 % of 38.97
    ("NORTH", "tax_billed"): 346,
    # cash 200.00 + 212.55; card 220.00 + tip 60.00 + gift card 100.00 + 89.00, less 60.00 refunded
    ("NORTH", "collected cash"): 41_255,
    ("NORTH", "collected card"): 40_900,
    ("NORTH", "over_short"): -100,
    ("NORTH", "ar"): 5_000,
    # South: laser 225.00, late-cancellation fee 40.00
    ("SOUTH", "gross_billed"): 26_500,
    ("SOUTH", "collected check"): 17_500,
    # filler 750.00 from before and the fee
    ("SOUTH", "ar"): 79_000,
}
"""(location code, measure) → minor units on the day itself; `ar` is the balance open at its end."""
OVERDUE_BUCKET = ("31-60", 75_000)
DUE_CLIENTS = 2


@dataclass
class Story:
    """Who took part, for what is printed and checked afterwards."""

    practice: Practice
    day: dt.date
    due_clients: list[str]
    overdue_invoice: str


def live(practice: Practice, day: dt.date, seed: int = 7) -> Story:
    """Live the earlier visits and the day. Raises RequestRefused at the first step that is refused."""
    people = People(seed)

    def client(zip_code: str = "10001") -> str:
        body = people.client(zip_code, home_location_id=practice.places["NORTH"])
        return str(practice.front.post("/v1/clients", body)["client"]["id"])

    practice.clock.at(day - dt.timedelta(days=81), "12:00")
    due, touched_up, overdue, depositor = client(), client("10002"), client("07030"), client("07030")
    _earlier(practice, day, due, touched_up)
    overdue_invoice = _unpaid_filler(practice, day, overdue)
    laser = _deposit(practice, day, depositor)
    _north(practice, day, client)
    _south(practice, day, client(), depositor, laser)
    return Story(practice, day, [due, touched_up], overdue_invoice)


def _earlier(practice: Practice, day: dt.date, due: str, touched_up: str) -> None:
    """Two full treatments that come due again in ten and twelve days, and a touch-up that moves nothing."""
    for client_id, ago, product, quantity, intent in (
        (due, 80, "Botox", 40_000, "full"),
        (touched_up, 78, "Dysport", 100_000, "full"),
        (touched_up, 60, "Dysport", 10_000, "touch_up"),
    ):
        date = day - dt.timedelta(days=ago)
        practice.clock.at(date, "08:00")
        north = Day(practice, "NORTH", date).plan().open(NORTH_FLOAT)
        visit = book(north, client_id, "Neurotoxin", "10:00")
        treat(north, visit, "10:00", product, quantity, intent)
        bill = invoice(north, client_id, visit)
        pay(north, "card", bill["id"], tips=tip(north, 5_000) if ago == 80 else [])
        north.close(NORTH_FLOAT, NORTH_FLOAT)


def _unpaid_filler(practice: Practice, day: dt.date, client_id: str) -> str:
    """A syringe of filler that was never paid: due 14 days later, so 31 days overdue on the day."""
    date = day - dt.timedelta(days=45)
    practice.clock.at(date, "13:50")
    south = Day(practice, "SOUTH", date).plan().open(SOUTH_FLOAT)
    visit = book(south, client_id, "Lip filler", "15:00")
    treat(south, visit, "15:00", "Lip filler", 1_000)
    bill = invoice(south, client_id, visit)
    south.close(SOUTH_FLOAT, SOUTH_FLOAT)
    return str(bill["id"])


def _deposit(practice: Practice, day: dt.date, client_id: str) -> Visit:
    """A laser visit of the day, booked three days before with a deposit by card."""
    date = day - dt.timedelta(days=3)
    practice.clock.at(date, "15:30")
    before = Day(practice, "SOUTH", date).open(SOUTH_FLOAT)
    visit = book(Day(practice, "SOUTH", day).plan(), client_id, "Laser hair removal", "14:30")
    practice.front.post(f"/v1/appointments/{visit.appointment_id}/confirm")
    pay(before, "card", client_id=client_id, appointment_id=visit.appointment_id, amount_minor=5_000)
    before.close(SOUTH_FLOAT, SOUTH_FLOAT)
    return visit


def _north(practice: Practice, day: dt.date, client: Callable[..., str]) -> None:
    """The morning: a split payment, a tip, a follow-up, goods, a gift card, a refund, a no-show."""
    practice.clock.at(day, "08:00")
    north = Day(practice, "NORTH", day).plan().open(NORTH_FLOAT)
    first, second, third, absent = client(), client(), client("10003"), client("10003")
    missed = book(north, absent, "Facial", "12:00")

    visit = book(north, first, "Neurotoxin", "09:00")
    practice.front.post(f"/v1/appointments/{visit.appointment_id}/confirm")
    treat(north, visit, "09:00", "Botox", 30_000)
    bill = invoice(north, first, visit)
    pay(north, "cash", bill["id"], amount_minor=20_000, tendered_minor=20_000)
    by_card = pay(north, "card", bill["id"], tips=tip(north, 6_000))
    practice.clock.at(day, "09:40")
    later = Day(practice, "NORTH", day + dt.timedelta(days=90)).plan()
    book(later, first, "Neurotoxin", "09:00", follow_up_of_id=visit.appointment_id)

    facial = book(north, second, "Facial", "10:00")
    treat(north, facial, "10:00", None)
    bill_two = invoice(
        north,
        second,
        facial,
        services=[
            {
                "appointment_item_id": facial.item_id,
                "discount": {"reason": "promotion", "percent_ppm": 100_000},
            }
        ],
        retail=[{"product_id": practice.products["Sunscreen"], "quantity": 1}],
    )
    pay(north, "cash", bill_two["id"], tendered_minor=22_000)
    card = "GIFT-7731-2044-9F"
    gift = invoice(north, second, gift_cards=[{"code": card, "value_minor": 10_000}])
    pay(north, "card", gift["id"], payment_token="tok_mastercard")  # noqa: S106

    third_visit = book(north, third, "Facial", "11:00")
    treat(north, third_visit, "11:00", None)
    bill_three = invoice(north, third, third_visit)
    practice.front.post(
        f"/v1/invoices/{bill_three['id']}/applications",
        {"currency": CURRENCY, "source": "gift_card", "gift_card_code": card},
    )
    pay(north, "card", bill_three["id"])

    practice.clock.at(day, "12:45")
    practice.front.post(f"/v1/appointments/{missed.appointment_id}/no-show")
    _refund(north, bill, by_card["id"], 6_000)
    # 250.00 + 200.00 + 212.55 expected; one dollar is missing.
    north.close(66_155, NORTH_FLOAT)


def _refund(day: Day, bill: dict[str, object], payment_id: str, amount_minor: int) -> None:
    manager = day.practice.manager
    seen = manager.get(f"/v1/invoices/{bill['id']}")
    memo = manager.post(
        f"/v1/invoices/{bill['id']}/credit-memos",
        {
            "reason": "dissatisfied",
            "lines": [{"invoice_line_id": seen["lines"][0]["id"], "net_minor": amount_minor}],
        },
    )
    manager.post(
        "/v1/payouts",
        {
            "currency": CURRENCY,
            "credit_memo_id": memo["id"],
            "payment_id": payment_id,
            "amount_minor": amount_minor,
        },
    )


def _south(practice: Practice, day: dt.date, late: str, depositor: str, laser: Visit) -> None:
    """The afternoon: a deposit applied and the rest by check, and a cancellation that came too late."""
    practice.clock.at(day, "13:40")
    south = Day(practice, "SOUTH", day).open(SOUTH_FLOAT)
    cancelled = book(south, late, "Facial", "16:00")
    treat(south, laser, "14:30", None)
    bill = invoice(south, depositor, laser)
    practice.front.post(
        f"/v1/invoices/{bill['id']}/applications", {"currency": CURRENCY, "source": "deposit"}
    )
    pay(south, "check", bill["id"], check_number="1042")
    practice.clock.at(day, "15:10")
    practice.front.post(
        f"/v1/appointments/{cancelled.appointment_id}/cancel", {"by": "client", "reason": None}
    )
    south.close(SOUTH_FLOAT, SOUTH_FLOAT)
