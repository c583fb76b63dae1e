"""Using balances on an invoice: deposits, account credit, gift cards (metrics, section 7: rows 4, 31).

The client's or the card's row is held first, then the invoice: of two desks that spend one balance, the
second sees what the first left.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import (
    Account,
    AllocationSource,
    InvoiceStatus,
    LedgerEvent,
    LineKind,
    Permission,
)
from operational.checkout.drafts import code_digest
from operational.checkout.errors import BalanceTooLow, GiftCardNotUsable, InvoiceVoided, MoreThanDue
from operational.checkout.queries import deposits_leaving, found, pending_on_invoice
from operational.checkout.schemas import ApplicationIn
from operational.client_records import of_client, payer_of
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, lock_client, lock_gift_card, lock_invoice
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import Allocation, GiftCard, Invoice, InvoiceLine, Posting

ACCOUNT = {
    AllocationSource.DEPOSIT: Account.CLIENT_DEPOSITS,
    AllocationSource.ACCOUNT_CREDIT: Account.ACCOUNT_CREDIT,
    AllocationSource.GIFT_CARD: Account.GIFT_CARDS,
}


@dataclass(frozen=True, slots=True)
class Balance:
    """A held balance: what is owed of it per location."""

    source: AllocationSource
    by_location: Mapping[uuid.UUID, int]
    client_id: uuid.UUID | None = None
    gift_card_id: uuid.UUID | None = None

    @property
    def total_minor(self) -> int:
        return sum(self.by_location.values())


def apply_balance(
    session: Session, actor: Actor, invoice_id: uuid.UUID, request: ApplicationIn
) -> Allocation:
    """Settle part of an invoice from a balance.

    Raises Forbidden, NotFound, InvoiceVoided, GiftCardNotUsable, MoreThanDue, BalanceTooLow.
    """
    seen = found(session, Invoice, invoice_id, "invoice")
    actor.require(Permission.PAYMENT_TAKE, seen.location_id)
    if seen.currency != request.currency:
        raise Invalid(f"The invoice is in {seen.currency}.")
    if request.gift_card_code is not None:
        balance = hold_gift_card(session, seen, request.gift_card_code)
    else:
        holder = _payer(session, actor, seen) if request.payer else seen.client_id
        balance = hold_client(session, holder, AllocationSource(request.source))
    invoice = lock_invoice(session, invoice_id)
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    due = max(invoice_open_minor(session, invoice_id) - pending_on_invoice(session, invoice_id), 0)
    amount = min(due, balance.total_minor) if request.amount_minor is None else request.amount_minor
    if due == 0 or amount > due:
        raise MoreThanDue("Send at most what is due.", {"due_minor": due})
    if amount == 0 or amount > balance.total_minor:
        raise BalanceTooLow("Send at most what the balance holds.", {"balance_minor": balance.total_minor})
    return spend(session, actor, invoice, balance, amount)


def _payer(session: Session, actor: Actor, invoice: Invoice) -> uuid.UUID:
    actor.require(Permission.PAYMENT_HOUSEHOLD, invoice.location_id)
    payer = payer_of(session, invoice.client_id)
    if payer is None:
        raise NotFound("Nobody else pays for this client.")
    return payer


def hold_client(session: Session, client_id: uuid.UUID, source: AllocationSource) -> Balance:
    """A client's deposits or account credit, held; deposits being refunded by card are set aside."""
    lock_client(session, client_id)
    held = owed_by_location(session, of_client(Posting.client_id, client_id), ACCOUNT[source])
    if source is AllocationSource.DEPOSIT:
        for location_id, amount in deposits_leaving(session, client_id).items():
            held[location_id] = max(held.get(location_id, 0) - amount, 0)
    return Balance(source, held, client_id=client_id)


def hold_gift_card(session: Session, invoice: Invoice, code: str) -> Balance:
    """A gift card by its code, held. It pays for no gift card, and nothing before it is paid itself."""
    digest = code_digest(invoice.org_id, code)
    card_id = session.scalar(select(GiftCard.id).where(GiftCard.code_digest == digest))
    if card_id is None:
        raise NotFound("There is no gift card with this code.")
    card = lock_gift_card(session, card_id)
    if card.currency != invoice.currency:
        raise GiftCardNotUsable(f"This gift card is in {card.currency}.")
    # Read from its line: the invoice of another location may not be shown. A voided one owes nothing.
    sale_id = session.scalar(select(InvoiceLine.invoice_id).where(InvoiceLine.gift_card_id == card_id))
    if sale_id is not None and invoice_open_minor(session, sale_id) > 0:
        raise GiftCardNotUsable("This gift card has not been paid for yet.")
    if session.scalar(
        select(InvoiceLine.id)
        .where(InvoiceLine.invoice_id == invoice.id, InvoiceLine.kind == LineKind.GIFT_CARD)
        .limit(1)
    ):
        raise GiftCardNotUsable("A gift card does not pay for a gift card.")
    held = owed_by_location(session, Posting.gift_card_id == card_id, Account.GIFT_CARDS)
    return Balance(AllocationSource.GIFT_CARD, held, gift_card_id=card_id)


def spend(session: Session, actor: Actor, invoice: Invoice, balance: Balance, amount: int) -> Allocation:
    """Write and post an application of a held balance to a held invoice; what is at its location first."""
    allocation = Allocation(
        org_id=actor.org_id,
        invoice_id=invoice.id,
        source=balance.source,
        gift_card_id=balance.gift_card_id,
        client_id=balance.client_id,
        location_id=invoice.location_id,
        amount_minor=amount,
        business_date=open_business_date(session, invoice.location_id),
    )
    session.add(allocation)
    session.flush()
    lines = [Line(Account.ACCOUNTS_RECEIVABLE, -amount, invoice.location_id, invoice_id=invoice.id)]
    left = amount
    for location_id in sorted(balance.by_location, key=lambda one: (one != invoice.location_id, one)):
        part = min(left, balance.by_location[location_id])
        left -= part
        lines.append(
            Line(
                ACCOUNT[balance.source],
                part,
                location_id,
                client_id=balance.client_id,
                gift_card_id=balance.gift_card_id,
            )
        )
    post(
        session,
        event=LedgerEvent.BALANCE_APPLIED,
        source_kind="allocation",
        source_id=allocation.id,
        lines=across_locations([line for line in lines if line.amount_minor]),
        staff_id=actor.staff_id,
    )
    return allocation


def owed_by_location(session: Session, whose: object, account: Account) -> dict[uuid.UUID, int]:
    rows = session.execute(
        select(Posting.location_id, -func.sum(Posting.amount_minor))
        .where(whose, Posting.account == account.value)  # type: ignore[arg-type]
        .group_by(Posting.location_id)
    )
    return {location_id: int(owed) for location_id, owed in rows if owed > 0}
