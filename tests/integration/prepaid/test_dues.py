"""Dues between their capture and their invoice, and dues that come back: settled, owed again, given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, MembershipEndReason, PeriodStatus
from operational.banking import deposits
from operational.banking.returned import return_check
from operational.checkout import attempts, write_offs
from operational.checkout.errors import MoreThanDue
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.port import NOT_RECEIVED, Outcome, Result
from operational.checkout.reconcile import reconcile_with
from operational.memberships import life
from operational.memberships.billing import BillingRun
from operational.memberships.errors import NothingDue
from operational.models import ProcessorAttempt, TaxRate
from tests.factories.checkout import open_shop
from tests.factories.members import FIRST, JANUARY, Club, offer
from tests.factories.prepaid import count_drawers, owed, use
from tests.integration.checkout.test_cards import deliver
from tests.support.databases import Database

NOTHING = BillingRun()


@pytest.fixture
def club(operational_module: Database, tmp_path: Path) -> Iterator[Club]:
    with clock.frozen(JANUARY):
        shop = open_shop(operational_module)
        yield Club(shop, InProcessProcessor(tmp_path / "books.sqlite"), offer(shop))


def test_dues_are_settled_with_their_payment_by_the_event_and_after_it_was_given_up(club: Club) -> None:
    shop = club.shop
    member = club.join("tok_timeout_charged")
    assert club.bill() == BillingRun(waiting=1)
    ((_, event),) = club.processor.undelivered()
    with shop.transaction() as session:
        attempt = session.scalars(
            select(ProcessorAttempt).where(ProcessorAttempt.org_id == shop.made.org_id)
        ).one()
        attempts.resolve(session, attempt.id, Result(Outcome.DECLINED, code=NOT_RECEIVED), None)
    assert club.bill() == BillingRun(failed=1)
    assert deliver(shop, event) == "applied"
    assert [one.status for one in club.periods(member)] == [PeriodStatus.PAID]
    assert shop.balance(Account.CLIENT_DEPOSITS) == 0
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 12_000
    with club.on(FIRST + timedelta(days=4)):
        assert club.bill() == NOTHING
    assert club.payments() == 1


def test_captured_dues_that_cover_them_no_more_are_owed_again(club: Club) -> None:
    """A tax rate rose while the processor was silent: the capture stands, and the next run decides."""
    shop = club.shop
    club.plan_id = offer(shop, tax_class="retail")
    member = club.join("tok_timeout_charged")
    assert club.bill() == BillingRun(waiting=1)
    captured = 12_000 + 1_065
    with shop.database.session("owner") as session:
        session.execute(
            update(TaxRate).where(TaxRate.org_id == shop.made.org_id).values(rate_ppm=TaxRate.rate_ppm * 2)
        )
    with clock.frozen(JANUARY + timedelta(minutes=2)):
        assert reconcile_with(shop.database.engine("app"), club.processor, timedelta(0)).settled == 1
        assert -shop.balance(Account.CLIENT_DEPOSITS) == shop.balance(Account.CARD_CLEARING) == captured
        assert club.bill() == BillingRun(failed=1)
        assert shop.balance(Account.DEFERRED_MEMBERSHIPS) == 0
        shop.deposit(1_065)
        with shop.transaction() as session:
            life.settle_dues(session, shop.actor, member)
        with shop.transaction() as session:
            life.cancel(session, shop.actor, member, MembershipEndReason.MOVED_AWAY)
    assert club.periods(member)[0].status is PeriodStatus.PAID
    assert shop.balance(Account.CLIENT_DEPOSITS) == 0
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 12_000


def test_dues_of_a_returned_check_are_written_off_once_and_charged_no_more(club: Club) -> None:
    """What was earned stays earned: revenue of a member who never paid is bad debt, and nothing twice."""
    shop = club.shop
    member = club.join(None)
    payment = shop.deposit(12_000, tender="check", check_number="1001")
    with shop.transaction() as session:
        life.settle_dues(session, shop.actor, member)
        deposits.deposit_checks(session, shop.actor, shop.north, [payment.id])
    with shop.transaction() as session:
        return_check(session, shop.actor, payment.id)
    (period,) = club.periods(member)
    assert period.invoice_id is not None
    with shop.transaction() as session:
        write_offs.write_off(session, shop.actor, period.invoice_id)
    for again in (
        partial(write_offs.write_off, invoice_id=period.invoice_id),
        partial(life.settle_dues, membership_id=member),
    ):
        with shop.transaction() as session, pytest.raises((MoreThanDue, NothingDue)):
            again(session, shop.actor)
    assert club.bill() == NOTHING
    accounts = (Account.BAD_DEBT, Account.ACCOUNTS_RECEIVABLE, Account.BANK, Account.CLIENT_DEPOSITS)
    assert [shop.balance(one) for one in accounts] == [12_000, 0, 0, 0]
    use(shop, club.credits(member)[0].id)
    count_drawers(shop)
    for day in (FIRST, date(2027, 2, 27)):
        club.close(day)
    assert club.earned - shop.balance(Account.SERVICE_REVENUE) == 12_000
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 0
