"""The processor's report: its lines are kept as it tells them, its payouts booked once (row 22)."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, DisputeStatus, ProcessorLineEvent, ProcessorLineKind
from operational.banking.processor_reports import Read, read_reports
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.inprocess_reports import add_line
from operational.models import DisputeFee, Posting, ProcessorLine, ProcessorLineHistory, ProcessorPayout
from tests.factories.checkout import Shop, open_shop
from tests.integration.checkout.test_cards import charge, deliver, refund
from tests.support.databases import Database
from tests.support.together import together


@pytest.fixture
def shop(operational: Database) -> Shop:
    return open_shop(operational)


def read(shop: Shop, processor: InProcessProcessor) -> Read:
    return read_reports(shop.database.engine("app"), processor)


def unpaid_clearing(shop: Shop) -> int:
    """What the processor's own lines say stands on the clearing account: fees of charges come off later."""
    lines = ProcessorLine
    disputed = lines.kind.in_([ProcessorLineKind.DISPUTE, ProcessorLineKind.DISPUTE_REVERSAL])
    with shop.database.session("owner") as session:
        rows = session.execute(
            select(disputed, func.sum(lines.amount_minor), func.sum(lines.fee_minor))
            .where(lines.processor_payout_id.is_(None), lines.org_id == shop.made.org_id)
            .group_by(disputed)
        )
        return sum(int(amount) - (int(fee) if is_dispute else 0) for is_dispute, amount, fee in rows)


def moved_by_lines(shop: Shop) -> list[int]:
    """What became of the processor's lines, by their own amounts: what the bank got, what was cleared."""
    with shop.database.session("owner") as session:
        rows = session.execute(
            select(ProcessorLine, ProcessorLineHistory)
            .join(ProcessorLineHistory, ProcessorLineHistory.processor_line_id == ProcessorLine.id)
            .where(ProcessorLine.org_id == shop.made.org_id)
        ).all()
    bank = cleared = 0
    for line, became in rows:
        way = -1 if became.event is ProcessorLineEvent.SENT_BACK else 1
        of_dispute = line.kind in (ProcessorLineKind.DISPUTE, ProcessorLineKind.DISPUTE_REVERSAL)
        bank += (
            0 if became.event is ProcessorLineEvent.EXPLAINED else way * (line.amount_minor - line.fee_minor)
        )
        cleared += way * (line.amount_minor - of_dispute * line.fee_minor) if became.clears else 0
    return [bank, cleared]


def test_lines_are_kept_and_payouts_booked_where_the_money_was_taken(
    shop: Shop, processor: InProcessProcessor
) -> None:
    _, payment = charge(shop, processor, "tok_visa", 10_000)
    charge(
        shop, processor, "tok_visa", 4_000, location_id=shop.south, drawer_session_id=shop.drawers[shop.south]
    )
    refund(shop, processor, payment, 1_000)
    reference = processor.dispute(str(payment.processor_reference), 2_000)
    for _, body in processor.undelivered():
        deliver(shop, body)
    assert read(shop, processor) == Read(4, 0)
    assert unpaid_clearing(shop) == shop.balance(Account.CARD_CLEARING) == 9_500
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert processor.pay_out_due() == 1
        assert read(shop, processor) == Read(0, 1)
        assert read(shop, processor) == Read(0, 0)
    with shop.database.session("owner") as session:
        (payout,) = session.scalars(select(ProcessorPayout))
        fees = 320 + 146
        assert (payout.gross_minor, payout.fee_minor, payout.net_minor) == (
            11_000, fees + 1_500, 11_000 - fees - 1_500,
        )  # fmt: skip
        dates = session.execute(
            select(Posting.external_date, Posting.business_date).where(Posting.account == "1200")
        ).all()
    assert {one.business_date for one in dates} == {shop.today + timedelta(days=2)}
    assert shop.balance(Account.CARD_CLEARING) == unpaid_clearing(shop) == 0
    assert shop.balance(Account.BANK, shop.south) == 4_000 - 146
    assert shop.balance(Account.BANK) == payout.net_minor
    assert shop.balance(Account.PROCESSOR_FEES) == fees + 1_500
    assert moved_by_lines(shop) == [payout.net_minor, 9_500]
    processor.close_dispute(reference, won=True, fee_returned_minor=1_500)
    won = processor.undelivered()[-1][1]
    assert json.loads(won)["type"] == f"dispute.{DisputeStatus.WON}"
    deliver(shop, won)
    read(shop, processor)
    assert unpaid_clearing(shop) == shop.balance(Account.CARD_CLEARING) == 3_500


def test_a_payout_below_zero_and_lines_about_nothing_of_ours(
    shop: Shop, processor: InProcessProcessor
) -> None:
    _, payment = charge(shop, processor, "tok_visa", 5_000)
    (account,) = processor.accounts()
    processor.pay_out(account, shop.today)
    refund(shop, processor, payment, 5_000)
    with processor._transaction() as books:
        add_line(books, account, ProcessorLineKind.FEE, -900, 0, "USD", None)
        add_line(books, account, ProcessorLineKind.ADJUSTMENT, 250, 0, "USD", "adj_1")
    processor.pay_out(account, shop.today)
    assert read(shop, processor) == Read(4, 2)
    assert shop.balance(Account.CARD_CLEARING) == 0
    assert shop.balance(Account.UNMATCHED_ITEMS) == -250
    assert shop.balance(Account.PROCESSOR_FEES) == 175 + 900
    assert shop.balance(Account.BANK) == 250 - 175 - 900


