"""Checks and bags at the bank, returned checks, statements and programmes: postings by the table."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial

import pytest
from sqlalchemy import text

from medspa.kernel.vocabulary import (
    Account,
    BankMatch,
    DrawerMovementKind,
    ProgrammeKind,
)
from operational.banking import deposits, errors, lines, returned, statement, third_party
from operational.banking.statement import StatementLine
from operational.banking.third_party import Settled
from operational.checkout import errors as desk_errors
from operational.checkout.queries import found
from operational.ledger.drawer_movements import record_movement
from operational.models import BankDeposit, BankLine, Location, Payment, Remittance
from tests.factories.checkout import Shop
from tests.integration.checkout.test_unmatched import spend
from tests.support.together import together


def check(shop: Shop, amount: int = 10_000) -> tuple[uuid.UUID, Payment]:
    issued = shop.invoice()
    paid = shop.pay(issued.invoice.id, tender="check", check_number="101", amount_minor=amount)
    return issued.invoice.id, paid


def deposited(shop: Shop, *payments: Payment) -> BankDeposit:
    with shop.transaction() as session:
        return deposits.deposit_checks(session, shop.actor, shop.north, [one.id for one in payments])


def returned_to_us(shop: Shop, payment: Payment, fee: int = 3_500) -> uuid.UUID:
    with shop.transaction() as session:
        row = returned.return_check(session, shop.actor, payment.id, 1_200, fee)
        return row.id


def take(shop: Shop, *told: StatementLine) -> lines.Taken:
    with shop.transaction() as session:
        return lines.take_lines(session, shop.actor, shop.north, told)


def open_minor(shop: Shop, invoice_id: uuid.UUID) -> int:
    with shop.database.session("owner") as session:
        query = (
            "select coalesce(sum(amount_minor), 0) from posting where account = '1100' and invoice_id = :id"
        )
        return int(session.execute(text(query), {"id": invoice_id}).scalar_one())


def test_a_check_is_deposited_returned_once_and_owed_again(shop: Shop) -> None:
    invoice_id, paid = check(shop, 6_000)
    with pytest.raises(errors.NotReturnable):
        returned_to_us(shop, paid)
    deposit = deposited(shop, paid)
    assert shop.postings(deposit.id) == [("1010", -6_000), ("1200", 6_000)]
    with pytest.raises(errors.NotInHand):
        deposited(shop, paid)
    row = returned_to_us(shop, paid)
    assert shop.postings(row) == [("1100", 6_000), ("1200", -7_200), ("6010", 1_200)]
    assert open_minor(shop, invoice_id) == 10_000
    assert shop.balance(Account.NO_SHOW_FEES) == -3_500
    with pytest.raises(errors.NotReturnable):
        returned_to_us(shop, paid)
    memo = shop.credit(shop.invoice())
    with pytest.raises(desk_errors.NotRefundable):
        shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=1)


def test_a_returned_deposit_takes_what_is_left_of_it_and_reopens_what_it_paid(shop: Shop) -> None:
    paid = shop.deposit(5_000, tender="check", check_number="102")
    deposited(shop, paid)
    spend(shop, 3_000)
    row = returned_to_us(shop, paid, 0)
    assert shop.postings(row) == [("1100", 3_000), ("1200", -6_200), ("2100", 2_000), ("6010", 1_200)]


def dropped(shop: Shop, amount: int) -> None:
    shop.pay(shop.invoice().invoice.id)
    with shop.transaction() as session:
        record_movement(
            session, shop.actor, shop.drawers[shop.north], DrawerMovementKind.DROP, amount, "safe"
        )


def bag(shop: Shop, amount: int) -> BankDeposit:
    with shop.transaction() as session:
        return deposits.send_bag(session, shop.actor, shop.north, amount)


def test_a_bag_counted_by_the_bank_leaves_its_difference_over_or_short(shop: Shop) -> None:
    dropped(shop, 8_000)
    sent = bag(shop, 8_000)
    with pytest.raises(errors.NotInHand):
        bag(shop, 1)
    assert take(shop, StatementLine(shop.today, 7_900, "CASH", "k1")) == lines.Taken(1, 0)
    assert shop.balance(Account.UNMATCHED_ITEMS) == -7_900
    with shop.transaction() as session:
        (line,) = session.query(BankLine).filter(BankLine.match_kind.is_(None)).all()
        lines.match(session, shop.actor, line.id, BankMatch.BANK_DEPOSIT, sent.id)
    assert shop.postings(sent.id) == [("1005", -8_000), ("1200", 7_900), ("6000", 100)]
    assert shop.balance(Account.UNMATCHED_ITEMS) == 0
    assert (shop.balance(Account.BANK), shop.balance(Account.CASH_IN_TRANSIT)) == (7_900, 0)


def two_bags(shop: Shop) -> int:
    dropped(shop, 1_000)
    answers = together([partial(bag, shop, 1_000)] * 2)
    return sum(isinstance(one, BankDeposit) for one in answers)


def test_of_two_bags_of_the_same_cash_one_is_sent(shop: Shop) -> None:
    assert {two_bags(shop) for _ in range(10)} == {1}


def test_control_without_the_lock_two_bags_are_sent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        deposits, "hold_location", lambda session, key: found(session, Location, key, "location")
    )
    assert any(two_bags(shop) > 1 for _ in range(25))


def test_a_statement_is_matched_and_taken_once(shop: Shop) -> None:
    _, paid = check(shop)
    deposited(shop, paid)
    csv = (
        f"Booked_On,Amount,Description\n{shop.today},100.00,DEPOSIT\n{shop.today},(19.50),FEES\n"
        f"{shop.today},-800.00,RENT\n{shop.today},-800.00,RENT\n"
    )
    assert take(shop, *statement.read(csv)) == lines.Taken(4, 1)
    assert take(shop, *statement.read(csv)) == lines.Taken(0, 0, (1, 2, 3, 4))
    assert shop.balance(Account.UNMATCHED_ITEMS) == 161_950
    with shop.transaction() as session:
        rest = session.query(BankLine).filter(BankLine.match_kind.is_(None)).order_by(BankLine.id).all()
        fee = lines.match(session, shop.actor, rest[0].id, BankMatch.PROCESSOR_FEE, None)
        lines.match(session, shop.actor, rest[1].id, BankMatch.ELSEWHERE, None)
        with pytest.raises(errors.AlreadyMatched):
            lines.match(session, shop.actor, rest[0].id, BankMatch.ELSEWHERE, None)
        kinds = {one[0] for one in shop.postings(fee.id)}
    assert kinds <= {"1200", "1290", "6010"}
    assert (shop.balance(Account.UNMATCHED_ITEMS), shop.balance(Account.BANK)) == (80_000, 10_000 - 81_950)
    assert shop.balance(Account.PROCESSOR_FEES) == 1_950


@pytest.mark.parametrize(
    ("csv", "row"),
    [
        ("booked_on,description\n2026-01-02,x\n", 1),
        ("booked_on,amount\n02/01/2026,1.00\n", 2),
        ("booked_on,amount\n2026-01-02,1.00\n2026-01-02,Jane Roe\n", 3),
        ("booked_on,amount\n2026-01-02,(1.00\n", 2),
        ("booked_on,amount\n2026-01-02\n", 2),
        ("booked_on,amount\n2026-01-02,0\n", 2),
    ],
)
def test_a_statement_that_cannot_be_read_is_refused_by_row(csv: str, row: int) -> None:
    with pytest.raises(errors.StatementUnreadable) as refused:
        statement.read(csv)
    assert refused.value.problem()["row"] == row
    assert "Jane" not in str(refused.value.problem())


def test_amounts_are_read_as_banks_write_them() -> None:
    rows = statement.read(
        '\ufeffAmount,Booked_On,ID\n"1,234.5",2026-01-02,a\n(0.07),2026-01-02,b\n-3,2026-01-02,c\n'
    )
    assert [(one.amount_minor, one.key) for one in rows] == [(123_450, "a"), (-7, "b"), (-300, "c")]
    assert rows[0].booked_on == date(2026, 1, 2)


def programme(shop: Shop) -> uuid.UUID:
    with shop.transaction() as session:
        return third_party.create_programme(session, shop.actor, "Rewards", ProgrammeKind.MANUFACTURER).id


def settle(shop: Shop, which: uuid.UUID, payment: Payment) -> Remittance:
    with shop.transaction() as session:
        items = [Settled(payment.id, 300, 1_000)]
        return third_party.settle(session, shop.actor, which, shop.north, items)


def test_a_programme_settles_refuses_and_takes_back(shop: Shop) -> None:
    which = programme(shop)
    first, second, third = (shop.invoice() for _ in range(3))
    paid = [
        shop.pay(one.invoice.id, tender="third_party", programme_id=which) for one in (first, second, third)
    ]
    assert shop.postings(paid[0].id) == [("1030", 10_000), ("1100", -10_000)]
    remittance = settle(shop, which, paid[0])
    assert shop.postings(remittance.id) == [
        ("1030", -10_000), ("1200", 8_700), ("4801", 1_000), ("6010", 300),
    ]  # fmt: skip
    with pytest.raises(errors.NotOwedByProgramme):
        settle(shop, which, paid[0])
    assert take(shop, StatementLine(shop.today, 8_700)) == lines.Taken(1, 1)
    memo = shop.credit(second, 4_000)
    back = shop.pay_out(credit_memo_id=memo.memo.id, payment_id=paid[1].id, amount_minor=4_000)
    assert shop.postings(back.id) == [("1030", -4_000), ("1100", 4_000)]
    with shop.transaction() as session:
        refused = third_party.refuse(session, shop.actor, paid[1].id, client_owes=True)
        borne = third_party.refuse(session, shop.actor, paid[2].id, client_owes=False)
    assert shop.postings(refused.id) == [("1030", -6_000), ("1100", 6_000)]
    assert shop.postings(borne.id) == [("1030", -10_000), ("6020", 10_000)]
    assert shop.balance(Account.THIRD_PARTY_RECEIVABLE) == 0
    assert open_minor(shop, second.invoice.id) == 6_000
