"""What was posted on later days about the documents of a day: its post-close changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account, LedgerEvent, Permission
from operational.identity.access import Actor
from operational.ledger.drawers import location_of
from operational.models import Invoice, JournalEntry, Posting

SETTLEMENTS = frozenset({LedgerEvent.PAYMENT_TAKEN, LedgerEvent.BALANCE_APPLIED})
"""Ordinary collection of what was billed; everything else corrects it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A later entry about an invoice of the day, and what it changed the receivable by."""

    entry_id: UUID
    event: LedgerEvent
    business_date: date
    invoice_id: UUID
    receivable_minor: int

    @property
    def is_correction(self) -> bool:
        return self.event not in SETTLEMENTS


def post_close_changes(
    session: Session, actor: Actor, location_id: UUID, business_date: date
) -> list[Change]:
    """Entries on later days that moved the receivable of invoices dated `business_date`, oldest first."""
    actor.require(Permission.REPORT_FINANCE, location_id)
    location_of(session, location_id)
    rows = session.execute(
        select(
            JournalEntry.id,
            JournalEntry.event,
            Posting.business_date,
            Invoice.id,
            func.sum(Posting.amount_minor),
        )
        .select_from(Invoice)
        .join(Posting, and_(Posting.org_id == Invoice.org_id, Posting.invoice_id == Invoice.id))
        .join(JournalEntry, and_(JournalEntry.org_id == Posting.org_id, JournalEntry.id == Posting.entry_id))
        .where(
            Invoice.org_id == actor.org_id,
            Invoice.location_id == location_id,
            Invoice.business_date == business_date,
            Posting.location_id == location_id,
            Posting.business_date > business_date,
            Posting.account == Account.ACCOUNTS_RECEIVABLE.value,
        )
        .group_by(JournalEntry.id, JournalEntry.event, Posting.business_date, Invoice.id)
        .order_by(Posting.business_date, JournalEntry.id)
    ).all()
    return [Change(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]
