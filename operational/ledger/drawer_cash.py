"""What a drawer should hold, from payments, payouts and movements, not from postings.

metrics, section 7: opening float + all cash received (tips in, net of change, after rounding) − cash
refunds + paid in − paid out − tips paid from the drawer − drops.
"""

from __future__ import annotations

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import DrawerMovementKind, PaymentStatus, Tender
from operational.models import DrawerMovement, DrawerSession, Payment, Payout


def expected_minor(session: Session, held: DrawerSession) -> int:
    """Expected cash of a session; final only while the caller holds the session's row."""
    session.flush()
    return held.opening_float_minor + received_minor(session, held) + _moved(session, held)


def received_minor(session: Session, held: DrawerSession) -> int:
    """Cash received less cash refunded."""
    total = 0
    for model, sign in ((Payment, 1), (Payout, -1)):
        amount = session.execute(
            select(func.coalesce(func.sum(model.amount_minor), 0)).where(
                model.org_id == held.org_id,
                model.drawer_session_id == held.id,
                model.tender == Tender.CASH,
                model.status == PaymentStatus.SUCCEEDED,
            )
        ).scalar_one()
        total += sign * int(amount)
    return total


def _moved(session: Session, held: DrawerSession) -> int:
    signed = case(
        (DrawerMovement.kind == DrawerMovementKind.PAID_IN, DrawerMovement.amount_minor),
        else_=-DrawerMovement.amount_minor,
    )
    return int(
        session.execute(
            select(func.coalesce(func.sum(signed), 0)).where(
                DrawerMovement.org_id == held.org_id, DrawerMovement.drawer_session_id == held.id
            )
        ).scalar_one()
    )
