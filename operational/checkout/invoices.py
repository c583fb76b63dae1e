"""Issuing invoices and voiding them in their open day (metrics, section 7: rows 1, 2, 34).

Which lines there are comes from drafts.py, what they cost from pricing.py. Money lives in payments.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import InvoiceStatus, LedgerEvent, PaymentStatus, Permission
from operational.checkout import drafts, numbers, prepaid_lines
from operational.checkout.drafts import Draft
from operational.checkout.errors import AlreadyInvoiced, NothingToInvoice, NotVoidable
from operational.checkout.line_postings import EVENT, postings_of, use_of
from operational.checkout.payer import may_pay
from operational.checkout.pricing import Price, discount_of, price
from operational.checkout.queries import found, location_with, pending_on_invoice, rates_on, require_client
from operational.checkout.schemas import InvoiceIn
from operational.identity.access import Actor
from operational.ledger.balances import lock_gift_card, lock_invoice
from operational.ledger.days import ensure_open, open_business_date
from operational.ledger.post import Line, post, reverse
from operational.models import (
    Allocation,
    Appointment,
    CreditMemo,
    GiftCard,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    JournalEntry,
    Location,
    Payment,
)

LONGEST_TERM = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice with its lines, as issued."""

    invoice: Invoice
    lines: list[InvoiceLine]

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)


def issue_invoice(session: Session, actor: Actor, request: InvoiceIn) -> Issued:
    """Invoice a visit's performed items, goods, gift cards and packages, and post what is now owed.

    Raises Forbidden, NotFound, WrongCurrency, NothingToInvoice, AlreadyInvoiced, NotCharted, NotCovered,
    Invalid.
    """
    actor.require(Permission.INVOICE_WRITE, request.location_id)
    location = location_with(session, request.location_id, request.currency)
    require_client(session, request.client_id)
    lines: list[Draft] = []
    held = prepaid_lines.hold_covering(session, request.client_id, location, request.services)
    if request.appointment_id is not None:
        appointment = found(session, Appointment, request.appointment_id, "appointment", lock=True)
        if appointment.location_id != location.id or not may_pay(session, appointment, request.client_id):
            raise Invalid("The appointment is of another client or location.")
        lines += drafts.service_drafts(session, appointment, request.services, held)
    lines += drafts.retail_drafts(session, request.retail)
    lines += drafts.gift_card_drafts(request.gift_cards)
    lines += prepaid_lines.package_drafts(session, request.packages)
    if any(line.discount for line in lines):
        actor.require(Permission.DISCOUNT_APPLY, location.id)
    return issue(session, actor, location, request.client_id, request.appointment_id, lines, request.due_on)


def issue(
    session: Session,
    actor: Actor,
    location: Location,
    client_id: uuid.UUID,
    appointment_id: uuid.UUID | None,
    lines: Sequence[Draft],
    due_on: date | None = None,
) -> Issued:
    """Price the drafts, write the document and post it. Permissions are the caller's matter."""
    if not lines:
        raise NothingToInvoice
    day = open_business_date(session, location.id)
    due = due_on or day + timedelta(days=location.invoice_due_days)
    if not day <= due <= day + LONGEST_TERM:
        raise Invalid(f"due_on: send a date from {day} to {day + LONGEST_TERM}.")
    cards = _new_cards(session, location, client_id, lines, day)
    invoice = Invoice(
        number=numbers.next_number(session, numbers.INVOICE, location),
        client_id=client_id,
        location_id=location.id,
        appointment_id=appointment_id,
        currency=location.currency,
        business_date=day,
        due_on=due,
        status=InvoiceStatus.ISSUED,
        issued_at=clock.now(),
        issued_by=actor.staff_id,
        org_id=actor.org_id,
    )
    session.add(invoice)
    session.flush()
    issued = Issued(invoice, [])
    postings: dict[LedgerEvent, list[Line]] = {}
    uses: list[Line] = []
    for position, draft in enumerate(lines, start=1):
        cost = _priced(session, location, draft, day)
        line = _line(invoice, position, draft, cost, cards.get(draft.code))
        contract_id = None
        if draft.plan is not None:
            contract_id = line.package_id = prepaid_lines.sell_package(
                session, invoice, draft.plan, cost.net_minor, day
            )
        elif draft.period is not None:
            contract_id = draft.period.membership_id
        session.add(line)
        session.flush()
        if draft.cover is not None:
            prepaid_lines.write_use(session, line, draft.cover)
            uses += use_of(line, draft.cover)
        session.add_all(
            InvoiceLineTax(
                org_id=actor.org_id,
                invoice_line_id=line.id,
                jurisdiction_id=part.jurisdiction_id,
                rate_ppm=part.rate_ppm,
                tax_minor=part.tax_minor,
            )
            for part in cost.taxes
        )
        issued.lines.append(line)
        postings.setdefault(EVENT[draft.kind], []).extend(postings_of(invoice, line, cost, contract_id))
    for event, entry in postings.items():
        if any(one.amount_minor for one in entry):
            post(
                session,
                event=event,
                source_kind="invoice",
                source_id=invoice.id,
                lines=entry,
                business_date=day,
                staff_id=actor.staff_id,
            )
    if any(one.amount_minor for one in uses):
        # Each location on its own open day; that of the invoice is held.
        post(
            session,
            event=LedgerEvent.PREPAID_USED,
            source_kind="invoice",
            source_id=invoice.id,
            lines=uses,
            staff_id=actor.staff_id,
        )
    return issued


