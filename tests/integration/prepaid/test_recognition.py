"""What the close of a day recognises: breakage, expiry, once however often and from wherever it is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account
from operational.checkout import apply, schemas
from operational.checkout.invoices import Issued
from operational.ledger.card_expiry import years_of
from operational.ledger.close import DayClosing
from operational.ledger.errors import DayClosed
from operational.ledger.recognition import recognise
from operational.models import Location, RecognitionRun
from operational.prepaid import errors
from tests.factories.checkout import Shop, open_shop
from tests.factories.prepaid import (
    carried,
    close,
    count_drawers,
    holds,
    movements,
    owed,
    plan,
    sell,
    use,
    use_visit,
)
from tests.support.databases import Database
from tests.support.together import together


def breakage(shop: Shop) -> int:
    return -shop.balance(Account.BREAKAGE_REVENUE)


def runs(shop: Shop) -> int:
    with shop.database.session("owner") as session:
        query = select(func.count()).where(RecognitionRun.org_id == shop.made.org_id)
        return session.scalar(query) or 0


def test_gift_card_breakage_of_the_worked_example(shop: Shop) -> None:
    """Sold 1 000, 10 % expected, redeemed 450: revenue 500 in all, and the cards still hold 550."""
    with shop.database.session("owner") as session:
        session.execute(
            text("update location set gift_card_breakage_ppm = 100000 where org_id = :org"),
            {"org": shop.made.org_id},
        )
    sale = shop.invoice(gift_cards=[{"code": "CARD-WORKED-1", "value_minor": 100_000}])
    shop.pay(sale.invoice.id)
    for _ in range(4):
        _redeem(shop, 10_000)
    _redeem(shop, 5_000)
    assert breakage(shop) == 0
    count_drawers(shop, shop.balance(Account.CASH_DRAWER))
    close(shop)
    assert -shop.balance(Account.GIFT_CARDS) == 55_000
    assert (breakage(shop), shop.balance(Account.GIFT_CARD_BREAKAGE_ALLOWANCE)) == (5_000, 5_000)
    assert 45_000 + breakage(shop) == 50_000
    with clock.frozen(shop.opened_at + timedelta(days=1)):
        for _ in range(5):
            _redeem(shop, 10_000)
        _redeem(shop, 4_000)
        close(shop, shop.today + timedelta(days=1))
        # 1 000 are left: the allowance is capped at them, and what exceeds it goes back.
        assert -shop.balance(Account.GIFT_CARDS) == 1_000
        assert (breakage(shop), shop.balance(Account.GIFT_CARD_BREAKAGE_ALLOWANCE)) == (1_000, 1_000)


def _redeem(shop: Shop, amount: int) -> None:
    asked = schemas.ApplicationIn(
        currency="USD", source="gift_card", gift_card_code="CARD-WORKED-1", amount_minor=amount
    )
    bill = shop.invoice(retail=[{"product_id": shop.retail_id, "quantity": 5}])
    with shop.transaction() as session:
        apply.apply_balance(session, shop.actor, bill.invoice.id, asked)


def test_a_package_breaks_with_its_use_and_expires_into_its_allowance_first(shop: Shop) -> None:
    """40 000 with a fifth expected unused: two of five sessions used earn 4 000 beside their 16 000."""
    plan_id = plan(shop, breakage_ppm=200_000, expires_after_days=1)
    package = sell(shop, plan_id).lines[0].package_id
    (sessions,) = holds(shop, package)
    use(shop, sessions)
    use(shop, sessions)
    count_drawers(shop)
    close(shop)
    assert (breakage(shop), shop.balance(Account.PACKAGE_BREAKAGE_ALLOWANCE)) == (4_000, 4_000)
    assert owed(shop, package) == 24_000
    with clock.frozen(shop.opened_at + timedelta(days=2)):
        # Days without business close by themselves, and on the first of them the package ends.
        closed = close(shop, shop.today + timedelta(days=2))
        assert closed.idle_days == [shop.today + timedelta(days=1)]
        assert movements(shop, sessions)[-1] == ("expired", 3_000, 24_000)
        assert owed(shop, package) == carried(shop, package) == 0
        assert (breakage(shop), shop.balance(Account.PACKAGE_BREAKAGE_ALLOWANCE)) == (24_000, 0)
        with pytest.raises(errors.NotCovered):
            use(shop, sessions)
    # All of the price is revenue by now: 16 000 of use, 24 000 of breakage.
    assert -shop.balance(Account.SERVICE_REVENUE) + breakage(shop) == 40_000
    assert runs(shop) == 3


def _used_package(shop: Shop) -> None:
    (sessions,) = holds(shop, sell(shop, plan(shop, breakage_ppm=200_000)).lines[0].package_id)
    use(shop, sessions)
    count_drawers(shop)


def test_four_closes_at_once_recognise_once_and_a_fifth_is_refused(operational_module: Database) -> None:
    for _ in range(10):
        shop = open_shop(operational_module)
        _used_package(shop)
        answers = together([partial(close, shop)] * 4)
        assert sum(isinstance(one, DayClosing) for one in answers) == 1
        assert [type(one) for one in answers if isinstance(one, Exception)] == [DayClosed] * 3
        with pytest.raises(DayClosed):
            close(shop)
        assert (runs(shop), breakage(shop)) == (1, 2_000)


def test_control_without_its_hold_on_the_day_the_database_still_refuses_a_second_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The close recognises twice in one day; the run's uniqueness refuses it."""
    _used_package(shop)

    def twice(*args: object) -> None:
        recognise(*args)  # type: ignore[arg-type]
        recognise(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("operational.ledger.close.recognise", twice)
    with pytest.raises(Exception, match=r"uq_recognition_run|exists already|conflict"):
        close(shop)
    assert (runs(shop), breakage(shop)) == (0, 0)


def test_a_close_that_expires_and_a_use_elsewhere_do_not_wait_for_each_other_forever(
    operational_module: Database,
) -> None:
    """The last day of a package sold north: its close against a session used south at the same moment."""
    for _ in range(15):
        shop = open_shop(operational_module)
        package = sell(shop, plan(shop, expires_after_days=1)).lines[0].package_id
        (sessions,) = holds(shop, package)
        with shop.database.session("owner") as session:
            session.execute(
                text("update entitlement set expires_on = :day where id = :id"),
                {"day": shop.today, "id": sessions},
            )
        count_drawers(shop)
        visit = shop.visit(location_id=shop.south)
        calls: list[Callable[[], object]] = [
            partial(close, shop),
            partial(use_visit, shop, visit, sessions, location_id=shop.south),
        ]
        closed, used = together(calls)
        assert isinstance(closed, DayClosing), closed
        refused = isinstance(used, (errors.NothingLeft, errors.NotCovered))
        assert refused or isinstance(used, Issued), used
        gone = movements(shop, sessions)
        assert gone[-1] == (("expired", 5_000, 40_000) if refused else ("expired", 4_000, 32_000))
        assert owed(shop, package) == carried(shop, package) == 0


LOADED = "from gift_card c where c.id = p.gift_card_id and p.amount_minor < 0"


def test_a_gift_card_expires_once_and_not_before_its_years_are_over(shop: Shop) -> None:
    """Of two cards of six years ago one was loaded again since; one is a day younger."""
    for number in range(3):
        sale = shop.invoice(gift_cards=[{"code": f"CARD-OLD-{number}", "value_minor": 5_000}])
        shop.pay(sale.invoice.id)
    sold = "issued_on = issued_on - interval '6 years'"
    shift = [
        f"update gift_card set {sold} where last_four <> 'OLD2'",
        f"update gift_card set {sold} + interval '1 day' where last_four = 'OLD2'",
        f"update posting p set business_date = c.issued_on {LOADED} and c.last_four <> 'OLD1'",
        "update location set gift_card_expires_years = 6, state = 'TX'",
    ]
    with shop.database.session("admin") as session:
        # As if they had been sold then: the books of those years are not lived here.
        session.execute(text("set local session_replication_role = replica"))
        for one in shift:
            session.execute(text(one))
    count_drawers(shop, shop.balance(Account.CASH_DRAWER))
    close(shop)
    assert (-shop.balance(Account.GIFT_CARDS), breakage(shop)) == (10_000, 5_000)
    with clock.frozen(shop.opened_at + timedelta(days=3)):
        close(shop, shop.today + timedelta(days=1))
        close(shop, shop.today + timedelta(days=2))
    assert (-shop.balance(Account.GIFT_CARDS), breakage(shop)) == (5_000, 10_000)


@pytest.mark.parametrize(
    ("state", "years", "after"),
    [("TX", 5, 5), ("TX", 8, 8), ("NY", 5, 9), ("NY", 12, 12), ("CA", 8, None), ("TX", None, None)],
)
def test_no_card_expires_sooner_than_the_law_lets_it(
    state: str, years: int | None, after: int | None
) -> None:
    assert years_of(Location(state=state, gift_card_expires_years=years)) == after
