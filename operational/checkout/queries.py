"""Reads that several parts of checkout share: locations, rates, sums of what was taken and given back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import DrawerKind, DrawerStatus, Tender
from operational.checkout.errors import DrawerNotOpen, DrawerUnfit, NoMerchantAccount, WrongCurrency
from operational.checkout.pricing import Rate
from operational.client_records import require_unmerged
from operational.ledger.days import open_business_date
from operational.models import (
    Base,
    Drawer,
    DrawerSession,
    Location,
    MerchantAccount,
    TaxJurisdiction,
    TaxRate,
)

_ARRIVING = text("select checkout_arriving(:invoice_id)")
_LEAVING = text("select location_id, amount_minor from checkout_deposits_leaving(:client_id)")
_TAKEN_BACK = text("select checkout_taken_back(:payment_id)")
_KEPT = text("select checkout_kept(:invoice_id, :open_disputes)")
_GIVEN_BACK = text(
    "select payout_id, credit_memo_id, amount_minor, tip_minor, rounding_minor, settled, succeeded_at"
    " from checkout_given_back(cast(:payment_id as uuid), cast(:invoice_id as uuid))"
    " order by succeeded_at, payout_id"
)
Row = TypeVar("Row", bound=Base)
Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    """A value that a constraint of the schema promises. Raises LookupError: a bug, never a user's error."""
    if value is None:
        raise LookupError("a value that the schema promises is missing")
    return value


def found(session: Session, model: type[Row], row_id: uuid.UUID, what: str, *, lock: bool = False) -> Row:
    """A row by id, as it is now. Raises NotFound: another organization's id answers the same."""
    row = session.get(
        model,
        (organization_of(session), row_id),
        populate_existing=True,
        with_for_update={"key_share": True} if lock else None,
    )
    if row is None:
        raise NotFound(f"There is no such {what}.")
    return row


def location_with(session: Session, location_id: uuid.UUID, currency: str) -> Location:
    """The location, its currency checked. Raises WrongCurrency."""
    location = found(session, Location, location_id, "location")
    if location.currency != currency:
        raise WrongCurrency(
            f"This location works in {location.currency}; send amounts in it.",
            {"currency": location.currency},
        )
    return location


def require_client(session: Session, client_id: uuid.UUID) -> None:
    """Raises NotFound, ClientMerged: nothing new is written to a record that was merged."""
    require_unmerged(session, client_id)


def rates_on(session: Session, location_id: uuid.UUID, tax_class: str, day: date) -> list[Rate]:
    """Each jurisdiction's rate in force on a day: the latest one that had begun."""
    rows = session.execute(
        select(TaxRate.jurisdiction_id, TaxRate.rate_ppm)
        .join(TaxJurisdiction, TaxJurisdiction.id == TaxRate.jurisdiction_id)
        .where(
            TaxJurisdiction.location_id == location_id,
            TaxRate.tax_class == tax_class,
            TaxRate.valid_from <= day,
        )
        .order_by(TaxRate.jurisdiction_id, TaxRate.valid_from.desc())
        .ext(distinct_on(TaxRate.jurisdiction_id))
    )
    return [Rate(jurisdiction, rate) for jurisdiction, rate in rows]


def open_drawer_session(
    session: Session, drawer_session_id: uuid.UUID, location_id: uuid.UUID, tender: Tender
) -> DrawerSession:
    """The session, held open until the transaction ends: its count waits for what is being written.

    Raises DrawerNotOpen when it is counted, elsewhere or (for cash) of another day, DrawerUnfit when cash
    would go into no drawer.
    """
    row = session.scalar(
        select(DrawerSession)
        .where(DrawerSession.id == drawer_session_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such drawer session.")
    if row.status is not DrawerStatus.OPEN or row.location_id != location_id:
        raise DrawerNotOpen
    kind = session.scalar(select(Drawer.kind).where(Drawer.id == row.drawer_id))
    if tender in (Tender.CASH, Tender.CHECK) and kind is not DrawerKind.PHYSICAL:
        raise DrawerUnfit
    if tender is Tender.CASH and row.business_date != open_business_date(session, location_id):
        raise DrawerNotOpen("This drawer session is of another day; count it and open a new one.")
    return row


def merchant_account_of(session: Session, location: Location) -> MerchantAccount:
    """The account that cards of a location are taken with: its legal entity's first."""
    account = session.scalars(
        select(MerchantAccount)
        .where(MerchantAccount.legal_entity_id == location.legal_entity_id)
        .order_by(MerchantAccount.created_at, MerchantAccount.id)
        .limit(1)
    ).first()
    if account is None:
        raise NoMerchantAccount
    return account


def pending_on_invoice(session: Session, invoice_id: uuid.UUID) -> int:
    """What card payments still in flight would settle, at whichever location they are taken."""
    session.flush()
    return int(session.execute(_ARRIVING, {"invoice_id": invoice_id}).scalar_one())


def deposits_leaving(session: Session, client_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """Deposits that a card refund in flight gives back, by the location that holds them."""
    session.flush()
    return {row[0]: int(row[1]) for row in session.execute(_LEAVING, {"client_id": client_id})}


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A payout that moved or may yet move money, at whichever location."""

    payout_id: uuid.UUID
    credit_memo_id: uuid.UUID | None
    amount_minor: int
    tip_minor: int
    rounding_minor: int
    settled: bool
    succeeded_at: datetime | None


def given_back(
    session: Session, *, payment_id: uuid.UUID | None = None, invoice_id: uuid.UUID | None = None
) -> list[GivenBack]:
    """Payouts of a payment, or of the credit memos of an invoice."""
    session.flush()
    asked = {"payment_id": payment_id, "invoice_id": invoice_id}
    return [GivenBack(*row) for row in session.execute(_GIVEN_BACK, asked)]


def taken_back(session: Session, payment_id: uuid.UUID) -> int:
    """What disputes, the bank or a third party took back of a payment."""
    session.flush()
    return int(session.execute(_TAKEN_BACK, {"payment_id": payment_id}).scalar_one())


def kept_minor(session: Session, invoice_id: uuid.UUID, *, open_disputes: bool) -> int:
    """What is left of what came in for an invoice, at whichever location; open disputes taken off or not."""
    session.flush()
    asked = {"invoice_id": invoice_id, "open_disputes": open_disputes}
    return int(session.execute(_KEPT, asked).scalar_one())
