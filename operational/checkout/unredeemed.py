"""What a payment bought that is still owed: gift cards, sessions, credits, a deposit, an excess.

When the payment itself is taken back it is owed no more. Whose loss the rest is, is the caller's matter.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account, EntitlementMovementKind, LineKind, PaymentPurpose
from operational.checkout import refund_failures
from operational.checkout.errors import PrepaidUnredeemed
from operational.checkout.queries import found, given_back, present
from operational.checkout.refundable import value_of
from operational.ledger.balances import (
    liability_minor,
    lock_client,
    lock_gift_card,
    lock_invoice,
    lock_payment,
)
from operational.ledger.days import open_business_date
from operational.ledger.post import Line
from operational.models import Allocation, Entitlement, InvoiceLine, MembershipPeriod, Payment
from operational.prepaid import entitlements


def hold(session: Session, payment_id: uuid.UUID) -> Payment:
    """A payment with everything it bought, held in the order of all checkout."""
    payment = found(session, Payment, payment_id, "payment")
    if payment.purpose is PaymentPurpose.DEPOSIT:
        # As settling dues does: the contract, then the client.
        entitlements.hold(session, [one.id for one in _granted(session, _dues(session, payment))])
    lock_client(session, payment.client_id)
    if payment.invoice_id is not None:
        hold_sold(session, payment.invoice_id)
        lock_invoice(session, payment.invoice_id)
    return lock_payment(session, payment_id)


def hold_sold(session: Session, invoice_id: uuid.UUID) -> None:
    """What an invoice sold and is still owed, held before the invoice."""
    for card_id in sorted(present(one.gift_card_id) for one in _card_lines(session, invoice_id)):
        lock_gift_card(session, card_id)
    entitlements.hold(session, [one.id for one in _sold(session, invoice_id)])


def require_redeemed(session: Session, invoice_id: uuid.UUID) -> None:
    """Nobody bears the price of a gift card or package that may still be used. Raises PrepaidUnredeemed.

    What the invoice sold is held. Dues are not asked for: their days are earned whatever is owed.
    """
    for line in _card_lines(session, invoice_id):
        if liability_minor(session, Account.GIFT_CARDS, gift_card_id=line.gift_card_id) > 0:
            raise PrepaidUnredeemed
    packages = [one for one in _sold(session, invoice_id) if one.package_id is not None]
    if any(one.remaining_milli > 0 for one in entitlements.with_rest(session, packages)):
        raise PrepaidUnredeemed


def take(session: Session, payment: Payment, limit: int) -> list[Line]:
    """Take back what is unredeemed, up to a limit: the debits. The payment is held."""
    if payment.purpose is PaymentPurpose.DEPOSIT:
        return _take_deposit(session, payment, limit)
    taken: list[Line] = []
    invoice_id = present(payment.invoice_id)
    for line in _card_lines(session, invoice_id):
        card, at = present(line.gift_card_id), line.location_id
        held = liability_minor(session, Account.GIFT_CARDS, gift_card_id=card, location_id=at)
        part = max(min(held, line.net_minor, limit), 0)
        limit -= part
        taken.append(Line(Account.GIFT_CARDS, part, at, gift_card_id=card))
    sold = _take_entitlements(session, _sold(session, invoice_id), limit)
    limit -= sum(one.amount_minor for one in sold)
    part = min(excess_left(session, payment), limit)
    excess = Line(Account.ACCOUNT_CREDIT, part, payment.location_id, client_id=payment.client_id)
    return [*taken, *sold, excess]


def _take_deposit(session: Session, payment: Payment, limit: int) -> list[Line]:
    """What is left of a deposit; of dues, which were taken as one, the credits that nobody has used."""
    client, place = payment.client_id, payment.location_id
    period = _dues(session, payment)
    taken = _take_entitlements(session, _granted(session, period), limit)
    own = value_of(payment) - sum(value_of(one) for one in given_back(session, payment_id=payment.id))
    if period is not None:
        own -= _paid(session, period)
    held = liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client, location_id=place)
    part = max(min(held, own, limit - sum(one.amount_minor for one in taken)), 0)
    left = limit - part - sum(one.amount_minor for one in taken)
    return [
        *taken,
        Line(Account.CLIENT_DEPOSITS, part, place, client_id=client),
        Line(Account.ACCOUNT_CREDIT, min(credit_left(session, payment, 0), left), place, client_id=client),
    ]


def _take_entitlements(session: Session, rows: Sequence[Entitlement], limit: int) -> list[Line]:
    taken = []
    for one in entitlements.with_rest(session, rows):
        part = max(min(one.remaining_minor, limit), 0)
        limit -= part
        taken.append(Line(one.account, part, one.entitlement.location_id, contract_id=one.contract_id))
        _void(session, one, part)
    return taken


def _dues(session: Session, payment: Payment) -> MembershipPeriod | None:
    """The period whose dues a card payment was, once they are settled."""
    return session.scalar(
        select(MembershipPeriod).where(
            MembershipPeriod.payment_id == payment.id, MembershipPeriod.invoice_id.is_not(None)
        )
    )


def _paid(session: Session, period: MembershipPeriod) -> int:
    """What of the deposits went into a period's dues."""
    applied = select(func.coalesce(func.sum(Allocation.amount_minor), 0)).where(
        Allocation.invoice_id == period.invoice_id
    )
    return int(session.scalar(applied) or 0)


