"""Invoices, payments, credits and payouts one after the other: amounts and postings, worked by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Account, PaymentStatus
from operational.checkout import apply, errors, invoices, schemas
from operational.models import AppointmentItem, Posting
from tests.factories.checkout import Shop


def test_a_treatment_is_billed_by_its_charted_units(shop: Shop) -> None:
    issued = shop.invoice(appointment_id=shop.visit(units_milli=42_500))
    (line,) = issued.lines
    assert (line.quantity_milli, line.charted_quantity_milli, line.net_minor) == (42_500, 42_500, 59_500)
    assert shop.postings(issued.invoice.id) == [("1100", 59_500), ("4000", -59_500)]


def test_goods_are_taxed_at_eight_and_seven_eighths_percent(shop: Shop) -> None:
    issued = shop.invoice(retail=[{"product_id": shop.retail_id, "quantity": 3}])
    # 6 000 × 8.875 % = 532.5 → 533
    assert issued.lines[0].tax_minor == 533
    assert shop.postings(issued.invoice.id) == [("1100", 6_533), ("2400", -533), ("4010", -6_000)]


def test_a_discount_is_shown_by_its_reason(shop: Shop) -> None:
    line = {
        "product_id": shop.retail_id,
        "discount": {"reason": "courtesy", "percent_ppm": 250_000},
    }
    issued = shop.invoice(retail=[line])
    # net 1 500, tax 133.125 → 133
    assert shop.postings(issued.invoice.id) == [
        ("1100", 1_633), ("2400", -133), ("4010", -2_000), ("4804", 500),
    ]  # fmt: skip


def test_cash_is_rounded_after_tax_and_gives_change(shop: Shop) -> None:
    issued = shop.invoice(retail=[{"product_id": shop.retail_id}])  # 2 000 + 178 (177.5) = 2 178
    paid = shop.pay(issued.invoice.id, tendered_minor=2_500)
    assert (paid.amount_minor, paid.rounding_minor, paid.change_minor) == (2_180, 2, 320)
    assert shop.postings(paid.id) == [("1000", 2_180), ("1100", -2_178), ("6005", -2)]


def test_a_bill_is_split_over_cash_check_and_tips(shop: Shop) -> None:
    issued = shop.invoice()
    tip = [{"provider_id": shop.made.provider_id, "amount_minor": 1_500}]
    cash = shop.pay(issued.invoice.id, amount_minor=4_000, tips=tip)
    check = shop.pay(issued.invoice.id, tender="check", check_number="1001")
    assert shop.postings(cash.id) == [("1000", 5_500), ("1100", -4_000), ("2500", -1_500)]
    assert shop.postings(check.id) == [("1010", 6_000), ("1100", -6_000)]
    with pytest.raises(errors.MoreThanDue):
        shop.pay(issued.invoice.id, amount_minor=1)


def test_more_than_due_becomes_account_credit_only_when_asked(shop: Shop) -> None:
    issued = shop.invoice()
    with pytest.raises(errors.MoreThanDue) as refused:
        shop.pay(issued.invoice.id, tender="check", check_number="1", amount_minor=10_001)
    assert refused.value.extra == {"due_minor": 10_000}
    paid = shop.pay(
        issued.invoice.id, tender="check", check_number="1", amount_minor=10_500, excess="account_credit"
    )
    assert shop.postings(paid.id) == [("1010", 10_500), ("1100", -10_000), ("2110", -500)]


def test_money_for_another_locations_invoice_is_owed_between_them(shop: Shop) -> None:
    issued = shop.invoice(location_id=shop.south)
    paid = shop.pay(issued.invoice.id)
    assert shop.postings(paid.id) == [
        ("1000", 10_000), ("1100", -10_000), ("1900", 10_000), ("2900", -10_000),
    ]  # fmt: skip
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE, shop.south) == 0
    assert shop.balance(Account.DUE_TO_LOCATIONS, shop.north) == -10_000


def test_an_item_is_invoiced_once(shop: Shop) -> None:
    visit = shop.visit()
    shop.invoice(appointment_id=visit)
    with pytest.raises(errors.NothingToInvoice):
        shop.invoice(appointment_id=visit)


def test_another_quantity_than_charted_needs_a_reason(shop: Shop) -> None:
    visit = shop.visit(units_milli=20_000)
    with shop.database.session("owner") as session:
        item = session.scalars(
            select(AppointmentItem.id).where(AppointmentItem.appointment_id == visit)
        ).one()
    line = {"appointment_item_id": item, "quantity_milli": 18_000}
    with pytest.raises(errors.QuantityNeedsReason):
        shop.invoice(appointment_id=visit, services=[line])
    issued = shop.invoice(appointment_id=visit, services=[{**line, "quantity_reason": "courtesy_units"}])
    assert issued.lines[0].net_minor == 18 * 1_400


def test_numbers_have_no_gaps(shop: Shop) -> None:
    first = shop.invoice().invoice.number
    with pytest.raises(DomainError):
        shop.invoice(retail=[{"product_id": shop.retail_id}], due_on="2020-01-01")
    second = shop.invoice().invoice.number
    assert [int(number.rsplit("-", 1)[1]) for number in (first, second)] == [1, 2]


def test_a_credit_returns_a_lines_price_and_tax_and_is_paid_back(shop: Shop) -> None:
    issued = shop.invoice(retail=[{"product_id": shop.retail_id}])
    paid = shop.pay(issued.invoice.id)
    memo = shop.credit(issued, 1_000)  # tax 178 × 1 000 ÷ 2 000 = 89
    assert shop.postings(memo.memo.id) == [("1100", -1_089), ("2400", 89), ("4810", 1_000)]
    with pytest.raises(errors.MoreThanRefundable):
        shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=1_090)
    out = shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=1_089)
    assert out.status is PaymentStatus.SUCCEEDED
    assert shop.postings(out.id) == [("1000", -1_090), ("1100", 1_089), ("6005", 1)]
    rest = shop.credit(issued)
    shop.pay_out(credit_memo_id=rest.memo.id, payment_id=paid.id, amount_minor=1_089)
    assert shop.balance(Account.CASH_DRAWER) == 0
    assert shop.balance(Account.CASH_ROUNDING) == 0
    assert shop.balance(Account.SALES_TAX_PAYABLE) == 0
    with pytest.raises(errors.MoreThanRemains):
        shop.credit(issued)


def test_an_unpaid_invoice_is_credited_but_pays_nothing_out(shop: Shop) -> None:
    issued = shop.invoice()
    memo = shop.credit(issued, 4_000)
    with pytest.raises(errors.MoreThanRefundable):
        shop.pay_out(credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=1)
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 6_000


def test_a_tip_goes_back_only_when_asked(shop: Shop) -> None:
    issued = shop.invoice()
    tip = [{"provider_id": shop.made.provider_id, "amount_minor": 2_000}]
    paid = shop.pay(issued.invoice.id, tips=tip)
    memo = shop.credit(issued)
    with pytest.raises(errors.MoreThanRefundable):
        shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=12_000)
    shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=10_000)
    assert shop.balance(Account.TIPS_PAYABLE) == -2_000
    shop.pay_out(payment_id=paid.id, tip_minor=2_000)
    assert shop.balance(Account.TIPS_PAYABLE) == 0
    assert shop.balance(Account.CASH_DRAWER) == 0


def test_a_deposit_is_applied_and_its_rest_returned(shop: Shop) -> None:
    taken = shop.deposit(15_000)
    issued = shop.invoice()
    with shop.transaction() as session:
        request = schemas.ApplicationIn(currency="USD", source="deposit")
        apply.apply_balance(session, shop.actor, issued.invoice.id, request)
    assert shop.balance(Account.CLIENT_DEPOSITS) == -5_000
    with pytest.raises(errors.MoreThanRefundable):
        shop.pay_out(payment_id=taken.id, amount_minor=5_001)
    out = shop.pay_out(payment_id=taken.id, amount_minor=5_000)
    assert shop.postings(out.id) == [("1000", -5_000), ("2100", 5_000)]


def test_a_gift_card_is_sold_used_elsewhere_and_credited_for_the_rest(shop: Shop) -> None:
    sale = shop.invoice(gift_cards=[{"code": "GIFT-0001-AB", "value_minor": 8_000}])
    assert shop.postings(sale.invoice.id) == [("1100", 8_000), ("2200", -8_000)]
    issued = shop.invoice(location_id=shop.south)
    request = schemas.ApplicationIn(
        currency="USD", source="gift_card", gift_card_code="gift-0001-ab", amount_minor=3_000
    )
    with pytest.raises(errors.GiftCardNotUsable), shop.transaction() as session:
        apply.apply_balance(session, shop.actor, issued.invoice.id, request)
    paid = shop.pay(sale.invoice.id)
    with shop.transaction() as session:
        used = apply.apply_balance(session, shop.actor, issued.invoice.id, request)
    assert shop.postings(used.id) == [
        ("1100", -3_000), ("1900", 3_000), ("2200", 3_000), ("2900", -3_000),
    ]  # fmt: skip
    with pytest.raises(errors.BalanceTooLow):
        shop.credit(sale)
    memo = shop.credit(sale, 5_000)
    shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=5_000)
    assert shop.balance(Account.GIFT_CARDS) == 0


def test_a_void_in_the_open_day_reverses_and_frees_the_item(shop: Shop) -> None:
    visit = shop.visit()
    issued = shop.invoice(appointment_id=visit)
    with shop.transaction() as session:
        invoices.void_invoice(session, shop.actor, issued.invoice.id)
    assert shop.balance(Account.SERVICE_REVENUE) == 0
    again = shop.invoice(appointment_id=visit)
    shop.pay(again.invoice.id)
    with pytest.raises(errors.NotVoidable), shop.transaction() as session:
        invoices.void_invoice(session, shop.actor, again.invoice.id)


def test_a_void_after_midnight_stays_on_the_invoices_own_day(shop: Shop) -> None:
    issued = shop.invoice()
    with clock.frozen(clock.now() + timedelta(days=1)), shop.transaction() as session:
        invoices.void_invoice(session, shop.actor, issued.invoice.id)
    with shop.database.session("owner") as session:
        days = select(Posting.business_date).where(Posting.invoice_id == issued.invoice.id).distinct()
        assert session.scalars(days).all() == [shop.today]


def test_a_check_is_paid_back_in_cash_and_another_days_drawer_takes_none(shop: Shop) -> None:
    issued = shop.invoice()
    paid = shop.pay(issued.invoice.id, tender="check", check_number="77")
    memo = shop.credit(issued, 4_000)
    out = shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=4_000)
    assert shop.postings(out.id) == [("1000", -4_000), ("1100", 4_000)]
    with clock.frozen(clock.now() + timedelta(days=1)):
        later = shop.invoice(retail=[{"product_id": shop.retail_id}])
        with pytest.raises(errors.DrawerNotOpen):
            shop.pay(later.invoice.id)
        checked = shop.pay(later.invoice.id, tender="check", check_number="78")
    assert checked.business_date == shop.today + timedelta(days=1)


def test_what_a_deposit_paid_is_refunded_as_account_credit(shop: Shop) -> None:
    shop.deposit(10_000)
    issued = shop.invoice()
    with shop.transaction() as session:
        request = schemas.ApplicationIn(currency="USD", source="deposit")
        apply.apply_balance(session, shop.actor, issued.invoice.id, request)
    memo = shop.credit(issued)
    with pytest.raises(errors.MoreThanRefundable):
        shop.pay_out(credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=10_001)
    out = shop.pay_out(credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=10_000)
    assert shop.postings(out.id) == [("1100", 10_000), ("2110", -10_000)]
    again = shop.invoice()
    with shop.transaction() as session:
        request = schemas.ApplicationIn(currency="USD", source="account_credit")
        assert apply.apply_balance(session, shop.actor, again.invoice.id, request).amount_minor == 10_000
    assert shop.balance(Account.ACCOUNT_CREDIT) == 0


def test_a_payment_of_another_invoice_is_not_touched(shop: Shop) -> None:
    one, other = shop.invoice(), shop.invoice()
    paid = shop.pay(one.invoice.id)
    shop.pay(other.invoice.id)
    memo = shop.credit(other)
    with pytest.raises(errors.NotRefundable):
        shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=1)
    with pytest.raises(errors.NotRefundable):
        shop.pay_out(payment_id=paid.id, amount_minor=1)


def test_rates_change_on_their_day(shop: Shop) -> None:
    with shop.database.session("owner") as session:
        session.execute(
            text(
                "insert into tax_rate"
                " (org_id, id, jurisdiction_id, tax_class, rate_ppm, valid_from, created_at)"
                " select org_id, gen_random_uuid(), id, 'retail', 100000, :day, now()"
                " from tax_jurisdiction where org_id = :org"
            ),
            {"org": shop.made.org_id, "day": shop.today + timedelta(days=1)},
        )
    line = {"product_id": shop.retail_id}
    assert shop.invoice(retail=[line]).lines[0].tax_minor == 178
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert shop.invoice(retail=[line]).lines[0].tax_minor == 200


def test_a_check_is_paid_back_in_coins_that_exist(shop: Shop) -> None:
    paid = shop.deposit(1_003, tender="check", check_number="79")
    out = shop.pay_out(payment_id=paid.id, amount_minor=1_003)
    # 1 003 is nearest to 1 005, more than was taken: the coin below.
    assert (out.amount_minor, out.rounding_minor) == (1_000, -3)
    assert shop.postings(out.id) == [("1000", -1_000), ("2100", 1_003), ("6005", -3)]
