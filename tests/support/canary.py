"""A visit whose every direct identifier and free text is a word that no program would write by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
from sqlalchemy import text

from medspa.local.demo.practice import CURRENCY, Practice
from medspa.local.demo.visits import Day, Visit, book, invoice, pay
from tests.support.databases import Database

PRODUCT, SERVICE = "Lip filler", "Lip filler"
FLOAT_MINOR = 25_000

WORDS = {
    "first name": "Qzxcanaryfirst",
    "last name": "Qzxcanarylast",
    "phone": "+12025550177",
    "e-mail": "qzxcanary.mail@leak.example",
    "street": "77 Qzxcanary Street",
    "city": "Qzxcanaryville",
    "birth date": "1971-02-13",
    "staff e-mail": "qzxcanary.staff@leak.example",
    "licence number": "QZXCANARY-LICENCE",
    "lot number": "QZXCANARY-LOT",
    "tax number": "QZXCANARY-TAX",
    "processor account": "acct_QZXCANARY",
    "check number": "QZXCANARYCHK",
    "gift card code": "GIFT-QZXCANARY-7XQZ",
    "payment token": "tok_QZXCANARY",
    "card on file": "tok_QZXCANARYONFILE",
    "bank line": "QZXCANARY TRANSFER 4471",
    "bank's id": "id:QZXCANARY-BANK-1",
    "user agent": "QzxcanaryBrowser/7.7",
    "address": "198.51.100.177",
    "note": "Qzxcanarynote: the client asked for less.",
    "addendum": "Qzxcanaryaddendum: a call the day after.",
    "treatment details": "Qzxcanarydetails: slower on the left.",
    "signer": "Qzxcanarysigner Example",
    "signature": "Qzxcanarysignature",
    "question": "Qzxcanaryquestion: how long does it last?",
}
"""What is planted, by what it is."""

SEALED = ("note", "addendum", "treatment details", "signer", "signature", "question")
"""Kept encrypted: not even a dump of the operational database shows them."""

NOT_KEPT = ("gift card code", "payment token")
"""Kept as a digest, or only by the card processor."""


def plant(practice: Practice, http: httpx.Client, database: Database, date: dt.date) -> str:
    """Live the visit at the north studio on a date before the story's first; the client's id."""
    practice.clock.at(date, "08:00")
    north = Day(practice, "NORTH", date).plan().open(FLOAT_MINOR)
    _staff_and_books(practice)
    _lead(practice, north.place)
    lot = practice.manager.post(
        "/v1/lots",
        {
            "product_id": practice.products[PRODUCT],
            "location_id": north.place,
            "lot_number": WORDS["lot number"],
            "expires_on": (date + dt.timedelta(days=300)).isoformat(),
            "quantity_milli": 5_000,
        },
    )
    client_id = _client(practice, north.place)
    visit = book(north, client_id, SERVICE, "10:00")
    _treat(north, visit, http, lot["id"])
    _money(north, visit)
    north.close(FLOAT_MINOR, FLOAT_MINOR)
    _where_no_request_reaches(database, practice)
    return client_id


def _staff_and_books(practice: Practice) -> None:
    owner = practice.owner
    hired = owner.post(
        "/v1/staff", {"label": "Locum", "email": WORDS["staff e-mail"], "is_provider": True, "roles": []}
    )
    owner.post(
        f"/v1/staff/{hired['staff_id']}/credentials",
        {
            "category_id": next(iter(practice.categories.values())),
            "location_id": practice.places["NORTH"],
            "licence_number": WORDS["licence number"],
            "valid_from": "2020-01-01",
            "valid_until": "2090-01-01",
        },
    )
    owner.edit("PATCH", f"/v1/legal-entities/{practice.entity}", {"tax_number": WORDS["tax number"]})


def _client(practice: Practice, place: str) -> str:
    body = {
        "first_name": WORDS["first name"],
        "last_name": WORDS["last name"],
        "phone": WORDS["phone"],
        "email": WORDS["e-mail"],
        "street": WORDS["street"],
        "city": WORDS["city"],
        "state": "NY",
        "zip_code": "10044",
        "birth_date": WORDS["birth date"],
        "home_location_id": place,
    }
    return str(practice.front.post("/v1/clients", body)["client"]["id"])


def _lead(practice: Practice, place: str) -> None:
    asked = {
        "location_id": place,
        "source": "phone",
        "first_name": WORDS["first name"],
        "last_name": WORDS["last name"],
        "phone": WORDS["phone"],
        "email": WORDS["e-mail"],
        "message": WORDS["question"],
    }
    practice.front.post("/v1/leads", asked)


def _treat(day: Day, visit: Visit, http: httpx.Client, lot_id: str) -> None:
    practice = day.practice
    practice.clock.at(day.date, "10:00")
    practice.front.post(f"/v1/appointments/{visit.appointment_id}/arrive")
    shown = practice.front.get(f"/v1/clients/{visit.client_id}/consents/to-sign/{practice.consent}")
    browser, http.headers["User-Agent"] = http.headers["User-Agent"], WORDS["user agent"]
    practice.front.post(
        f"/v1/clients/{visit.client_id}/consents",
        {
            "template_version_id": shown["template_version_id"],
            "rendered_sha256": shown["rendered_sha256"],
            "disclosure_accepted_at": practice.clock().isoformat(),
            "signer_name": WORDS["signer"],
            "method": "typed",
            "signature": WORDS["signature"],
            "appointment_id": visit.appointment_id,
        },
    )
    http.headers["User-Agent"] = browser
    record = practice.nurse.post(
        "/v1/treatment-records",
        {
            "appointment_item_id": visit.item_id,
            "intent": "full",
            "product_id": practice.products[PRODUCT],
            "lot_id": lot_id,
            "quantity_milli": 1_000,
            "area": "lips",
            "details": WORDS["treatment details"],
        },
    )
    _sign(practice, f"/v1/treatment-records/{record['id']}", record)
    note = practice.nurse.post(
        f"/v1/clients/{visit.client_id}/notes",
        {"appointment_id": visit.appointment_id, "body": WORDS["note"]},
    )
    _sign(practice, f"/v1/notes/{note['id']}", note)
    practice.nurse.post(f"/v1/notes/{note['id']}/addenda", {"body": WORDS["addendum"]})
    practice.front.post(f"/v1/appointments/{visit.appointment_id}/complete")


def _sign(practice: Practice, path: str, made: dict[str, Any]) -> None:
    practice.nurse.call("POST", f"{path}/sign", {}, if_match=f'"{made["version"]}"')


def _money(day: Day, visit: Visit) -> None:
    """A check and a card, a gift card sold, and a part of the card's money returned."""
    manager = day.practice.manager
    bill = invoice(
        day, visit.client_id, visit, gift_cards=[{"code": WORDS["gift card code"], "value_minor": 5_000}]
    )
    pay(day, "check", bill["id"], amount_minor=10_000, check_number=WORDS["check number"])
    by_card = pay(day, "card", bill["id"], payment_token=WORDS["payment token"])
    (line,) = [one for one in bill["lines"] if one["kind"] == "service"]
    memo = manager.post(
        f"/v1/invoices/{bill['id']}/credit-memos",
        {"reason": "dissatisfied", "lines": [{"invoice_line_id": line["id"], "net_minor": 1_000}]},
    )
    manager.post(
        "/v1/payouts",
        {
            "currency": CURRENCY,
            "credit_memo_id": memo["id"],
            "payment_id": by_card["id"],
            "amount_minor": 1_000,
        },
    )


def _where_no_request_reaches(database: Database, practice: Practice) -> None:
    """Columns that another machine's address, another processor or an enrolment would fill."""
    with database.session("owner") as session:
        session.execute(
            text("update merchant_account set processor_account = :word where id = :id"),
            {"word": WORDS["processor account"], "id": practice.merchant},
        )
        session.execute(
            text("update signed_consent set address = :word where user_agent = :agent"),
            {"word": WORDS["address"], "agent": WORDS["user agent"]},
        )
        session.execute(
            text(
                "update staff_member set totp_secret = :sealed, totp_last_step = :word, pin_hash = :word,"
                " password_hash = :word where email = :email"
            ),
            {
                "sealed": b"Qzxcanarytotpsecret",
                "word": "Qzxcanarystaffsecret",
                "email": WORDS["staff e-mail"],
            },
        )
