"""Cash out of the safe is bagged once, also while the bank confirms an earlier bag."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import event, func, select

from medspa.kernel.vocabulary import Account
from operational.banking import deposits, errors
from operational.checkout.queries import found
from operational.models import BankDeposit, Location
from tests.factories.checkout import Shop
from tests.integration.banking.test_bank import bag, dropped
from tests.support.together import together


def bagged_while_confirmed(shop: Shop) -> int:
    """The same cash bagged again while the bank confirms its bag: what all bags hold.

    The second bag stops between its two sums until the confirmation is through, or waits for the bag.
    """
    dropped(shop, 1_000)
    sent = bag(shop, 1_000)
    confirmed, engine = threading.Event(), shop.database.engine("app")

    def confirm() -> None:
        with shop.transaction() as session:
            deposits.confirm(session, shop.actor, sent.id)
        confirmed.set()

    def between(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "sum(bank_deposit.amount_minor)" in statement:
            confirmed.wait(timeout=1)

    event.listen(engine, "before_cursor_execute", between)
    try:
        calls: list[Callable[[], object]] = [partial(bag, shop, 1_000), confirm]
        answers = together(calls)
    finally:
        event.remove(engine, "before_cursor_execute", between)
    assert answers[1] is None
    with shop.database.session("owner") as session:
        total = session.scalar(
            select(func.sum(BankDeposit.amount_minor)).where(BankDeposit.location_id == shop.north)
        )
    assert isinstance(answers[0], BankDeposit) or type(answers[0]) is errors.NotInHand
    return int(total or 0)


def test_cash_is_not_bagged_again_while_its_bag_is_confirmed(shop: Shop) -> None:
    assert bagged_while_confirmed(shop) == 1_000
    assert (shop.balance(Account.CASH_IN_TRANSIT), shop.balance(Account.BANK)) == (0, 1_000)


def test_control_without_the_location_held_it_is_bagged_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        deposits, "hold_location", lambda session, key: found(session, Location, key, "location")
    )
    assert bagged_while_confirmed(shop) == 2_000
