"""Money that never came in, or was taken back, does not leave: write-offs, disputes, and credit memos."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from medspa.kernel.vocabulary import Account, ProgrammeKind
from operational.banking import third_party
from operational.checkout import disputes, errors, write_offs
from operational.checkout.processor.inprocess import InProcessProcessor
from tests.factories import prepaid
from tests.factories.checkout import Shop
from tests.integration.checkout.test_cards import charge, deliver
from tests.integration.checkout.test_disputes import dispute_of, events


def blockers(shop: Shop) -> set[str]:
    with shop.transaction() as session:
        query = text("select code from day_blockers(:place, :day)")
        return set(session.scalars(query, {"place": shop.north, "day": shop.today}))


def test_a_debt_given_up_is_not_paid_out_by_a_credit_memo(shop: Shop) -> None:
    unpaid = shop.invoice()
    with shop.transaction() as session:
        given_up = write_offs.write_off(session, shop.actor, unpaid.invoice.id)
    with pytest.raises(errors.MoreThanCameIn):
        shop.credit(unpaid)
    with shop.transaction() as session:
        write_offs.recover(session, shop.actor, given_up.id, 10_000)
    memo = shop.credit(unpaid)
    with pytest.raises(errors.MoreThanRefundable):
        shop.pay_out(
            credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=1, drawer_session_id=None
        )
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == shop.balance(Account.BAD_DEBT) == 0
    # Of one paid in part, what was paid goes back, and no more.
    half = shop.invoice()
    shop.pay(half.invoice.id, amount_minor=6_000)
    with shop.transaction() as session:
        write_offs.write_off(session, shop.actor, half.invoice.id)
    with pytest.raises(errors.MoreThanCameIn) as refused:
        shop.credit(half)
    assert refused.value.extra == {"creditable_minor": 6_000}
    memo = shop.credit(half, 6_000)
    assert "credit_memo_not_paid_out" in blockers(shop)
    shop.pay_out(
        credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=6_000, drawer_session_id=None
    )
    assert "credit_memo_not_paid_out" not in blockers(shop)


def test_what_a_dispute_took_is_not_paid_out_again(shop: Shop, processor: InProcessProcessor) -> None:
    def disputed(credit_first: bool) -> None:
        issued = shop.invoice()
        _, payment = charge(shop, processor, "tok_visa", 10_000, invoice_id=issued.invoice.id, client_id=None)
        if credit_first:
            memo = shop.credit(issued)
        reference = processor.dispute(str(payment.processor_reference))
        processor.close_dispute(reference, won=False)
        for one in events(processor)[-2:]:
            deliver(shop, one)
        if credit_first:
            # The memo was there before: nothing is left to pay out, and the day does not ask for it.
            assert "credit_memo_not_paid_out" not in blockers(shop)
            with pytest.raises(errors.MoreThanRefundable):
                shop.pay_out(
                    credit_memo_id=memo.memo.id, to_account_credit=True, amount_minor=1,
                    drawer_session_id=None,
                )  # fmt: skip
        else:
            with pytest.raises(errors.MoreThanCameIn):
                shop.credit(issued)
        with shop.transaction() as session:
            disputes.bill_again(session, shop.actor, dispute_of(shop, payment).id)
        if not credit_first:
            shop.credit(issued)

    for credit_first in (False, True):
        disputed(credit_first)
    assert shop.balance(Account.ACCOUNTS_RECEIVABLE) == shop.balance(Account.CHARGEBACKS) == 0
    assert shop.balance(Account.ACCOUNT_CREDIT) == 0


def test_what_was_sold_on_credit_is_not_given_away_by_a_write_off(shop: Shop) -> None:
    code = f"GIFT-{uuid.uuid4().hex[:12]}-X"
    card = shop.invoice(gift_cards=[{"code": code, "value_minor": 5_000}])
    package = prepaid.sell(shop, prepaid.plan(shop))
    for sold in (card, package):
        with pytest.raises(errors.PrepaidUnredeemed), shop.transaction() as session:
            write_offs.write_off(session, shop.actor, sold.invoice.id)
    shop.credit(card)
    # Once its sessions are used there is nothing left to give away: the debt is an ordinary one.
    (sessions,) = prepaid.holds(shop, package.lines[0].package_id)
    for _ in range(5):
        prepaid.use(shop, sessions)
    with shop.transaction() as session:
        write_offs.write_off(session, shop.actor, package.invoice.id)
    assert (shop.balance(Account.GIFT_CARDS), shop.balance(Account.BAD_DEBT)) == (0, 40_000)
    # A programme that refuses leaves it unpaid too: the house cannot bear it while the card is usable.
    with shop.transaction() as session:
        kind = ProgrammeKind.FINANCING
        programme = third_party.create_programme(session, shop.actor, uuid.uuid4().hex, kind)
    code = f"GIFT-{uuid.uuid4().hex[:12]}-X"
    financed = shop.invoice(gift_cards=[{"code": code, "value_minor": 5_000}])
    paid = shop.pay(financed.invoice.id, tender="third_party", programme_id=programme.id)
    with pytest.raises(errors.PrepaidUnredeemed), shop.transaction() as session:
        third_party.refuse(session, shop.actor, paid.id, client_owes=False)
    with shop.transaction() as session:
        third_party.refuse(session, shop.actor, paid.id, client_owes=True)
    shop.credit(financed)
    assert shop.balance(Account.GIFT_CARDS) == shop.balance(Account.ACCOUNTS_RECEIVABLE) == 0
