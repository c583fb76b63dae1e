"""A desk that sees one location only: money in flight at another location counts all the same."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

import pytest

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, Permission
from operational.checkout import apply, attempts, errors, invoices, payments, payouts, schemas
from operational.checkout.processor.port import Outcome, Result
from operational.models import Payment, Payout, ProcessorAttempt
from tests.factories.checkout import Shop


def only(shop: Shop, place: uuid.UUID) -> Shop:
    """The same shop as somebody sees it who works at one location."""
    actor = dataclasses.replace(shop.actor, permissions={place: frozenset(Permission)})
    return dataclasses.replace(shop, actor=actor)


def begin_card(shop: Shop, **values: Any) -> ProcessorAttempt:
    """A card payment at south that waits for the processor's word."""
    asked = {
        "location_id": shop.south, "drawer_session_id": shop.drawers[shop.south], "tender": "card",
        "payment_token": "tok_visa", "currency": "USD", **values,
    }  # fmt: skip
    with shop.transaction() as session:
        request = schemas.PaymentIn.model_validate(asked)
        return payments.begin_card_payment(session, shop.actor, request, f"test_{new_id().hex}")


def settle(shop: Shop, attempt: ProcessorAttempt) -> None:
    with shop.transaction() as session:
        attempts.resolve(session, attempt.id, Result(Outcome.SUCCEEDED, reference="ch_1"), None)


def card(shop: Shop, **values: Any) -> Payment:
    """A card payment at south that went through."""
    attempt = begin_card(shop, **values)
    settle(shop, attempt)
    with shop.transaction() as session:
        return session.get_one(Payment, (shop.made.org_id, attempt.payment_id))


def refund(shop: Shop, **values: Any) -> Payout:
    """A card refund that waits for the processor's word."""
    with shop.transaction() as session:
        request = schemas.PayoutIn.model_validate({"currency": "USD", **values})
        return payouts.pay_out(session, shop.actor, request, f"test_{new_id().hex}")


def use(shop: Shop, invoice_id: object, **values: Any) -> None:
    with shop.transaction() as session:
        request = schemas.ApplicationIn.model_validate({"currency": "USD", **values})
        apply.apply_balance(session, shop.actor, invoice_id, request)  # type: ignore[arg-type]


def test_a_gift_card_not_paid_for_elsewhere_pays_nothing_here(shop: Shop) -> None:
    code = f"GIFT-{new_id().hex[:12].upper()}"
    sale = shop.invoice(gift_cards=[{"code": code, "value_minor": 10_000}])
    south = only(shop, shop.south)
    bought = shop.invoice(location_id=shop.south)
    with pytest.raises(errors.GiftCardNotUsable):
        use(south, bought.invoice.id, source="gift_card", gift_card_code=code)
    shop.pay(sale.invoice.id)
    use(south, bought.invoice.id, source="gift_card", gift_card_code=code)
    assert shop.balance(Account.GIFT_CARDS) == 0


def test_a_deposit_on_its_way_back_elsewhere_is_not_spent_here(shop: Shop) -> None:
    paid = card(shop, client_id=shop.client_id, amount_minor=10_000)
    out = refund(shop, payment_id=paid.id, amount_minor=10_000)
    bought = shop.invoice()
    with pytest.raises(errors.BalanceTooLow):
        use(only(shop, shop.north), bought.invoice.id, source="deposit")
    with shop.transaction() as session:
        waiting = attempts.of_payout(session, out.id)
    assert waiting is not None
    settle(shop, waiting)
    assert shop.balance(Account.CLIENT_DEPOSITS) == 0


def test_a_tip_given_back_elsewhere_is_not_given_back_again(shop: Shop) -> None:
    issued = shop.invoice()
    tip = {"provider_id": shop.made.provider_id, "amount_minor": 1_000}
    paid = shop.pay(issued.invoice.id, tips=[tip])
    shop.pay(shop.invoice(location_id=shop.south).invoice.id, location_id=shop.south)
    shop.pay_out(payment_id=paid.id, tip_minor=1_000, drawer_session_id=shop.drawers[shop.south])
    with pytest.raises(errors.MoreThanRefundable):
        only(shop, shop.north).pay_out(payment_id=paid.id, tip_minor=1_000)


def test_a_refund_in_flight_elsewhere_is_not_paid_out_again_as_credit(shop: Shop) -> None:
    issued = shop.invoice()
    paid = card(shop, invoice_id=issued.invoice.id)
    memo = shop.credit(issued)
    refund(shop, credit_memo_id=memo.memo.id, payment_id=paid.id, amount_minor=10_000)
    with pytest.raises(errors.MoreThanRefundable):
        refund(
            only(shop, shop.north), credit_memo_id=memo.memo.id, amount_minor=10_000, to_account_credit=True
        )


def test_a_card_payment_in_flight_elsewhere_is_not_taken_again_and_holds_the_invoice(shop: Shop) -> None:
    issued = shop.invoice()
    begin_card(shop, invoice_id=issued.invoice.id)
    north = only(shop, shop.north)
    with pytest.raises(errors.MoreThanDue):
        north.pay(issued.invoice.id)
    with pytest.raises(errors.NotVoidable), north.transaction() as session:
        invoices.void_invoice(session, north.actor, issued.invoice.id)