def _priced(session: Session, location: Location, draft: Draft, day: date) -> Price:
    rates = rates_on(session, location.id, draft.tax_class, day)
    covered = draft.cover.value_minor if draft.cover and not draft.cover.held.entitlement.taxed_at_sale else 0
    full = price(draft.quantity_milli, draft.unit_price_minor, rates, covered_minor=covered)
    if draft.discount is None:
        return full
    off = discount_of(
        full.list_minor, amount_minor=draft.discount.amount_minor, percent_ppm=draft.discount.percent_ppm
    )
    return price(
        draft.quantity_milli, draft.unit_price_minor, rates, discount_minor=off, covered_minor=covered
    )


def _line(
    invoice: Invoice, position: int, draft: Draft, cost: Price, card_id: uuid.UUID | None
) -> InvoiceLine:
    return InvoiceLine(
        org_id=invoice.org_id, invoice_id=invoice.id, location_id=invoice.location_id, position=position,
        kind=draft.kind, service_id=draft.service_id, product_id=draft.product_id,
        category_id=draft.category_id, provider_id=draft.provider_id,
        appointment_item_id=draft.appointment_item_id, treatment_record_id=draft.treatment_record_id,
        gift_card_id=card_id, membership_period_id=draft.period.id if draft.period else None,
        covered_by=draft.cover.held.entitlement.id if draft.cover else None,
        quantity_milli=draft.quantity_milli,
        charted_quantity_milli=draft.charted_quantity_milli,
        quantity_reason=draft.quantity_reason.value if draft.quantity_reason else None,
        unit_price_minor=draft.unit_price_minor, list_minor=cost.list_minor,
        discount_minor=cost.discount_minor,
        discount_reason=draft.discount.reason if draft.discount and cost.discount_minor else None,
        net_minor=cost.net_minor, tax_minor=cost.tax_minor, business_date=invoice.business_date,
    )  # fmt: skip


def _new_cards(
    session: Session, location: Location, client_id: uuid.UUID, lines: Sequence[Draft], day: date
) -> dict[str | None, uuid.UUID]:
    cards: dict[str | None, uuid.UUID] = {}
    for code in [draft.code for draft in lines if draft.code is not None]:
        digest = drafts.code_digest(location.org_id, code)
        if code in cards or session.scalar(select(exists().where(GiftCard.code_digest == digest))):
            raise AlreadyInvoiced(
                "A gift card with this code has been sold already; take another one, or void that sale first."
            )
        card = GiftCard(
            org_id=location.org_id,
            code_digest=digest,
            last_four=code.replace("-", "")[-4:],
            location_id=location.id,
            purchaser_id=client_id,
            currency=location.currency,
            issued_on=day,
        )
        session.add(card)
        session.flush()
        cards[code] = card.id
    return cards


def void_invoice(session: Session, actor: Actor, invoice_id: uuid.UUID) -> Invoice:
    """Reverse an invoice in its own open day, when no money or correction is on it.

    Its items may then be invoiced again, and its gift cards sold again. Raises NotVoidable; the database
    refuses a closed day.
    """
    invoice = found(session, Invoice, invoice_id, "invoice")
    actor.require(Permission.PAYMENT_REFUND, invoice.location_id)
    sold = select(InvoiceLine.gift_card_id).where(
        InvoiceLine.invoice_id == invoice_id, InvoiceLine.gift_card_id.is_not(None)
    )
    card_ids = session.scalars(sold.order_by(InvoiceLine.gift_card_id)).all()
    cards = [lock_gift_card(session, card_id) for card_id in card_ids if card_id is not None]
    ensure_open(session, invoice.location_id, invoice.business_date)
    touched = prepaid_lines.hold_for_void(session, invoice_id)
    invoice = lock_invoice(session, invoice_id)
    settled = select(Allocation.id).where(Allocation.invoice_id == invoice_id)
    moving = select(Payment.id).where(
        Payment.invoice_id == invoice_id, Payment.status != PaymentStatus.DECLINED
    )
    credited = select(CreditMemo.id).where(CreditMemo.invoice_id == invoice_id)
    if (
        invoice.status is InvoiceStatus.VOIDED
        or pending_on_invoice(session, invoice_id)
        or any(session.scalar(select(one.exists())) for one in (settled, moving, credited))
    ):
        raise NotVoidable
    prepaid_lines.undo(session, invoice, touched)
    for entry_id in session.scalars(
        select(JournalEntry.id).where(
            JournalEntry.source_kind == "invoice", JournalEntry.source_id == invoice_id
        )
    ).all():
        # Its own day, which may still be open after midnight: reports leave a voided invoice out of it.
        # What was used of another location goes back on that one's open day.
        dates = {invoice.location_id: invoice.business_date}
        reverse(session, entry_id, dates=dates, staff_id=actor.staff_id)
    for card in cards:
        card.code_digest = None
    invoice.status = InvoiceStatus.VOIDED
    session.flush()
    return invoice
