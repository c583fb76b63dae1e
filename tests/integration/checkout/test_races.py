"""Money under contention: many desks at one moment, many rounds; each guard shown by its absence."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account, PaymentStatus
from operational.checkout import apply, errors, invoices, payouts, schemas
from operational.checkout.queries import Row, found
from operational.checkout.schemas import ApplicationIn
from operational.models import Allocation, CreditMemo, GiftCard, Invoice, InvoiceLine, Payment, Payout
from tests.factories.checkout import Shop, open_shop
from tests.support.databases import Database
from tests.support.together import ROUNDS, together

CONTROL_ROUNDS = 25


def paid_out(shop: Shop, payment_id: uuid.UUID) -> int:
    with shop.database.session("owner") as session:
        return int(
            session.scalar(
                select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
                    Payout.payment_id == payment_id, Payout.status == PaymentStatus.SUCCEEDED
                )
            )
            or 0
        )


def six_payouts(shop: Shop) -> tuple[int, list[object]]:
    """A paid and wholly credited invoice of 10 000; six desks pay 2 500 of it back at once."""
    issued = shop.invoice()
    paid = shop.pay(issued.invoice.id)
    memo = shop.credit(issued)
    one = partial(shop.pay_out, credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=2_500)
    answers: list[object] = list(together([one] * 6))
    return paid_out(shop, paid.id), answers


@pytest.mark.timeout(400)
def test_six_payouts_at_once_give_back_exactly_what_was_paid(shop: Shop) -> None:
    for _ in range(ROUNDS):
        total, answers = six_payouts(shop)
        assert total == 10_000
        refused = [one for one in answers if isinstance(one, Exception)]
        assert [type(one) for one in refused] == [errors.MoreThanRefundable] * 2
    assert shop.balance(Account.CASH_DRAWER) == 0
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0


def test_without_the_lock_more_is_given_back_than_was_paid(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen(session: Session, payment: Payment | None, memo: CreditMemo | None) -> Payment | None:
        return payment

    monkeypatch.setattr(payouts, "hold", seen)
    assert any(six_payouts(shop)[0] > 10_000 for _ in range(CONTROL_ROUNDS))


def use(shop: Shop, invoice_id: uuid.UUID, request: ApplicationIn) -> Allocation:
    with shop.transaction() as session:
        return apply.apply_balance(session, shop.actor, invoice_id, request)


def spend_deposit(shop: Shop) -> list[Allocation | Exception]:
    """A deposit of 5 000 and two invoices: two desks use all of it at once."""
    shop.deposit(5_000)
    request = ApplicationIn(currency="USD", source="deposit", amount_minor=5_000)
    bills = [shop.invoice().invoice.id for _ in range(2)]
    return together([partial(use, shop, bill, request) for bill in bills])


def spend_gift_card(shop: Shop) -> list[Allocation | Exception]:
    code = f"GIFT-{uuid.uuid4().hex[:12]}-X"
    sale = shop.invoice(gift_cards=[{"code": code, "value_minor": 5_000}])
    shop.pay(sale.invoice.id)
    request = ApplicationIn(currency="USD", source="gift_card", gift_card_code=code, amount_minor=5_000)
    bills = [shop.invoice().invoice.id for _ in range(2)]
    return together([partial(use, shop, bill, request) for bill in bills])


Spend = Callable[[Shop], list[Allocation | Exception]]
SPENDS = [(spend_deposit, Account.CLIENT_DEPOSITS), (spend_gift_card, Account.GIFT_CARDS)]


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("spend", "account"), SPENDS)
def test_a_balance_is_spent_by_one_of_two_desks(shop: Shop, spend: Spend, account: Account) -> None:
    for _ in range(ROUNDS):
        answers = spend(shop)
        assert sum(isinstance(one, Allocation) for one in answers) == 1
        assert [type(one) for one in answers if isinstance(one, Exception)] == [errors.BalanceTooLow]
        assert shop.balance(account) == 0
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == ROUNDS * (20_000 - 5_000)


@pytest.mark.parametrize(("spend", "account"), SPENDS)
def test_without_locks_and_guard_a_balance_is_spent_twice(
    operational: Database, monkeypatch: pytest.MonkeyPatch, spend: Spend, account: Account
) -> None:
    shop = open_shop(operational)
    with operational.session("owner") as session:
        for guard in ("check_postings", "check_balance"):
            session.execute(text(f"alter table posting disable trigger {guard}"))
    monkeypatch.setattr(apply, "lock_client", lambda *_: None)
    monkeypatch.setattr(apply, "lock_gift_card", lambda session, card: found(session, GiftCard, card, "card"))
    doubled = (
        sum(isinstance(one, Allocation) for one in spend(shop)) == 2 and shop.balance(account) > 0
        for _ in range(CONTROL_ROUNDS)
    )
    assert any(doubled)


def invoice_visit(shop: Shop, visit: uuid.UUID) -> uuid.UUID:
    with shop.transaction() as session:
        asked = schemas.InvoiceIn.model_validate(
            {
                "location_id": shop.north, "client_id": shop.client_id, "currency": "USD",
                "appointment_id": visit,
            }
        )  # fmt: skip
        return invoices.issue_invoice(session, shop.actor, asked).invoice.id


def times_invoiced(shop: Shop) -> list[int]:
    visit = shop.visit()
    together([partial(invoice_visit, shop, visit)] * 4)
    with shop.database.session("owner") as session:
        return list(
            session.scalars(
                select(func.count())
                .select_from(InvoiceLine)
                .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
                .where(Invoice.appointment_id == visit)
            )
        )


def test_a_visit_is_invoiced_by_one_of_four_desks(shop: Shop) -> None:
    for _ in range(25):
        assert times_invoiced(shop) == [1]
    with shop.database.session("owner") as session:
        numbers = session.scalars(select(Invoice.number).where(Invoice.org_id == shop.made.org_id)).all()
    assert sorted(int(one.rsplit("-", 1)[1]) for one in numbers) == list(range(1, 26))


def test_without_the_lock_a_visit_is_invoiced_more_than_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(
        session: Session, model: type[Row], row_id: uuid.UUID, what: str, *, lock: bool = False
    ) -> Row:
        return found(session, model, row_id, what)

    monkeypatch.setattr(invoices, "found", unlocked)
    assert any(times_invoiced(shop)[0] > 1 for _ in range(CONTROL_ROUNDS))


def pay_all(shop: Shop, invoice_id: uuid.UUID) -> Payment:
    return shop.pay(invoice_id)


@pytest.mark.timeout(400)
def test_an_invoice_is_paid_once_by_two_desks(shop: Shop) -> None:
    for _ in range(ROUNDS):
        issued = shop.invoice()
        answers = together([partial(pay_all, shop, issued.invoice.id)] * 2)
        assert [type(one) for one in answers if isinstance(one, Exception)] == [errors.MoreThanDue]
    assert shop.balance(Account.CASH_DRAWER) == ROUNDS * 10_000
    assert shop.balance(Account.ACCOUNT_CREDIT) == 0
