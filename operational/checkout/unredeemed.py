"""What a payment bought that is still owed: gift cards, sessions, credits, a deposit, an excess.

When the payment itself is taken back it is owed no more. Whose loss the rest is, is the caller's matter.
"""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account, EntitlementMovementKind, LineKind, PaymentPurpose
from operational.checkout.queries import found, present
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
from operational.models import Allocation, Entitlement, InvoiceLine, Payment
from operational.prepaid import entitlements


def hold(session: Session, payment_id: uuid.UUID) -> Payment:
    """A payment with everything it bought, held in the order of all checkout."""
    payment = found(session, Payment, payment_id, "payment")
    lock_client(session, payment.client_id)
    if payment.invoice_id is not None:
        for card_id in sorted(present(one.gift_card_id) for one in _card_lines(session, payment)):
            lock_gift_card(session, card_id)
        entitlements.hold(session, [one.id for one in _sold(session, payment)])
        lock_invoice(session, payment.invoice_id)
    return lock_payment(session, payment_id)


def take(session: Session, payment: Payment, limit: int) -> list[Line]:
    """Take back what is unredeemed, up to a limit: the debits. The payment is held."""
    if payment.purpose is PaymentPurpose.DEPOSIT:
        client, place = payment.client_id, payment.location_id
        held = liability_minor(session, Account.CLIENT_DEPOSITS, client_id=client, location_id=place)
        part = max(min(held, value_of(payment), limit), 0)
        return [Line(Account.CLIENT_DEPOSITS, part, place, client_id=client)]
    taken: list[Line] = []
    for line in _card_lines(session, payment):
        card, at = present(line.gift_card_id), line.location_id
        held = liability_minor(session, Account.GIFT_CARDS, gift_card_id=card, location_id=at)
        part = max(min(held, line.net_minor, limit), 0)
        limit -= part
        taken.append(Line(Account.GIFT_CARDS, part, at, gift_card_id=card))
    for one in entitlements.with_rest(session, _sold(session, payment)):
        part = max(min(one.remaining_minor, limit), 0)
        limit -= part
        taken.append(Line(one.account, part, one.entitlement.location_id, contract_id=one.contract_id))
        _void(session, one, part)
    part = min(excess_left(session, payment), limit)
    return [*taken, Line(Account.ACCOUNT_CREDIT, part, payment.location_id, client_id=payment.client_id)]


def excess_left(session: Session, payment: Payment) -> int:
    """What the payment exceeded its invoice by, as far as the client still has it as account credit."""
    client, place = payment.client_id, payment.location_id
    applied = session.scalar(
        select(func.coalesce(func.sum(Allocation.amount_minor), 0)).where(Allocation.payment_id == payment.id)
    )
    held = liability_minor(session, Account.ACCOUNT_CREDIT, client_id=client, location_id=place)
    return max(min(held, value_of(payment) - int(applied or 0)), 0)


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


def _card_lines(session: Session, payment: Payment) -> list[InvoiceLine]:
    query = select(InvoiceLine).where(
        InvoiceLine.invoice_id == payment.invoice_id,
        InvoiceLine.kind == LineKind.GIFT_CARD,
        InvoiceLine.gift_card_id.is_not(None),
    )
    return list(session.scalars(query.order_by(InvoiceLine.position)))


def _sold(session: Session, payment: Payment) -> list[Entitlement]:
    """Sessions and credits that the payment's invoice sold. Dues are earned by the day all the same."""
    lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == payment.invoice_id)).all()
    packages = [one.package_id for one in lines if one.package_id is not None]
    periods = [one.membership_period_id for one in lines if one.membership_period_id is not None]
    if not packages and not periods:
        return []
    query = select(Entitlement).where(
        Entitlement.package_id.in_(packages) | Entitlement.membership_period_id.in_(periods)
    )
    return list(session.scalars(query.order_by(Entitlement.id)))
