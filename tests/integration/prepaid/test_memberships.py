"""Memberships through their months: billed once, earned by the day, used, frozen, failed and cancelled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from medspa.cli.main import run
from medspa.kernel import clock
from medspa.kernel.vocabulary import (
    Account,
    MembershipEndReason,
    MembershipStatus,
    PeriodStatus,
    Tender,
)
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.reconcile import reconcile_with
from operational.memberships import life
from operational.memberships.billing import BillingRun
from operational.memberships.errors import DuesNotCovered, NotPossibleNow
from operational.models import Payment
from operational.prepaid.errors import NotCovered
from tests.factories.checkout import open_shop
from tests.factories.members import FIRST, JANUARY, Club, offer
from tests.factories.prepaid import count_drawers, movements, owed, use
from tests.integration.checkout.test_cards import deliver
from tests.integration.checkout.test_disputes import events
from tests.support.databases import Database
from tests.support.together import together

NOTHING = BillingRun()


@pytest.fixture
def club(operational_module: Database, tmp_path: Path) -> Iterator[Club]:
    with clock.frozen(JANUARY):
        shop = open_shop(operational_module)
        yield Club(shop, InProcessProcessor(tmp_path / "books.sqlite"), offer(shop))


def test_dues_post_when_they_are_captured_and_are_earned_to_the_cent(club: Club) -> None:
    shop = club.shop
    member = club.join()
    assert shop.balance(Account.DEFERRED_MEMBERSHIPS) == 0
    assert club.bill() == BillingRun(paid=1)
    assert club.bill() == NOTHING
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 12_000
    assert shop.balance(Account.CARD_CLEARING) == 12_000
    assert shop.balance(Account.CLIENT_DEPOSITS) == shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0
    (credit,) = club.credits(member)
    assert (credit.value_minor, credit.expires_on) == (6_000, date(2027, 3, 30))
    visit = use(shop, credit.id)
    assert shop.postings(visit.invoice.id) == [("2310", 6_000), ("4000", -6_000)]
    count_drawers(shop)
    club.close(FIRST)
    # 6 000 over 28 days: the first has earned round(6 000 ÷ 28).
    assert club.earned == 214
    club.close(FIRST + timedelta(days=13))
    assert club.earned == 3_000
    club.close(date(2027, 2, 27))
    assert club.earned == 6_000
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 0
    for day in (date(2027, 2, 28), date(2027, 3, 31)):
        with club.on(day):
            assert club.bill() == BillingRun(paid=1)
        club.close(day)
    periods = club.periods(member)
    assert [(one.starts_on, one.days) for one in periods] == [
        (date(2027, 1, 31), 28), (date(2027, 2, 28), 31), (date(2027, 3, 31), 30),
    ]  # fmt: skip
    assert club.earned == 12_000 + 200
    assert club.events(member) == ["joined", "renewed", "renewed"]
    # The second credit rolled over into the third period, and ends with it.
    second = club.credits(member)[1]
    assert second.expires_on == date(2027, 4, 29)
    club.close(date(2027, 4, 29))
    assert movements(shop, second.id) == [("expired", 1_000, 6_000)]
    assert -shop.balance(Account.BREAKAGE_REVENUE) == 6_000
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 6_000


def test_runs_at_once_and_a_lost_answer_charge_once(club: Club) -> None:
    shop = club.shop
    member = club.join("tok_timeout_charged")
    assert club.bill() == BillingRun(waiting=1)
    assert together([club.bill] * 4) == [BillingRun(waiting=1)] * 4
    assert (club.payments(), len(club.periods(member))) == (1, 1)
    with shop.transaction() as session, pytest.raises(NotPossibleNow):
        life.settle_dues(session, shop.actor, member)
    with clock.frozen(JANUARY + timedelta(minutes=2)):
        assert reconcile_with(shop.database.engine("app"), club.processor, timedelta(0)).settled == 1
        # Settled with its payment, whoever brings the word: no run is waited for.
        assert shop.balance(Account.CLIENT_DEPOSITS) == 0
        assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 12_000
        assert together([club.bill] * 4) == [NOTHING] * 4
    assert club.payments() == 1
    assert shop.balance(Account.CLIENT_DEPOSITS) == 0
    assert shop.balance(Account.CARD_CLEARING) == 12_000 == owed(shop, member, Account.DEFERRED_MEMBERSHIPS)
    assert len(club.credits(member)) == 1
    second = club.join()
    runs = together([club.bill] * 4)
    assert all(isinstance(one, BillingRun) for one in runs), runs
    assert (club.payments(), len(club.credits(second))) == (2, 1)
    assert shop.balance(Account.CARD_CLEARING) == 24_000


def test_failed_dues_are_tried_three_times_and_do_not_pile_up(club: Club) -> None:
    shop = club.shop
    member = club.join("tok_declined")
    assert club.bill() == BillingRun(failed=1)
    assert club.bill() == NOTHING
    for days in (3, 6):
        with club.on(FIRST + timedelta(days=days)):
            assert club.bill() == BillingRun(failed=1)
    assert club.membership(member).status is MembershipStatus.PAST_DUE
    assert shop.balance(Account.DEFERRED_MEMBERSHIPS) == shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0
    late = date(2027, 4, 10)
    with club.on(late):
        assert club.bill() == NOTHING
        with shop.transaction() as session, pytest.raises(DuesNotCovered):
            life.settle_dues(session, shop.actor, member)
        shop.deposit(12_000, tender="check", check_number="1001")
        with shop.transaction() as session:
            life.settle_dues(session, shop.actor, member)
    (period,) = club.periods(member)
    assert (period.status, period.starts_on, period.days) == (PeriodStatus.PAID, late, 30)
    back = club.membership(member)
    assert (back.status, back.next_bill_on) == (MembershipStatus.ACTIVE, date(2027, 5, 10))
    assert club.events(member) == [
        "joined", "dues_failed", "dues_failed", "dues_failed", "past_due", "recovered",
    ]  # fmt: skip


def test_a_freeze_stops_the_days_and_moves_what_was_to_come(club: Club) -> None:
    shop = club.shop
    member = club.join()
    club.bill()
    count_drawers(shop)
    club.close(FIRST)
    club.close(date(2027, 2, 9))
    assert club.earned == round(6_000 * 10 / 28)
    with club.on(date(2027, 2, 10)):
        with shop.transaction() as session:
            life.freeze(session, shop.actor, member)
        (credit,) = club.credits(member)
        with pytest.raises(NotCovered):
            use(shop, credit.id, location_id=shop.south)
    with club.on(date(2027, 3, 2)):
        assert club.bill() == NOTHING
    club.close(date(2027, 3, 1))
    assert club.earned == round(6_000 * 10 / 28)
    with club.on(date(2027, 3, 2)), shop.transaction() as session:
        life.unfreeze(session, shop.actor, member)
    # Twenty days were frozen.
    assert club.membership(member).next_bill_on == date(2027, 3, 20)
    assert club.credits(member)[0].expires_on == date(2027, 4, 19)
    club.close(date(2027, 3, 18))
    assert club.earned == round(6_000 * 27 / 28)
    club.close(date(2027, 3, 19))
    assert club.earned == 6_000
    with club.on(date(2027, 3, 20)):
        assert club.bill() == BillingRun(paid=1)
    assert [one.starts_on for one in club.periods(member)] == [FIRST, date(2027, 3, 20)]


def test_a_cancelled_member_is_billed_no_more_and_keeps_what_is_paid(club: Club) -> None:
    shop = club.shop
    member = club.join()
    club.bill()
    count_drawers(shop)
    with shop.transaction() as session:
        life.cancel(session, shop.actor, member, MembershipEndReason.MOVED_AWAY)
    club.close(FIRST)
    gone = club.membership(member)
    assert (gone.status, gone.ends_on) == (MembershipStatus.CANCELLED, date(2027, 2, 27))
    club.close(date(2027, 2, 27))
    assert club.earned == 6_000
    with club.on(date(2027, 2, 28)):
        assert club.bill() == NOTHING
        use(shop, club.credits(member)[0].id, location_id=shop.south)
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 0
    with shop.transaction() as session, pytest.raises(NotPossibleNow):
        life.cancel(session, shop.actor, member, MembershipEndReason.PRICE)


def test_the_command_bills_each_location_and_says_what_was_declined(
    club: Club, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEDSPA_HOME", str(tmp_path))
    monkeypatch.setenv("MEDSPA_OPERATIONAL_APP_DSN", club.shop.database.dsn("app"))
    member, declined = club.join(), club.join("tok_declined")
    for expected in (
        (1, {"paid": 1, "failed": 1, "waiting": 0}),
        (0, {"paid": 0, "failed": 0, "waiting": 0}),
    ):
        with pytest.raises(SystemExit) as ended:
            run(["bill-memberships", "--json", "--org", str(club.shop.made.org_id)])
        first, second = json.loads(capsys.readouterr().out)
        told = {name: first[name] for name in ("paid", "failed", "waiting")}
        assert (int(ended.value.code or 0), told) == expected
        assert (second["paid"], second["failed"]) == (0, 0)
    assert [one.status for one in club.periods(member)] == [PeriodStatus.PAID]
    assert [one.status for one in club.periods(declined)] == [PeriodStatus.FAILED]


def test_dues_lost_to_a_dispute_take_their_unused_credit_and_no_other_deposit(club: Club) -> None:
    shop = club.shop
    member = club.join()
    club.bill()
    shop.deposit(5_000)
    with shop.database.session("owner") as session:
        payment = session.scalars(
            select(Payment).where(Payment.org_id == shop.made.org_id, Payment.tender == Tender.CARD)
        ).one()
    reference = club.processor.dispute(str(payment.processor_reference))
    club.processor.close_dispute(reference, won=False)
    for event in events(club.processor):
        assert deliver(shop, event) == "applied"
    (credit,) = club.credits(member)
    assert movements(shop, credit.id) == [("voided", 1_000, 6_000)]
    # The access is earned by its days all the same; the house bears it.
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == 6_000
    assert shop.balance(Account.CHARGEBACKS) == 6_000
    assert -shop.balance(Account.CLIENT_DEPOSITS) == 5_000
