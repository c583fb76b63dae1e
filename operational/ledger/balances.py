"""Balances are sums of postings; spending one locks its mutable parent row first."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Account
from operational.client_records import of_client
from operational.models import Base, GiftCard, Invoice, Membership, Package, Payment, Posting

_Parent = TypeVar("_Parent", bound=Base)
_HOLD_CLIENT = text("select ledger_hold_client(:client_id)")


def invoice_open_minor(session: Session, invoice_id: UUID) -> int:
    """What the client still owes on an invoice; negative while a credit memo is not paid out."""
    return int(
        session.execute(
            select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
                Posting.org_id == organization_of(session),
                Posting.invoice_id == invoice_id,
                Posting.account == Account.ACCOUNTS_RECEIVABLE.value,
            )
        ).scalar_one()
    )


def liability_minor(
    session: Session,
    account: Account,
    *,
    client_id: UUID | None = None,
    gift_card_id: UUID | None = None,
    contract_id: UUID | None = None,
    location_id: UUID | None = None,
) -> int:
    """What is owed to a client, on a card or by a contract (positive: we owe), at one location or at all.

    A balance belongs to the location that took the money; spending it elsewhere goes through
    `across_locations`. Raises Invalid without exactly one of client, card and contract.
    """
    if sum(key is not None for key in (client_id, gift_card_id, contract_id)) != 1:
        raise Invalid("A balance is asked for one client, one gift card or one contract.")
    query = select(func.coalesce(-func.sum(Posting.amount_minor), 0)).where(
        Posting.org_id == organization_of(session), Posting.account == account.value
    )
    if client_id is not None:
        query = query.where(of_client(Posting.client_id, client_id))
    elif gift_card_id is not None:
        query = query.where(Posting.gift_card_id == gift_card_id)
    else:
        query = query.where(Posting.contract_id == contract_id)
    if location_id is not None:
        query = query.where(Posting.location_id == location_id)
    return int(session.execute(query).scalar_one())


def lock_client(session: Session, client_id: UUID) -> None:
    """Hold a client's balances until the transaction ends; reads nothing of the record.

    Raises NotFound when this organization has no such client.
    """
    if not session.execute(_HOLD_CLIENT, {"client_id": client_id}).scalar_one():
        raise NotFound("There is no such client.")


def lock_gift_card(session: Session, gift_card_id: UUID) -> GiftCard:
    """Hold a card's balance until the transaction ends. Raises NotFound."""
    return _lock(session, GiftCard, gift_card_id)


def lock_package(session: Session, package_id: UUID) -> Package:
    """Hold what a package holds until the transaction ends. Raises NotFound."""
    return _lock(session, Package, package_id)


def lock_membership(session: Session, membership_id: UUID) -> Membership:
    """Hold a membership and its credits until the transaction ends. Raises NotFound."""
    return _lock(session, Membership, membership_id)


def lock_invoice(session: Session, invoice_id: UUID) -> Invoice:
    """Hold an invoice's balance until the transaction ends. Raises NotFound."""
    return _lock(session, Invoice, invoice_id)


def lock_payment(session: Session, payment_id: UUID) -> Payment:
    """Hold what may be refunded of a payment until the transaction ends. Raises NotFound."""
    return _lock(session, Payment, payment_id)


def _lock(session: Session, model: type[_Parent], row_id: UUID) -> _Parent:
    """The row as it is after the lock was had: what the session knew before may be stale.

    FOR NO KEY UPDATE: foreign keys of new documents to the row need not wait.
    """
    session.flush()
    row = session.get(
        model,
        (organization_of(session), row_id),
        populate_existing=True,
        with_for_update={"key_share": True},
    )
    if row is None:
        raise NotFound("There is no such record.")
    return row
