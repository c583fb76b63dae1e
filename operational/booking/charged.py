"""Whether ending a visit was charged for: what was charged is credited before the visit is brought back."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import InvoiceStatus, LineKind
from operational.booking.errors import FeeStands
from operational.models import CreditMemoLine, Invoice, InvoiceLine


def refuse_charged(session: Session, appointment_id: uuid.UUID) -> None:
    if fee_stands(session, appointment_id):
        raise FeeStands


def fee_stands(session: Session, appointment_id: uuid.UUID) -> bool:
    """A fee stands until all of it is credited."""
    credited = (
        select(func.coalesce(func.sum(CreditMemoLine.net_minor), 0))
        .where(CreditMemoLine.org_id == InvoiceLine.org_id, CreditMemoLine.invoice_line_id == InvoiceLine.id)
        .scalar_subquery()
    )
    charged = (
        select(Invoice.id)
        .join(InvoiceLine, (InvoiceLine.org_id == Invoice.org_id) & (InvoiceLine.invoice_id == Invoice.id))
        .where(
            Invoice.appointment_id == appointment_id,
            Invoice.status == InvoiceStatus.ISSUED,
            InvoiceLine.kind == LineKind.FEE,
            InvoiceLine.net_minor > credited,
        )
    )
    return session.scalars(charged.limit(1)).first() is not None
