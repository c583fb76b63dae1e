"""No-show and late-cancellation fees (metrics, section 7: row 5), settled from the visit's deposit first.

A deposit follows its visit to another time.

When a fee is due is booking's decision, made before it calls this.
"""

from __future__ import annotations

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import AllocationSource, LineKind, PaymentPurpose, PaymentStatus
from operational.checkout.apply import hold_client, spend
from operational.checkout.drafts import Draft
from operational.checkout.invoices import issue
from operational.checkout.pricing import price
from operational.checkout.queries import found, rates_on
from operational.checkout.refundable import rest_of_payment, value_of
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, lock_client
from operational.ledger.days import open_business_date
from operational.models import Allocation, Appointment, Invoice, Location, Payment

FEE_TAX_CLASS = "fee"


def charge_fee(
    session: Session, actor: Actor, appointment: Appointment, *, late_cancel: bool
) -> Invoice | None:
    """Invoice the location's fee and settle it from the deposit taken for this appointment.

    None when the location charges no fee. The rest of a deposit stays the client's.
    """
    location = found(session, Location, appointment.location_id, "location")
    fee = location.late_cancel_fee_minor if late_cancel else location.no_show_fee_minor
    if fee == 0:
        return None
    deposit = hold_client(session, appointment.client_id, AllocationSource.DEPOSIT)
    draft = Draft(LineKind.FEE, MILLI, fee, FEE_TAX_CLASS)
    invoice = issue(session, actor, location, appointment.client_id, appointment.id, [draft]).invoice
    amount = min(
        deposit_left(session, appointment.id), deposit.total_minor, invoice_open_minor(session, invoice.id)
    )
    if amount > 0:
        spend(session, actor, invoice, deposit, amount)
    return invoice


def fee_with_tax(session: Session, location: Location, fee_minor: int) -> int:
    """What a client would owe for a fee that were charged now."""
    day = open_business_date(session, location.id)
    cost = price(MILLI, fee_minor, rates_on(session, location.id, FEE_TAX_CLASS, day))
    return cost.net_minor + cost.tax_minor


def carry_deposit(session: Session, old: Appointment, new_id: uuid.UUID) -> None:
    """What the fee left of a rescheduled visit's deposit, and what is in flight, is the new visit's."""
    lock_client(session, old.client_id)
    left = [PaymentStatus.SUCCEEDED] if deposit_left(session, old.id) else []
    session.execute(
        update(Payment)
        .where(
            Payment.appointment_id == old.id,
            Payment.purpose == PaymentPurpose.DEPOSIT,
            Payment.status.in_([PaymentStatus.PENDING, PaymentStatus.UNKNOWN, *left]),
        )
        .values(appointment_id=new_id)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def deposit_left(session: Session, appointment_id: uuid.UUID) -> int:
    """Deposits taken for an appointment, less what was returned of them or used on its invoices."""
    return max(_balance(session, appointment_id), 0)


def _balance(session: Session, appointment_id: uuid.UUID) -> int:
    """Below zero where a deposit was used that a later visit carries by now: that visit has less of it."""
    came_from = session.scalar(
        select(Appointment.rescheduled_from_id).where(Appointment.id == appointment_id)
    )
    before = 0 if came_from is None else min(_balance(session, came_from), 0)
    taken = session.scalars(
        select(Payment).where(
            Payment.appointment_id == appointment_id,
            Payment.purpose == PaymentPurpose.DEPOSIT,
            Payment.status == PaymentStatus.SUCCEEDED,
        )
    ).all()
    used = session.scalar(
        select(func.coalesce(func.sum(Allocation.amount_minor), 0))
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .where(Invoice.appointment_id == appointment_id, Allocation.source == AllocationSource.DEPOSIT)
    )
    rest = sum(min(value_of(one), rest_of_payment(session, one).value_minor) for one in taken)
    return before + rest - int(used or 0)
