"""No-show and late-cancellation fees: what is owed, and what the visit's deposit covers of it."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from medspa.kernel.vocabulary import Account, AppointmentStatus
from operational.checkout.fees import charge_fee
from operational.checkout.queries import found
from operational.models import Appointment, Invoice
from tests.factories.checkout import Shop


def fee(shop: Shop, visit: uuid.UUID, *, late_cancel: bool = False) -> Invoice | None:
    with shop.transaction() as session:
        appointment = found(session, Appointment, visit, "appointment", lock=True)
        return charge_fee(session, shop.actor, appointment, late_cancel=late_cancel)


def test_a_fee_is_owed_and_posted(shop: Shop) -> None:
    invoice = fee(shop, shop.visit(status=AppointmentStatus.BOOKED))
    assert invoice is not None
    assert shop.postings(invoice.id) == [("1100", 5_000), ("4030", -5_000)]


def test_the_visits_deposit_pays_first_and_its_rest_stays(shop: Shop) -> None:
    visit, other = (shop.visit(status=AppointmentStatus.BOOKED) for _ in range(2))
    shop.deposit(2_000, appointment_id=visit)
    shop.deposit(9_000, appointment_id=other)
    fee(shop, visit)
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 3_000
    assert shop.balance(Account.CLIENT_DEPOSITS) == -9_000
    fee(shop, other, late_cancel=True)
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 3_000
    assert shop.balance(Account.CLIENT_DEPOSITS) == -4_000
    assert shop.balance(Account.NO_SHOW_FEES) == -10_000


def test_a_location_without_a_fee_charges_none(shop: Shop) -> None:
    with shop.database.session("owner") as session:
        session.execute(
            text("update location set no_show_fee_minor = 0 where org_id = :org"), {"org": shop.made.org_id}
        )
    assert fee(shop, shop.visit(status=AppointmentStatus.BOOKED)) is None
    assert fee(shop, shop.visit(status=AppointmentStatus.BOOKED), late_cancel=True) is not None


def test_a_fee_is_taxed_where_fees_are(shop: Shop) -> None:
    with shop.database.session("owner") as session:
        session.execute(
            text(
                "insert into tax_rate"
                " (org_id, id, jurisdiction_id, tax_class, rate_ppm, valid_from, created_at)"
                " select org_id, gen_random_uuid(), id, 'fee', 88750, '2020-01-01', now()"
                " from tax_jurisdiction where org_id = :org"
            ),
            {"org": shop.made.org_id},
        )
    invoice = fee(shop, shop.visit(status=AppointmentStatus.BOOKED))
    assert invoice is not None
    # 5 000 × 8.875 % = 443.75 → 444
    assert shop.postings(invoice.id) == [("1100", 5_444), ("2400", -444), ("4030", -5_000)]