def test_a_dispute_told_after_its_money_was_paid_out_leaves_the_unmatched_items(
    shop: Shop, processor: InProcessProcessor
) -> None:
    _, payment = charge(
        shop, processor, "tok_visa", 5_000, location_id=shop.south, drawer_session_id=shop.drawers[shop.south]
    )
    processor.dispute(str(payment.processor_reference), 5_000, fee_minor=0)
    (account,) = processor.accounts()
    processor.pay_out(account, shop.today)
    read(shop, processor)
    assert (shop.balance(Account.UNMATCHED_ITEMS), shop.balance(Account.CARD_CLEARING)) == (5_000, 0)
    bodies = [body for _, body in processor.undelivered()]
    deliver(shop, bodies[-1])
    fee = {**json.loads(bodies[-1]), "id": "evt_fee", "fee_minor": 1_500}
    assert [deliver(shop, json.dumps({**fee, "id": one}).encode()) for one in ("evt_f", "evt_g")] == [
        "applied", "ignored",
    ]  # fmt: skip
    assert shop.balance(Account.PROCESSOR_FEES) == 175 + 1_500
    for _ in range(2):
        read(shop, processor)
    assert shop.balance(Account.UNMATCHED_ITEMS) == 0
    assert shop.balance(Account.CARD_CLEARING) == -1_500
    assert shop.balance(Account.DISPUTED_FUNDS, shop.south) == 5_000
    # Paid out before it was known what the dispute's line is about: it leaves the clearing account later.
    assert moved_by_lines(shop) == [shop.balance(Account.BANK), 5_000 - 5_000]
    with shop.database.session("owner") as session:
        assert session.scalars(select(DisputeFee.fee_minor)).all() == [1_500]


def test_a_report_read_by_two_workers_is_booked_once(shop: Shop, processor: InProcessProcessor) -> None:
    for _ in range(10):
        charge(shop, processor, "tok_visa", 1_000)
        (account,) = processor.accounts()
        processor.pay_out(account, shop.today)
        together([partial(read, shop, processor)] * 3)
    assert shop.balance(Account.CARD_CLEARING) == 0
    assert shop.balance(Account.BANK) == 10 * (1_000 - 59)


def test_a_payout_that_failed_after_it_was_booked_is_undone_and_its_lines_wait_for_another(
    shop: Shop, processor: InProcessProcessor
) -> None:
    charge(shop, processor, "tok_visa", 5_000)
    (account,) = processor.accounts()
    with processor._transaction() as books:
        add_line(books, account, ProcessorLineKind.ADJUSTMENT, 250, 0, "USD", "adj_1")
    first = processor.pay_out(account, shop.today)
    assert read(shop, processor) == Read(2, 1)
    accounts = (Account.BANK, Account.CARD_CLEARING, Account.PROCESSOR_FEES, Account.UNMATCHED_ITEMS)
    booked = [5_000 - 175 + 250, 0, 175, -250]
    assert [shop.balance(one) for one in accounts] == booked
    processor.fail_payout(str(first))
    later = clock.now() + timedelta(days=3)
    with clock.frozen(later):
        for _ in range(2):
            assert read(shop, processor) == Read(0, 0)
        assert [shop.balance(one) for one in accounts] == [0, 5_000, 0, 0]
        assert moved_by_lines(shop) == [0, 0]
        assert unpaid_clearing(shop) == 5_000 + 250
        with shop.database.session("owner") as session:
            (payout,) = session.scalars(select(ProcessorPayout))
        assert payout.failed_on == shop.today + timedelta(days=3)
        # It is paid again with an earlier date of arrival than one that is booked.
        second = processor.pay_out(account, shop.today - timedelta(days=2))
        charge(shop, processor, "tok_visa", 1_000)
        processor.pay_out(account, shop.today + timedelta(days=3))
        with processor._transaction() as books:
            late = books.execute("select * from payout where reference = ?", (second,)).fetchone()
            books.execute("delete from payout where reference = ?", (second,))
        assert read(shop, processor) == Read(1, 1)
        with processor._transaction() as books:
            books.execute(
                "insert into payout (reference, account, currency, net_minor, arrived_on)"
                " values (?, ?, ?, ?, ?)",
                tuple(late[name] for name in ("reference", "account", "currency", "net_minor", "arrived_on")),
            )
        assert read(shop, processor) == Read(0, 1)
    assert [shop.balance(one) for one in accounts] == [booked[0] + 941, 0, 175 + 59, -250]
    assert moved_by_lines(shop) == [shop.balance(Account.BANK), 6_000]


def test_what_a_failed_payout_brought_beyond_its_lines_ends_with_the_one_in_its_place(
    shop: Shop, processor: InProcessProcessor
) -> None:
    """It brings as much again, other than that, or none of it: the processor holds none of it afterwards."""
    charge(shop, processor, "tok_visa", 5_000)
    (account,) = processor.accounts()
    accounts = (Account.BANK, Account.CARD_CLEARING, Account.PROCESSOR_FEES, Account.UNMATCHED_ITEMS)
    for beyond in (300, 300, 100, 0):
        reference = str(processor.pay_out(account, shop.today))
        with processor._transaction() as books:
            books.execute(
                "update payout set net_minor = net_minor + ? where reference = ?", (beyond, reference)
            )
        assert read(shop, processor).payouts == 1
        assert [shop.balance(one) for one in accounts] == [4_825 + beyond, 0, 175, -beyond]
        assert unpaid_clearing(shop) == 0
        assert moved_by_lines(shop) == [4_825 + beyond, 5_000]
        if beyond:
            processor.fail_payout(reference)
            read(shop, processor)
            assert [shop.balance(one) for one in accounts] == [0, 5_000, 0, 0]
    charge(shop, processor, "tok_visa", 1_000)
    processor.pay_out(account, shop.today)
    assert (read(shop, processor).payouts, unpaid_clearing(shop)) == (1, 0)
