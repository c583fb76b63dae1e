"""Pages of an invoice and of a payment: what the API's GETs show, for people, recorded in the same way.

Rules and figures are the services' and views'. Nothing is written here.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission, Purpose
from medspa.ui.values import money
from operational.checkout import views
from operational.checkout.queries import found
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import CreditMemo, Invoice, Location, Payment, Product, Service, StaffMember
from operational.names import client_name, names_of
from operational.pages import HOME, Back, own_path, page, page_router
from operational.privacy.schemas import render, render_many

AREA = "operational.checkout"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.INVOICE_READ, phi=Purpose.PAYMENT), scope="function")]


@pages.get("/invoices/{invoice_id}")
def show_invoice(request: Request, invoice_id: uuid.UUID, unit: Reader, back: Back = HOME) -> Response:
    session, actor = unit.session, unit.actor
    row = found(session, Invoice, invoice_id, "invoice")
    actor.require(Permission.INVOICE_READ, row.location_id)
    invoice = render(session, actor, "invoice", views.InvoiceView, views.invoice_in_full(session, row))
    memos = session.scalars(select(CreditMemo).where(CreditMemo.invoice_id == row.id).order_by(CreditMemo.id))
    credited = [views.credit_memo_in_full(session, one) for one in memos]
    sold = names_of(session, Service, [one.service_id for one in invoice.lines]) | names_of(
        session, Product, [one.product_id for one in invoice.lines]
    )
    return page(
        AREA,
        "invoice.html",
        request,
        unit,
        invoice=invoice,
        credited=render_many(session, actor, "credit_memo", views.CreditMemoView, credited),
        sold=sold,
        providers=names_of(session, StaffMember, [one.provider_id for one in invoice.lines]),
        **_around(unit, row, invoice.currency, back),
    )


@pages.get("/payments/{payment_id}")
def show_payment(request: Request, payment_id: uuid.UUID, unit: Reader, back: Back = HOME) -> Response:
    session, actor = unit.session, unit.actor
    row = found(session, Payment, payment_id, "payment")
    actor.require(Permission.INVOICE_READ, row.location_id)
    payment = render(session, actor, "payment", views.PaymentView, views.payment_in_full(session, row))
    return page(
        AREA,
        "payment.html",
        request,
        unit,
        payment=payment,
        number=session.scalar(select(Invoice.number).where(Invoice.id == row.invoice_id)),
        providers=names_of(session, StaffMember, [one.provider_id for one in payment.tips]),
        **_around(unit, row, payment.currency, back),
    )


def _around(unit: Unit, row: Invoice | Payment, currency: str, back: str) -> dict[str, Any]:
    """Where and of whom a document is, how its amounts are written, and the way back."""
    return {
        "location": names_of(unit.session, Location, [row.location_id])[row.location_id],
        "client": client_name(unit.session, unit.actor, row.client_id, row.location_id),
        "money": lambda amount_minor: money(amount_minor, currency),
        "back": own_path(back),
    }
