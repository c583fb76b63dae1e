"""Dues given back and plans changed in mid-cycle: what is left, what is owed, what is earned, to the cent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Account, CreditReason, MembershipEndReason, PeriodEnd
from operational.checkout.errors import NotRefundable
from operational.checkout.payouts import pay_out
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.schemas import PayoutIn
from operational.memberships import life
from operational.memberships.billing import BillingRun
from operational.memberships.change import Changed, change_plan
from operational.memberships.errors import NotPossibleNow
from operational.memberships.refund import refund_dues
from operational.memberships.schemas import DuesRefundIn
from tests.factories.checkout import open_shop
from tests.factories.members import JANUARY, Club, offer
from tests.factories.prepaid import count_drawers, owed
from tests.support.databases import Database
from tests.support.together import together


@pytest.fixture
def club(operational_module: Database, tmp_path: Path) -> Iterator[Club]:
    with clock.frozen(JANUARY):
        shop = open_shop(operational_module)
        yield Club(shop, InProcessProcessor(tmp_path / "books.sqlite"), offer(shop))


def change(club: Club, member: uuid.UUID, plan: uuid.UUID, day: date) -> Changed:
    with club.on(day), club.shop.transaction() as session:
        return change_plan(session, club.shop.actor, member, plan)


def test_the_new_plan_is_paid_from_what_is_left_of_the_old_one(club: Club) -> None:
    """Fourteen of 28 days at 12 000 hold 3 000 of access and a credit of 6 000; half of 28 000 is 14 000."""
    shop, dearer = club.shop, offer(club.shop, price_minor=28_000)
    member = club.join()
    assert club.bill() == BillingRun(paid=1)
    count_drawers(shop)
    for day in (date(2027, 1, 31), date(2027, 2, 13)):
        club.close(day)
    assert club.earned == 3_000
    with pytest.raises(Invalid):
        change(club, member, club.plan_id, date(2027, 2, 14))
    changed = change(club, member, dearer, date(2027, 2, 14))
    assert (changed.due_minor, changed.kept_minor) == (5_000, 0)
    balances = (Account.DEFERRED_MEMBERSHIPS, Account.ACCOUNTS_RECEIVABLE, Account.ACCOUNT_CREDIT)
    assert [shop.balance(one) for one in balances] == [-14_000, 5_000, 0]
    first, second = club.periods(member)
    assert (first.ended_on, first.ended_as, first.access_returned_minor) == (
        date(2027, 2, 14), PeriodEnd.CHANGED, 3_000,
    )  # fmt: skip
    assert (second.starts_on, second.days, second.access_minor) == (date(2027, 2, 14), 14, 4_667)
    assert [one.quantity_milli for one in club.credits(member)] == [1_000, 1_000]
    assert club.credits(member)[1].expires_on == date(2027, 3, 30)

    for day in (date(2027, 2, 14), date(2027, 2, 20)):
        club.close(day)
    assert club.earned == 3_000 + 2_334
    # 2 333 of access and the credit of 9 333 are left, 5 000 of it owed. A quarter of 12 000 is 3 000.
    changed = change(club, member, club.plan_id, date(2027, 2, 21))
    assert (changed.due_minor, changed.kept_minor) == (0, 11_666 - 5_000 - 3_000)
    assert [shop.balance(one) for one in balances] == [-3_000, 0, -3_666]
    for day in (date(2027, 2, 21), date(2027, 2, 27)):
        club.close(day)
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == club.credits(member)[2].value_minor
    with club.on(date(2027, 2, 28)):
        with shop.transaction() as session, pytest.raises(NotPossibleNow):
            change_plan(session, shop.actor, member, dearer)
        assert club.bill() == BillingRun(paid=1)
    last = club.periods(member)[-1]
    assert (last.number, last.starts_on, last.days, last.price_minor) == (4, date(2027, 2, 28), 31, 12_000)
    assert club.events(member) == ["joined", "changed", "changed", "renewed"]


def test_a_plan_changed_before_its_first_dues_costs_nothing(club: Club) -> None:
    yearly = offer(club.shop, price_minor=120_000, period_months=12)
    member = club.join()
    assert change(club, member, yearly, date(2027, 1, 31)).invoice_id is None
    assert club.bill() == BillingRun(paid=1)
    (period,) = club.periods(member)
    assert (period.price_minor, period.days) == (120_000, 365)


def test_unused_dues_go_back_once_and_days_that_are_not_closed_yet_stay_earned(club: Club) -> None:
    """Three days of 28 have passed, none is closed: they earn 643 of 6 000; the rest goes back."""
    shop, third = club.shop, date(2027, 2, 3)
    member = club.join()
    club.bill()
    count_drawers(shop)
    asked = DuesRefundIn(reason=CreditReason.DISSATISFIED, cancellation_fee_minor=1_000)

    def refund() -> int:
        with shop.transaction() as session:
            credited = refund_dues(session, shop.actor, member, asked)
            kept = {"credit_memo_id": credited.memo.id, "to_account_credit": True}
            total = {"currency": "USD", "amount_minor": credited.total_minor}
            pay_out(session, shop.actor, PayoutIn.model_validate({**kept, **total}), uuid.uuid4().hex)
            return credited.total_minor

    with club.on(third), shop.transaction() as session:
        life.cancel(session, shop.actor, member, MembershipEndReason.CLIENT_ASKED)
    with club.on(third):
        outcomes = together([refund, refund])
    assert sorted(type(one).__name__ for one in outcomes) == ["NotRefundable", "int"]
    assert 5_357 + 6_000 - 1_000 in outcomes
    assert club.membership(member).ends_on == third
    for day in (date(2027, 1, 31), third, date(2027, 2, 28)):
        club.close(day)
    assert club.earned == 643
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 0
    assert shop.balance(Account.NO_SHOW_FEES) == -1_000
    assert club.events(member) == ["joined", "cancelled", "refunded"]
    with club.on(third), pytest.raises(NotRefundable):
        refund()
