"""What a payout posts when it succeeds (metrics, section 7: rows 15, 16, 18, 32). Locks are the caller's."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.money import split
from medspa.kernel.vocabulary import Account, LedgerEvent, PaymentStatus, Tender
from operational.checkout.queries import found, given_back, present
from operational.checkout.refundable import value_of
from operational.ledger.balances import liability_minor, lock_client, lock_invoice, lock_payment
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import CreditMemo, GiftCard, Location, Payment, Payout, Posting, Tip


def hold(session: Session, payout_id: uuid.UUID) -> Payout:
    """Hold a payout with what it touches, in the order in which everybody does: client, invoice, payment."""
    payout = found(session, Payout, payout_id, "payout")
    # Also for an invoice: what came back of its refund is the client's credit, and may be taken back.
    lock_client(session, payout.client_id)
    if payout.credit_memo_id is not None:
        memo = found(session, CreditMemo, payout.credit_memo_id, "credit memo")
        lock_invoice(session, memo.invoice_id)
    if payout.payment_id is not None:
        lock_payment(session, payout.payment_id)
    return found(session, Payout, payout.id, "payout", lock=True)


def record_success(session: Session, payout: Payout, staff_id: uuid.UUID | None) -> None:
    """Mark a payout as paid and post it; what it touches is held."""
    day = open_business_date(session, payout.location_id)
    location = found(session, Location, payout.location_id, "location")
    began = clock.business_date(payout.created_at, location.timezone, location.cutover_hour)
    external = began if began != day else None
    payout.status = PaymentStatus.SUCCEEDED
    payout.business_date = day
    payout.succeeded_at = clock.now()
    payout.decline_code = None
    session.flush()
    payment = None if payout.payment_id is None else found(session, Payment, payout.payment_id, "payment")
    value = value_of(payout)
    if value:
        credit = payout.credit_memo_id is not None
        _post(
            session,
            LedgerEvent.CREDIT_PAID_OUT if credit else LedgerEvent.DEPOSIT_RETURNED,
            payout,
            [
                *_freed(session, payout, payment, value),
                *_paid(session, payout, payment, value + payout.rounding_minor),
            ],
            staff_id,
            rounding=payout.rounding_minor,
            external_date=external,
        )
    if payout.tip_minor and payment is not None:
        rounding = 0 if value else payout.rounding_minor
        lines = _tips(session, payment, payout)
        lines += _paid(session, payout, payment, payout.tip_minor + rounding)
        _post(
            session, LedgerEvent.TIP_REFUNDED, payout, lines, staff_id, rounding=rounding,
            external_date=external,
        )  # fmt: skip


def _post(
    session: Session,
    event: LedgerEvent,
    payout: Payout,
    lines: list[Line],
    staff_id: uuid.UUID | None,
    *,
    rounding: int,
    external_date: date | None,
) -> None:
    post(
        session,
        event=event,
        source_kind="payout",
        source_id=payout.id,
        lines=across_locations([*lines, Line(Account.CASH_ROUNDING, rounding, payout.location_id)]),
        external_date=external_date,
        staff_id=staff_id,
    )


def _freed(session: Session, payout: Payout, payment: Payment | None, value: int) -> list[Line]:
    """The debit: the overpaid invoice of the memo, or the deposit where it was taken.

    A refund that was written off as never received may turn out to have left after the deposit was used:
    what the deposit does not hold any more waits in 1290 for the manager (ledger/unmatched.py).
    """
    if payout.credit_memo_id is not None:
        memo = found(session, CreditMemo, payout.credit_memo_id, "credit memo")
        return [Line(Account.ACCOUNTS_RECEIVABLE, value, memo.location_id, invoice_id=memo.invoice_id)]
    taken = present(payment)
    client, place = taken.client_id, taken.location_id
    held = liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client, location_id=place)
    matched = min(value, max(held, 0)) if payout.tender is Tender.CARD else value
    return [
        Line(Account.CLIENT_DEPOSITS, matched, place, client_id=client),
        Line(Account.UNMATCHED_ITEMS, value - matched, place, client_id=client),
    ]


def _paid(session: Session, payout: Payout, payment: Payment | None, amount: int) -> list[Line]:
    """The credit: the tender it goes back to, the gift card that paid, or account credit."""
    if payout.gift_card_id is not None:
        card = found(session, GiftCard, payout.gift_card_id, "gift card")
        return [Line(Account.GIFT_CARDS, -amount, card.location_id, gift_card_id=card.id)]
    if payout.tender is None:
        return [Line(Account.ACCOUNT_CREDIT, -amount, payout.location_id, client_id=payout.client_id)]
    if payout.tender is Tender.CARD:
        merchant = payment.merchant_account_id if payment is not None else None
        return [Line(Account.CARD_CLEARING, -amount, payout.location_id, merchant_account_id=merchant)]
    if payout.tender is Tender.THIRD_PARTY:
        programme = payment.programme_id if payment is not None else None
        return [
            Line(Account.THIRD_PARTY_RECEIVABLE, -amount, payout.location_id, programme_id=programme),
        ]
    return [Line(Account.CASH_DRAWER, -amount, payout.location_id)]


def _tips(session: Session, payment: Payment, payout: Payout) -> list[Line]:
    """From what is still owed to the providers; the house bears what they were paid already."""
    left = {
        tip.provider_id: tip.amount_minor
        for tip in session.scalars(select(Tip).where(Tip.payment_id == payment.id).order_by(Tip.provider_id))
    }
    earlier = [
        one.tip_minor
        for one in given_back(session, payment_id=payment.id)
        if one.settled and one.payout_id != payout.id and one.tip_minor
    ]
    for amount in [*earlier, payout.tip_minor]:
        providers = sorted(left)
        parts = dict(zip(providers, split(amount, [left[one] for one in providers]), strict=True))
        left = {one: left[one] - parts[one] for one in providers}
    lines = []
    for provider_id, part in parts.items():
        owed = session.scalar(
            select(func.coalesce(-func.sum(Posting.amount_minor), 0)).where(
                Posting.account == Account.TIPS_PAYABLE.value,
                Posting.provider_id == provider_id,
                Posting.location_id == payment.location_id,
            )
        )
        from_owed = max(min(part, int(owed or 0)), 0)
        lines += [
            Line(Account.TIPS_PAYABLE, from_owed, payment.location_id, provider_id=provider_id),
            Line(Account.TIPS_BORNE_BY_HOUSE, part - from_owed, payment.location_id),
        ]
    return lines
