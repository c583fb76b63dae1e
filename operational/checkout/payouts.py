"""Giving money back: of credit memos, deposits and tips (metrics, section 7: rows 15, 16, 18).

Whoever pays out holds the payment's row, sums again inside, and never gives more than was captured. Card
refunds begin here and go on in attempts.py; what a payout posts is in refund_settle.py.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.money import round_cash
from medspa.kernel.vocabulary import (
    AllocationSource,
    AttemptState,
    PaymentPurpose,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.checkout import refund_settle
from operational.checkout.apply import hold_client
from operational.checkout.errors import MoreThanRefundable, NotRefundable, WrongCurrency
from operational.checkout.queries import found, open_drawer_session, present
from operational.checkout.refundable import gift_card_paid, payable_of_memo, rest_of_payment
from operational.checkout.schemas import PayoutIn
from operational.identity.access import Actor
from operational.ledger.balances import lock_client, lock_invoice, lock_payment
from operational.models import (
    CreditMemo,
    DrawerSession,
    Location,
    Payment,
    Payout,
    ProcessorAttempt,
    RemittanceItem,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What may be paid out, and of what."""

    payment: Payment | None
    memo: CreditMemo | None
    value_minor: int
    tip_minor: int


def pay_out(session: Session, actor: Actor, request: PayoutIn, request_key: str) -> Payout:
    """Pay cash or account credit out at once, or begin a card refund (status `pending`, with its attempt).

    The same request key gives the payout it had. Raises Forbidden, NotFound, NotRefundable,
    MoreThanRefundable, DrawerNotOpen, DrawerUnfit, WrongCurrency.
    """
    known = session.scalar(
        select(ProcessorAttempt).where(
            ProcessorAttempt.request_key == request_key, ProcessorAttempt.payout_id.is_not(None)
        )
    )
    if known is not None and known.payout_id is not None:
        return found(session, Payout, known.payout_id, "payout")
    asked = _check(session, actor, request)
    if asked.payment is None:
        return _kept(session, actor, request, asked)
    if asked.payment.tender is Tender.THIRD_PARTY:
        return _third_party(session, actor, request, asked)
    if asked.payment.tender is Tender.CARD:
        return _begin_card(session, actor, request, asked, request_key)
    return _cash(session, actor, request, asked)


def hold(session: Session, payment: Payment | None, memo: CreditMemo | None) -> Payment | None:
    """Hold what a payout spends, in the order of all checkout: client, invoice, payment."""
    if memo is not None:
        lock_invoice(session, memo.invoice_id)
    elif payment is not None:
        lock_client(session, payment.client_id)
    return None if payment is None else lock_payment(session, payment.id)


def _check(session: Session, actor: Actor, request: PayoutIn) -> _Asked:
    memo = payment = None
    if request.credit_memo_id is not None:
        memo = found(session, CreditMemo, request.credit_memo_id, "credit memo")
        actor.require(Permission.PAYMENT_REFUND, memo.location_id)
    if request.payment_id is not None:
        payment = found(session, Payment, request.payment_id, "payment")
        actor.require(Permission.PAYMENT_REFUND, payment.location_id)
    if any(one is not None and one.currency != request.currency for one in (memo, payment)):
        raise WrongCurrency
    payment = hold(session, payment, memo)
    value, tip = request.amount_minor or 0, request.tip_minor or 0
    limit = payable_of_memo(session, memo) if memo is not None else None
    if payment is not None:
        if payment.status is not PaymentStatus.SUCCEEDED:
            raise NotRefundable("This payment has not been captured.")
        if value:
            limit = _limit(session, payment, memo, limit)
        if tip > rest_of_payment(session, payment).tip_minor:
            raise MoreThanRefundable(
                "The tip is more than remains of it.",
                {"refundable_tip_minor": rest_of_payment(session, payment).tip_minor},
            )
    if value and (limit is None or value > limit):
        raise MoreThanRefundable(extra={"refundable_minor": limit or 0})
    return _Asked(payment, memo, value, tip)


def _limit(session: Session, payment: Payment, memo: CreditMemo | None, payable: int | None) -> int:
    rest = rest_of_payment(session, payment).value_minor
    if payment.purpose is PaymentPurpose.DEPOSIT:
        if memo is not None:
            raise NotRefundable("A deposit is returned without a credit memo.")
        held = hold_client(session, payment.client_id, AllocationSource.DEPOSIT)
        return min(rest, held.by_location.get(payment.location_id, 0))
    if memo is None or payable is None:
        raise NotRefundable("Issue a credit memo that names the lines first.")
    if memo.invoice_id != payment.invoice_id:
        raise NotRefundable("The payment is not of the credit memo's invoice.")
    return min(rest, payable)


