"""What of a visit's items is on invoices already, so that nothing is billed twice.

A line whose use of a package or credit was given back bills nothing any more, unless a price stands on it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import EntitlementMovementKind, InvoiceStatus
from operational.checkout.queries import present
from operational.models import CreditMemoLine, EntitlementMovement, Invoice, InvoiceLine, TreatmentRecord


@dataclass(slots=True)
class Billed:
    """What is on an item's lines: quantities by treatment record, those given back apart."""

    standing: dict[uuid.UUID | None, int] = field(default_factory=lambda: defaultdict(int))
    returned: set[uuid.UUID | None] = field(default_factory=set)
    settled: set[uuid.UUID | None] = field(default_factory=set)
    """Records billed with another quantity than charted, for a reason: nothing of them is left."""

    def left(self, record: TreatmentRecord) -> int:
        """What of a record's charted quantity may be billed: all, or of what was given back what is left."""
        charted = record.quantity_milli or 0
        if not self.standing:
            return charted
        if record.id not in self.returned or record.id in self.settled:
            return 0
        return max(charted - self.standing.get(record.id, 0), 0)


def billed(session: Session, item_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Billed]:
    """Per item that is on an invoice which is not voided. The caller holds the appointment's row."""
    given_back = exists().where(
        EntitlementMovement.invoice_line_id == InvoiceLine.id,
        EntitlementMovement.kind == EntitlementMovementKind.REVERSED,
    )
    credited = (
        select(func.coalesce(func.sum(CreditMemoLine.net_minor), 0))
        .where(CreditMemoLine.invoice_line_id == InvoiceLine.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            InvoiceLine.appointment_item_id,
            InvoiceLine.treatment_record_id,
            InvoiceLine.quantity_milli,
            InvoiceLine.quantity_reason,
            (given_back & (InvoiceLine.net_minor <= credited)).label("returned"),
        )
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.appointment_item_id.in_(item_ids), Invoice.status != InvoiceStatus.VOIDED)
    )
    found: dict[uuid.UUID, Billed] = defaultdict(Billed)
    for item_id, record_id, quantity, reason, returned in rows:
        on_item = found[present(item_id)]
        if returned:
            on_item.returned.add(record_id)
            continue
        on_item.standing[record_id] += quantity
        if reason is not None:
            on_item.settled.add(record_id)
    return dict(found)
