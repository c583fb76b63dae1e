"""Dues whose card payment succeeds: settled in the transaction that books it, whoever brings the word.

The desk's answer, the processor's event and the reconciler all come here through checkout/attempts.py.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import PaymentPurpose
from operational.checkout.desk import settlement_actor
from operational.ledger.balances import lock_client, lock_membership
from operational.ledger.days import open_business_date
from operational.memberships.periods import OPEN, settle
from operational.models import Membership, MembershipPeriod, Payment

_log = logging.getLogger("medspa.memberships")


@dataclass(frozen=True, slots=True)
class HeldDues:
    """A period whose dues a payment is, with its membership, both held."""

    membership: Membership
    period: MembershipPeriod
    day: date


def hold(session: Session, payment: Payment) -> HeldDues | None:
    """Hold what the dues touch before the payment: the day, the membership, the client. None: no dues."""
    if payment.purpose is not PaymentPurpose.DEPOSIT:
        return None
    of_payment = select(MembershipPeriod).where(MembershipPeriod.payment_id == payment.id)
    seen = session.scalar(of_payment)
    if seen is None:
        return None
    day = open_business_date(session, seen.location_id)
    membership = lock_membership(session, seen.membership_id)
    lock_client(session, payment.client_id)
    period = session.scalar(of_payment.execution_options(populate_existing=True))
    return None if period is None else HeldDues(membership, period, day)


def settle_captured(session: Session, held: HeldDues, staff_id: uuid.UUID | None) -> None:
    """Invoice the dues from the deposit that was just captured, unless they are paid or waived by now.

    What cannot be settled stays captured: the billing run decides.
    """
    if held.period.status not in OPEN:
        return
    actor = replace(settlement_actor(held.period.org_id), staff_id=staff_id)
    try:
        with session.begin_nested():
            settle(session, actor, held.membership, held.period, held.day)
    except DomainError as error:
        _log.warning("dues of membership %s wait: %s", held.membership.id, error.code)
