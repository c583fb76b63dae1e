"""Giving back one use of a package or a credit, whenever it was: row 7 the other way, on the open day.

The line stays on its invoice. Its tax, if it was taxed when it was used, is credited by a credit memo.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    EntitlementMovementKind,
    InvoiceStatus,
    LedgerEvent,
    Permission,
)
from operational.checkout.errors import InvoiceVoided
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.balances import lock_invoice
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import Entitlement, EntitlementMovement, InvoiceLine
from operational.prepaid import entitlements
from operational.prepaid.entitlements import Held
from operational.prepaid.errors import NothingToReturn


def return_use(session: Session, actor: Actor, line_id: uuid.UUID) -> Held:
    """Give back what a line took from an entitlement, once; the entitlement with what is left of it now.

    Revenue leaves where the line was performed, and what is owed again is owed where it was sold. Raises
    Forbidden, NotFound, InvoiceVoided, NothingToReturn.
    """
    line = found(session, InvoiceLine, line_id, "invoice line")
    actor.require(Permission.PAYMENT_REFUND, line.location_id)
    if line.covered_by is None:
        raise NothingToReturn
    row = found(session, Entitlement, line.covered_by, "entitlement")
    # The days first, as the close takes them, then the contract, then the invoice.
    days = {
        place: open_business_date(session, place) for place in sorted({line.location_id, row.location_id})
    }
    held = entitlements.hold(session, [row.id])[row.id]
    if lock_invoice(session, line.invoice_id).status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    use = _use_of(session, line)
    returned = EntitlementMovement(
        org_id=organization_of(session), id=new_id(), entitlement_id=row.id,
        kind=EntitlementMovementKind.REVERSED, quantity_milli=-use.quantity_milli,
        value_minor=-use.value_minor, location_id=line.location_id, business_date=days[line.location_id],
        invoice_line_id=line.id, reverses_id=use.id,
    )  # fmt: skip
    session.add(returned)
    today = days[row.location_id]
    if row.expires_on is not None and row.expires_on < today:
        # It lasts as long again as it did when it was taken.
        row.expires_on = today + (row.expires_on - min(use.business_date, row.expires_on))
    session.flush()
    value = use.value_minor
    if value:
        post(
            session,
            event=LedgerEvent.PREPAID_USED,
            source_kind="entitlement_movement",
            source_id=returned.id,
            lines=across_locations(
                [
                    Line(Account.SERVICE_REVENUE, value, line.location_id, invoice_line_id=line.id),
                    Line(
                        held.account, -value, row.location_id, contract_id=held.contract_id,
                        invoice_line_id=line.id,
                    ),
                ]
            ),
            staff_id=actor.staff_id,
        )  # fmt: skip
    held.remaining_milli += use.quantity_milli
    held.remaining_minor += value
    return held


def _use_of(session: Session, line: InvoiceLine) -> EntitlementMovement:
    """The use that a line is, unless it was given back."""
    moved = session.scalars(
        select(EntitlementMovement).where(EntitlementMovement.invoice_line_id == line.id)
    ).all()
    given_back = {one.reverses_id for one in moved}
    for one in moved:
        if one.kind is EntitlementMovementKind.USED and one.id not in given_back:
            return one
    raise NothingToReturn
