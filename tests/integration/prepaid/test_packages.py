"""Packages from sale to refund, by the worked examples of the ledger (rows 2, 7, 14, 31)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Account
from operational.checkout import invoices
from operational.checkout.errors import MoreThanRemains, NotRefundable, NotVoidable
from operational.prepaid import errors
from tests.factories.checkout import Shop
from tests.factories.goods import service_row
from tests.factories.prepaid import (
    carried,
    close,
    count_drawers,
    holds,
    movements,
    owed,
    plan,
    refund,
    sell,
    use,
    use_visit,
)


def test_a_sale_defers_the_net_price_and_a_session_takes_its_part(shop: Shop) -> None:
    sale = sell(shop, plan(shop, 40_001))
    package = sale.lines[0].package_id
    assert shop.postings(sale.invoice.id) == [("1100", 40_001), ("2300", -40_001)]
    (sessions,) = holds(shop, package)
    visits = [use(shop, sessions) for _ in range(5)]
    for visit, value in zip(visits, [8_000, 8_000, 8_000, 8_000, 8_001], strict=True):
        assert shop.postings(visit.invoice.id) == [("2300", value), ("4000", -value)]
        (line,) = visit.lines
        assert (line.list_minor, line.net_minor, line.tax_minor, line.covered_by) == (0, 0, 0, sessions)
    assert owed(shop, package) == carried(shop, package) == 0
    with pytest.raises(errors.NothingLeft):
        use(shop, sessions)


def test_a_discount_lowers_what_is_deferred_and_units_run_out_into_a_charged_line(shop: Shop) -> None:
    # 50 000 of sessions and 70 000 of units for 60 000, a tenth off.
    plan_id = plan(shop, 60_000, units=50)
    line = {"package_plan_id": plan_id, "discount": {"reason": "promotion", "percent_ppm": 100_000}}
    sale = shop.invoice(packages=[line], retail=[])
    package = sale.lines[0].package_id
    assert shop.postings(sale.invoice.id) == [("1100", 54_000), ("2300", -54_000)]
    sessions, units = holds(shop, package)
    first = use(shop, units, units_milli=30_000)
    assert shop.postings(first.invoice.id) == [("2300", 18_900), ("4000", -18_900)]
    second = use(shop, units, units_milli=25_000)
    assert [(one.quantity_milli, one.net_minor, one.covered_by) for one in second.lines] == [
        (20_000, 0, units), (5_000, 7_000, None),
    ]  # fmt: skip
    assert sorted(shop.postings(second.invoice.id)) == [
        ("1100", 7_000), ("2300", 12_600), ("4000", -12_600), ("4000", -7_000),
    ]  # fmt: skip
    assert owed(shop, package) == carried(shop, package) == 22_500
    with pytest.raises(errors.NotCovered):
        use(shop, sessions, units_milli=1_000)


def test_a_package_sold_north_is_used_south_in_two_balanced_halves(shop: Shop) -> None:
    package = sell(shop, plan(shop)).lines[0].package_id
    (sessions,) = holds(shop, package)
    due = shop.balance(Account.DUE_TO_LOCATIONS, shop.north)
    used = use(shop, sessions, location_id=shop.south)
    assert sorted(shop.postings(used.invoice.id)) == [
        ("1900", 8_000), ("2300", 8_000), ("2900", -8_000), ("4000", -8_000),
    ]  # fmt: skip
    assert shop.balance(Account.DUE_TO_LOCATIONS, shop.north) - due == -8_000
    assert shop.balance(Account.DUE_FROM_LOCATIONS) + shop.balance(Account.DUE_TO_LOCATIONS) == 0


def test_a_package_is_its_clients_and_is_refunded_as_a_whole(shop: Shop) -> None:
    sale = sell(shop, plan(shop))
    (sessions,) = holds(shop, sale.lines[0].package_id)
    other = shop.made.client()
    with pytest.raises(NotFound):
        use(shop, sessions, client_id=other)
    with pytest.raises(NotRefundable):
        shop.credit(sale)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # Sold at 40 000, two of five used at 8 000: 24 000 are carried.
        ({}, [("1100", -24_000), ("2300", 24_000)]),
        # The two cost 20 000 by themselves: 4 000 more than was recognised.
        ({"reprice_used": True}, [("1100", -20_000), ("2300", 24_000), ("4000", -4_000)]),
        (
            {"cancellation_fee_minor": 1_000, "goodwill_minor": 300},
            [("1100", -23_300), ("2300", 24_000), ("4030", -1_000), ("4810", 300)],
        ),
    ],
)
def test_half_a_package_goes_back(
    shop: Shop, asked: dict[str, object], expected: list[tuple[str, int]]
) -> None:
    sale = sell(shop, plan(shop))
    package = sale.lines[0].package_id
    shop.pay(sale.invoice.id)
    (sessions,) = holds(shop, package)
    for _ in range(2):
        use(shop, sessions)
    memo = refund(shop, package, **asked)
    assert shop.postings(memo.memo.id) == expected
    assert memo.total_minor == -expected[0][1]
    assert owed(shop, package) == carried(shop, package) == 0
    assert movements(shop, sessions)[-1] == ("refunded", 3_000, 24_000)
    for again in (lambda: use(shop, sessions), lambda: refund(shop, package)):
        with pytest.raises(errors.NothingLeft):
            again()


def test_voids_give_back_what_was_used_and_take_back_what_was_sold(shop: Shop) -> None:
    sale = sell(shop, plan(shop))
    package = sale.lines[0].package_id
    (sessions,) = holds(shop, package)
    used = use(shop, sessions, location_id=shop.south)

    def void(issued: invoices.Issued) -> None:
        with shop.transaction() as session:
            invoices.void_invoice(session, shop.actor, issued.invoice.id)

    with pytest.raises(NotVoidable):
        void(sale)
    void(used)
    assert owed(shop, package) == carried(shop, package) == 40_000
    assert movements(shop, sessions) == [("used", 1_000, 8_000), ("reversed", -1_000, -8_000)]
    void(sale)
    assert owed(shop, package) == carried(shop, package) == 0
    with pytest.raises(errors.NothingLeft):
        use(shop, sessions)


def test_a_session_is_taxed_when_it_is_used_and_a_dearer_service_costs_the_difference(shop: Shop) -> None:
    package = sell(shop, plan(shop)).lines[0].package_id
    (sessions,) = holds(shop, package)
    with shop.database.session("owner") as session:
        longer = service_row(
            shop.made.org_id, shop.made.category_id, "Long visit", billed_by_unit=False, price_minor=13_000
        )
        session.add(longer)
        session.execute(
            text("update tax_rate set rate_ppm = 88750 where org_id = :org and tax_class = 'service'"),
            {"org": shop.made.org_id},
        )
        session.flush()
        longer_id = longer.id
    # 8.875 % of the 8 000 that the session is worth.
    assert sorted(shop.postings(use(shop, sessions).invoice.id)) == [
        ("1100", 710), ("2300", 8_000), ("2400", -710), ("4000", -8_000),
    ]  # fmt: skip
    visit = shop.visit()
    with shop.database.session("owner") as session:
        session.execute(
            text("update appointment_item set service_id = :service where appointment_id = :visit"),
            {"service": longer_id, "visit": visit},
        )
    dearer = use_visit(shop, visit, sessions)
    (line,) = dearer.lines
    # 3 000 more than a visit; tax on 8 000 of the package and on the 3 000.
    assert (line.list_minor, line.net_minor, line.tax_minor) == (3_000, 3_000, 976)
    assert sorted(shop.postings(dearer.invoice.id)) == [
        ("1100", 3_976), ("2300", 8_000), ("2400", -976), ("4000", -8_000), ("4000", -3_000),
    ]  # fmt: skip
    assert owed(shop, package) == carried(shop, package) == 24_000


def test_a_second_refund_counts_what_the_first_gave_back(shop: Shop) -> None:
    plan_id = plan(shop)
    with shop.database.session("owner") as session:
        session.execute(text("update package_plan set tax_class = 'retail' where id = :id"), {"id": plan_id})

    def refunded(**first: int) -> tuple[uuid.UUID | None, int]:
        sale = sell(shop, plan_id)
        shop.pay(sale.invoice.id)
        package = sale.lines[0].package_id
        (sessions,) = holds(shop, package)
        visit = use(shop, sessions)
        memo = refund(shop, package, **first)
        with shop.transaction() as session:
            invoices.void_invoice(session, shop.actor, visit.invoice.id)
        return package, memo.total_minor

    # 40 000 and 3 550 of tax have gone back, a used session out of goodwill: nothing is left for it.
    package, total = refunded(goodwill_minor=8_000)
    assert total == 43_550
    with pytest.raises(Invalid):
        refund(shop, package)
    package, total = refunded()
    with pytest.raises(Invalid):
        refund(shop, package, goodwill_minor=1)
    assert (total, refund(shop, package).total_minor) == (34_840, 8_710)
    assert shop.balance(Account.SALES_TAX_PAYABLE) == 0


def test_a_use_at_another_location_is_voided_on_each_ones_own_day(shop: Shop) -> None:
    package = sell(shop, plan(shop)).lines[0].package_id
    (sessions,) = holds(shop, package)
    used = use(shop, sessions, location_id=shop.south)
    count_drawers(shop)
    close(shop)
    with shop.transaction() as session:
        invoices.void_invoice(session, shop.actor, used.invoice.id)
    assert owed(shop, package) == carried(shop, package) == 40_000
    with shop.database.session("owner") as session:
        query = (
            "select distinct p.location_id, p.business_date from posting p"
            " join journal_entry e on e.org_id = p.org_id and e.id = p.entry_id"
            " where p.org_id = :org and e.event = 'reversal'"
        )
        rows = session.execute(text(query), {"org": shop.made.org_id})
        dates = {row.location_id: row.business_date for row in rows}
    # The place that sold it has closed the day; the visit's own is open still.
    assert dates == {shop.north: shop.today + timedelta(days=1), shop.south: shop.today}


def test_the_tax_of_a_covered_session_is_credited_once(shop: Shop) -> None:
    package = sell(shop, plan(shop)).lines[0].package_id
    (sessions,) = holds(shop, package)
    with shop.database.session("owner") as session:
        taxed = "update service set tax_class = 'retail' where id = :id"
        session.execute(text(taxed), {"id": shop.made.consultation_id})
    visit = use(shop, sessions)
    shop.pay(visit.invoice.id)
    memo = shop.credit(visit)
    # 8 000 at 8.875 %, over two jurisdictions.
    booked = shop.postings(memo.memo.id)
    assert memo.total_minor == 710 == -dict(booked)["1100"]
    assert {account for account, _ in booked} == {"1100", "2400"}
    assert shop.balance(Account.SALES_TAX_PAYABLE) == 0
    with pytest.raises(MoreThanRemains):
        shop.credit(visit)