def _granted(session: Session, period: MembershipPeriod | None) -> list[Entitlement]:
    if period is None:
        return []
    query = select(Entitlement).where(Entitlement.membership_period_id == period.id)
    return list(session.scalars(query.order_by(Entitlement.id)))


def excess_left(session: Session, payment: Payment) -> int:
    """What the payment exceeded its invoice by, as far as the client still has it as account credit."""
    applied = session.scalar(
        select(func.coalesce(func.sum(Allocation.amount_minor), 0)).where(Allocation.payment_id == payment.id)
    )
    return credit_left(session, payment, value_of(payment) - int(applied or 0))


def credit_left(session: Session, payment: Payment, excess: int) -> int:
    """An excess, and what refunds that came back gave as account credit: what of it the client still has."""
    client, place = payment.client_id, payment.location_id
    held = liability_minor(session, Account.ACCOUNT_CREDIT, client_id=client, location_id=place)
    return max(min(held, excess + refund_failures.credited(session, payment.id)), 0)


def _void(session: Session, held: entitlements.Held, value: int) -> None:
    """Take value off an entitlement, and of its quantity what the value stands for."""
    if value <= 0:
        return
    place = held.entitlement.location_id
    quantity = held.remaining_milli * value // held.remaining_minor
    entitlements.move(
        session, held, EntitlementMovementKind.VOIDED, quantity, value, location_id=place,
        business_date=open_business_date(session, place),
    )  # fmt: skip


def _card_lines(session: Session, invoice_id: uuid.UUID) -> list[InvoiceLine]:
    query = select(InvoiceLine).where(
        InvoiceLine.invoice_id == invoice_id,
        InvoiceLine.kind == LineKind.GIFT_CARD,
        InvoiceLine.gift_card_id.is_not(None),
    )
    return list(session.scalars(query.order_by(InvoiceLine.position)))


def _sold(session: Session, invoice_id: uuid.UUID) -> list[Entitlement]:
    """Sessions and credits that an invoice sold. Dues are earned by the day all the same."""
    lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)).all()
    packages = [one.package_id for one in lines if one.package_id is not None]
    periods = [one.membership_period_id for one in lines if one.membership_period_id is not None]
    if not packages and not periods:
        return []
    query = select(Entitlement).where(
        Entitlement.package_id.in_(packages) | Entitlement.membership_period_id.in_(periods)
    )
    return list(session.scalars(query.order_by(Entitlement.id)))
