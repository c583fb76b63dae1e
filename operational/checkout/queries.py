"""Reads that several parts of checkout share: locations, rates, sums of what was taken and given back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import DrawerKind, DrawerStatus, PaymentStatus, Tender
from operational.checkout.errors import DrawerNotOpen, DrawerUnfit, NoMerchantAccount, WrongCurrency
from operational.checkout.pricing import Rate
from operational.ledger.days import open_business_date
from operational.models import (
    Base,
    Client,
    Drawer,
    DrawerSession,
    Location,
    MerchantAccount,
    Payment,
    Payout,
    TaxJurisdiction,
    TaxRate,
)

OPEN_STATES = (PaymentStatus.PENDING, PaymentStatus.UNKNOWN)
"""Money that may yet move: it counts as taken or given until the processor's word is in."""
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
    if session.scalar(select(Client.id).where(Client.id == client_id)) is None:
        raise NotFound("There is no such client.")


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
    """What card payments still in flight would settle."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Payment.amount_minor - Payment.tip_minor), 0)).where(
                Payment.invoice_id == invoice_id, Payment.status.in_(OPEN_STATES)
            )
        )
        or 0
    )


def payouts_of(
    session: Session,
    *,
    payment_id: uuid.UUID | None = None,
    credit_memo_ids: Sequence[uuid.UUID] = (),
    states: Sequence[PaymentStatus] = (PaymentStatus.SUCCEEDED, *OPEN_STATES),
) -> list[Payout]:
    """Payouts that moved or may yet move money, of a payment or of credit memos."""
    query = select(Payout).where(Payout.status.in_(states)).execution_options(populate_existing=True)
    if payment_id is not None:
        query = query.where(Payout.payment_id == payment_id)
    else:
        query = query.where(Payout.credit_memo_id.in_(credit_memo_ids))
    return list(session.scalars(query))
