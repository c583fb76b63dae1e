"""Reading checkout's documents and balances over HTTP. Every answer is recorded in the audit."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Account, InvoiceStatus, Permission, Purpose
from operational.checkout import views
from operational.checkout.drafts import code_digest
from operational.checkout.queries import found
from operational.checkout.refund_failures import standing
from operational.checkout.schemas import Body, GiftCode
from operational.client_records import of_client
from operational.identity.access import EVERYWHERE
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.ledger.balances import liability_minor
from operational.models import CreditMemo, GiftCard, Invoice, Payment, Payout, Posting
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter

router = AreaRouter()

Reader = Annotated[Unit, Depends(needs(Permission.INVOICE_READ, phi=Purpose.PAYMENT), scope="function")]
Taker = Annotated[Unit, Depends(needs(Permission.PAYMENT_TAKE, phi=Purpose.PAYMENT), scope="function")]


def _where_allowed(
    unit: Unit, query: Select[Any], location_id: InstrumentedAttribute[uuid.UUID]
) -> Select[Any]:
    """Only locations at which the actor may read: row security passes those where they may do anything."""
    held = unit.actor.permissions
    if Permission.INVOICE_READ in held.get(EVERYWHERE, frozenset()):
        return query
    allowed = [place for place, words in held.items() if Permission.INVOICE_READ in words]
    return query.where(location_id.in_(allowed))


@router.get("/invoices", response_model=Page[views.InvoiceSummary])
def list_invoices(
    unit: Reader,
    location_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    appointment_id: uuid.UUID | None = None,
    owing: bool = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[views.InvoiceSummary]:
    """Invoices in the order of issue; `owing`: only those on which something is due."""
    if location_id is not None:
        unit.actor.require(Permission.INVOICE_READ, location_id)
    query = _where_allowed(unit, select(Invoice), Invoice.location_id)
    for column, value in (
        (Invoice.location_id, location_id),
        (Invoice.appointment_id, appointment_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if client_id is not None:
        query = query.where(of_client(Invoice.client_id, client_id))
    if owing:
        due = (
            select(func.coalesce(func.sum(Posting.amount_minor), 0))
            .where(
                Posting.org_id == Invoice.org_id,
                Posting.invoice_id == Invoice.id,
                Posting.account == Account.ACCOUNTS_RECEIVABLE.value,
            )
            .scalar_subquery()
        )
        query = query.where(Invoice.status == InvoiceStatus.ISSUED, due > 0)
    rows, more = by_id(unit.session, query, Invoice.id, limit, cursor)
    shown = [views.invoice_summary(unit.session, row) for row in rows]
    items = render_many(unit.session, unit.actor, "invoice.list", views.InvoiceSummary, shown)
    return Page(items=items, next_cursor=more)


@router.get("/invoices/{invoice_id}", response_model=views.InvoiceView)
def get_invoice(invoice_id: uuid.UUID, unit: Reader) -> views.InvoiceView:
    invoice = found(unit.session, Invoice, invoice_id, "invoice")
    unit.actor.require(Permission.INVOICE_READ, invoice.location_id)
    shown = views.invoice_in_full(unit.session, invoice)
    return render(unit.session, unit.actor, "invoice", views.InvoiceView, shown)


@router.get("/payments", response_model=Page[views.PaymentView])
def list_payments(
    unit: Reader,
    invoice_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    drawer_session_id: uuid.UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[views.PaymentView]:
    """Payments in the order of taking, declined ones included."""
    query = _where_allowed(unit, select(Payment), Payment.location_id)
    for column, value in (
        (Payment.invoice_id, invoice_id),
        (Payment.drawer_session_id, drawer_session_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if client_id is not None:
        query = query.where(of_client(Payment.client_id, client_id))
    rows, more = by_id(unit.session, query, Payment.id, limit, cursor)
    shown = [views.payment_in_full(unit.session, row) for row in rows]
    items = render_many(unit.session, unit.actor, "payment.list", views.PaymentView, shown)
    return Page(items=items, next_cursor=more)


@router.get("/payments/{payment_id}", response_model=views.PaymentView)
def get_payment(payment_id: uuid.UUID, unit: Reader) -> views.PaymentView:
    payment = found(unit.session, Payment, payment_id, "payment")
    unit.actor.require(Permission.INVOICE_READ, payment.location_id)
    shown = views.payment_in_full(unit.session, payment)
    return render(unit.session, unit.actor, "payment", views.PaymentView, shown)


@router.get("/credit-memos/{credit_memo_id}", response_model=views.CreditMemoView)
def get_credit_memo(credit_memo_id: uuid.UUID, unit: Reader) -> views.CreditMemoView:
    memo = found(unit.session, CreditMemo, credit_memo_id, "credit memo")
    unit.actor.require(Permission.INVOICE_READ, memo.location_id)
    shown = views.credit_memo_in_full(unit.session, memo)
    return render(unit.session, unit.actor, "credit_memo", views.CreditMemoView, shown)


@router.get("/payouts/{payout_id}", response_model=views.PayoutView)
def get_payout(payout_id: uuid.UUID, unit: Reader) -> views.PayoutView:
    payout = found(unit.session, Payout, payout_id, "payout")
    unit.actor.require(Permission.INVOICE_READ, payout.location_id)
    came_back = standing(unit.session, payout.id)
    shown = views.fields_of(payout, failed_on=came_back.business_date if came_back else None)
    return render(unit.session, unit.actor, "payout", views.PayoutView, shown)


@router.get("/clients/{client_id}/balances", response_model=views.BalancesView)
def get_balances(client_id: uuid.UUID, unit: Reader) -> views.BalancesView:
    """Deposits and account credit of a client, over all locations."""
    shown = views.balances_with_payer(unit.session, unit.actor, client_id)
    return render(unit.session, unit.actor, "client.balances", views.BalancesView, shown)


class CodeIn(Body):
    code: GiftCode


@router.post("/gift-cards/balance", response_model=views.GiftCardBalance)
def get_gift_card_balance(body: CodeIn, unit: Taker) -> views.GiftCardBalance:
    """What a card holds, by its code. A POST, so that the code is in no address and no log."""
    digest = code_digest(unit.actor.org_id, body.code)
    card = unit.session.scalar(select(GiftCard).where(GiftCard.code_digest == digest))
    if card is None:
        raise NotFound("There is no gift card with this code.")
    held = liability_minor(unit.session, Account.GIFT_CARDS, gift_card_id=card.id)
    return views.GiftCardBalance(gift_card_id=card.id, currency=card.currency, balance_minor=held)