def _payout(actor: Actor, request: PayoutIn, asked: _Asked, location_id: uuid.UUID) -> Payout:
    client_id = asked.payment.client_id if asked.payment else present(asked.memo).client_id
    return Payout(
        org_id=actor.org_id, client_id=client_id, location_id=location_id,
        credit_memo_id=request.credit_memo_id, payment_id=request.payment_id,
        status=PaymentStatus.PENDING, currency=request.currency,
        amount_minor=asked.value_minor + asked.tip_minor, tip_minor=asked.tip_minor, rounding_minor=0,
        paid_by=actor.staff_id,
    )  # fmt: skip


def _kept(session: Session, actor: Actor, request: PayoutIn, asked: _Asked) -> Payout:
    """Kept as account credit, or put back on the gift card that paid."""
    memo = present(asked.memo)
    payout = _payout(actor, request, asked, memo.location_id)
    if request.to_gift_card_id is not None:
        rest = gift_card_paid(session, memo.invoice_id, request.to_gift_card_id)
        if asked.value_minor > rest:
            raise MoreThanRefundable("The card did not pay this much.", {"refundable_minor": max(rest, 0)})
        payout.gift_card_id = request.to_gift_card_id
    session.add(payout)
    session.flush()
    refund_settle.record_success(session, payout, actor.staff_id)
    session.flush()
    return payout


def _third_party(session: Session, actor: Actor, request: PayoutIn, asked: _Asked) -> Payout:
    """Less to be paid by the programme; what it has settled already does not go back through it."""
    payment = present(asked.payment)
    settled = select(RemittanceItem.id).where(RemittanceItem.payment_id == payment.id)
    if session.scalar(settled) is not None:
        raise NotRefundable("The programme has settled this payment; keep it as account credit.")
    payout = _payout(actor, request, asked, payment.location_id)
    payout.tender = Tender.THIRD_PARTY
    session.add(payout)
    session.flush()
    refund_settle.record_success(session, payout, actor.staff_id)
    session.flush()
    return payout


def _begin_card(session: Session, actor: Actor, request: PayoutIn, asked: _Asked, request_key: str) -> Payout:
    if request.drawer_session_id is not None:
        raise Invalid("A card refund comes out of no drawer; leave drawer_session_id out.")
    payout = _payout(actor, request, asked, present(asked.payment).location_id)
    payout.tender = Tender.CARD
    session.add(payout)
    session.flush()
    session.add(
        ProcessorAttempt(
            org_id=actor.org_id,
            payout_id=payout.id,
            attempt_no=1,
            request_key=request_key,
            state=AttemptState.CREATED,
        )
    )
    session.flush()
    return payout


def _cash(session: Session, actor: Actor, request: PayoutIn, asked: _Asked) -> Payout:
    """Cash back for cash and for checks, rounded to the smallest coin, out of an open drawer."""
    if request.drawer_session_id is None:
        raise Invalid("Send the drawer_session_id that the cash comes out of.")
    drawer = found(session, DrawerSession, request.drawer_session_id, "drawer session")
    actor.require(Permission.PAYMENT_REFUND, drawer.location_id)
    open_drawer_session(session, drawer.id, drawer.location_id, Tender.CASH)
    location = found(session, Location, drawer.location_id, "location")
    if location.currency != request.currency:
        raise WrongCurrency
    payout = _payout(actor, request, asked, location.id)
    payout.tender = Tender.CASH
    payout.drawer_session_id = drawer.id
    exact = payout.amount_minor
    rest = rest_of_payment(session, present(asked.payment))
    payout.amount_minor = round_cash(exact, location.cash_step_minor)
    if payout.amount_minor > rest.amount_minor:
        # Never more than was taken: the coin below.
        payout.amount_minor = rest.amount_minor - rest.amount_minor % location.cash_step_minor
    payout.rounding_minor = payout.amount_minor - exact
    if payout.amount_minor < max(asked.tip_minor, 1):
        raise Invalid("The amount is below the smallest coin; keep it as account credit.")
    session.add(payout)
    session.flush()
    refund_settle.record_success(session, payout, actor.staff_id)
    session.flush()
    return payout
