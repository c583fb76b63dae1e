"""Disputes, cash-outs, write-offs and payment links over HTTP. Rules live in the services."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import DisputeStatus, PaymentStatus, Permission, Purpose, Tender, WriteOffKind
from operational.checkout import cash_outs, disputes, payment_links, write_offs
from operational.checkout.cardnumbers import refuse_card_numbers
from operational.checkout.claims import StoredAnswer
from operational.checkout.errors import CardDeclined
from operational.checkout.idempotency import Call, answer, moves_money
from operational.checkout.processor.open import open_processor
from operational.checkout.schemas import Body, MinorIn, Token
from operational.directory import throttle
from operational.identity.dependencies import Slot, needs, services_of
from operational.identity.errors import TooManyAttempts
from operational.identity.unit import Unit
from operational.ledger.balances import invoice_open_minor
from operational.links import LinkUnusable
from operational.models import Dispute, WriteOff
from operational.openapi import problem_response
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id
from operational.routing import AreaRouter

router = AreaRouter()

FREE_TRIES_PER_ADDRESS = 20
"""Tokens of payment links that nobody sent, from an address that many may share."""
FREE_TRIES_PER_LINK = 3
"""Payments by one link that lead nowhere, from wherever they come."""

Refund = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]
Closer = Annotated[Unit, Depends(needs(Permission.DAY_CLOSE), scope="function")]
Taker = Annotated[Unit, Depends(needs(Permission.PAYMENT_TAKE, phi=Purpose.PAYMENT), scope="function")]


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class DisputeOut(Row):
    """Amounts and dates of the books; `external_*` are the processor's, where they differ."""

    id: uuid.UUID
    payment_id: uuid.UUID
    location_id: uuid.UUID
    status: DisputeStatus
    currency: str
    amount_minor: int
    fee_minor: int
    fee_returned_minor: int
    prepaid_taken_minor: int
    billed_again_minor: int
    opened_on: date
    external_opened_on: date | None
    resolved_on: date | None
    external_resolved_on: date | None


class CashedOut(Row):
    id: uuid.UUID
    location_id: uuid.UUID
    gift_card_id: uuid.UUID | None
    tender: Tender
    currency: str
    amount_minor: int
    rounding_minor: int


class WriteOffIn(Body):
    """`amount_minor` left out: all that is due."""

    amount_minor: MinorIn | None = None


class RecoveryIn(Body):
    amount_minor: MinorIn


class WriteOffOut(Row):
    id: uuid.UUID
    invoice_id: uuid.UUID
    location_id: uuid.UUID
    kind: WriteOffKind
    currency: str
    amount_minor: int
    tax_minor: int
    business_date: date
    due_minor: int = 0


class LinkIn(Body):
    lifetime_hours: Annotated[int, Field(strict=True, ge=1, le=24 * 60)] = 24 * 7


class LinkOut(BaseModel):
    """The token is shown once. Put it behind a `#` in an address, so that no server logs it."""

    token: str
    expires_at: datetime


LinkToken = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{22,86}$")]


class LinkShown(Body):
    token: LinkToken


class LinkPaid(Body):
    token: LinkToken
    payment_token: Token


class LinkView(Row):
    """What is due by now; nothing about a person."""

    currency: str
    due_minor: int
    expires_at: datetime


class LinkPayment(Row):
    """`unknown`: the processor's word is awaited."""

    payment_id: uuid.UUID
    status: PaymentStatus
    currency: str
    amount_minor: int


@router.get("/disputes")
def list_disputes(
    location_id: uuid.UUID, unit: Closer, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[DisputeOut]:
    """Disputes of a location's card payments, in the order in which they became known."""
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    query = select(Dispute).where(Dispute.location_id == location_id)
    rows, more = by_id(unit.session, query, Dispute.id, limit, cursor)
    return Page(items=[DisputeOut.model_validate(one) for one in rows], next_cursor=more)


@router.post("/disputes/{dispute_id}/bill-again", response_model=DisputeOut)
def bill_again(dispute_id: uuid.UUID, call: Refund) -> Response:
    """The client owes a lost dispute after all: its invoice is open again."""

    def work(session: TenantSession) -> StoredAnswer:
        row = disputes.bill_again(session, call.unit.actor, dispute_id)
        return answer(200, DisputeOut.model_validate(row), row.location_id)

    return call.run(work)


@router.post("/cash-outs", status_code=status.HTTP_201_CREATED, response_model=CashedOut)
def cash_out(body: cash_outs.CashOutIn, call: Refund) -> Response:
    """Pay a gift card or account credit out in cash."""

    def work(session: TenantSession) -> StoredAnswer:
        row = cash_outs.cash_out(session, call.unit.actor, body)
        return answer(201, CashedOut.model_validate(row), row.location_id)

    return call.run(work)


@router.post(
    "/invoices/{invoice_id}/write-offs", status_code=status.HTTP_201_CREATED, response_model=WriteOffOut
)
def write_off(invoice_id: uuid.UUID, body: WriteOffIn, call: Refund) -> Response:
    """Give up what is due of an invoice as bad debt. A price concession is a credit memo."""
    return call.run(
        lambda session: _written(
            call, write_offs.write_off(session, call.unit.actor, invoice_id, body.amount_minor)
        )
    )


@router.post(
    "/write-offs/{write_off_id}/recoveries", status_code=status.HTTP_201_CREATED, response_model=WriteOffOut
)
def recover(write_off_id: uuid.UUID, body: RecoveryIn, call: Refund) -> Response:
    """The client pays after all: the invoice is open again; take the payment on it."""
    return call.run(
        lambda session: _written(
            call, write_offs.recover(session, call.unit.actor, write_off_id, body.amount_minor)
        )
    )


def _written(call: Call, row: WriteOff) -> StoredAnswer:
    shown = WriteOffOut.model_validate(row)
    shown.due_minor = max(invoice_open_minor(call.unit.session, row.invoice_id), 0)
    return answer(201, shown, row.location_id)


@router.post("/invoices/{invoice_id}/payment-links", status_code=status.HTTP_201_CREATED)
def send_link(invoice_id: uuid.UUID, body: LinkIn, unit: Taker, response: Response) -> LinkOut:
    """A link with which the client pays what is due; an older one of the invoice stops working."""
    response.headers["Cache-Control"] = "no-store"
    sent = payment_links.send_link(unit.session, unit.actor, invoice_id, timedelta(hours=body.lifetime_hours))
    return LinkOut(token=sent.token, expires_at=sent.expires_at)


@router.post("/payment-links/view", responses={429: problem_response(429)})
def show_link(request: Request, body: LinkShown, _slot: Slot) -> LinkView:
    """What a link is for. A POST, so that the token is in no address and no log; uses nothing up."""
    with _counted(request, body.token):
        return LinkView.model_validate(payment_links.show_link(services_of(request).engine, body.token))


@router.post("/payment-links/pay", responses={402: problem_response(402), 429: problem_response(429)})
def pay_by_link(request: Request, body: LinkPaid, _slot: Slot) -> LinkPayment:
    """Pay all that is due by card. Works once; a declined card leaves the link usable."""
    refuse_card_numbers(body.model_dump())
    services = services_of(request)
    processor = services.ports.get("processor") or open_processor(services.settings)
    with _counted(request, body.token, pays=True):
        paid = payment_links.pay_by_link(services.engine, processor, body.token, body.payment_token)
        if paid.status is PaymentStatus.DECLINED:
            raise CardDeclined("The card was declined; nothing was moved. Try another card.")
    return LinkPayment.model_validate(paid)


@contextmanager
def _counted(request: Request, token: str, *, pays: bool = False) -> Iterator[None]:
    """Tries that lead nowhere make whoever goes on wait, as at sign-in. Raises TooManyAttempts.

    Who holds a link that exists waits for tries of that link only, never for others at the same address.
    """
    engine = services_of(request).engine
    link_id = payment_links.known(engine, token)
    if link_id is None:
        address = request.client.host if request.client else ""
        counters = throttle.of_address("payment-link-address", address, FREE_TRIES_PER_ADDRESS)
    elif pays:
        counters = throttle.shared("payment-link", str(link_id), FREE_TRIES_PER_LINK)
    else:
        yield
        return
    wait = throttle.claim(engine, counters, clock.now())
    if wait:
        raise TooManyAttempts(f"Wait {wait} seconds.", {"retry_after_seconds": wait})
    try:
        yield
    except (LinkUnusable, CardDeclined):
        raise
    except BaseException:
        throttle.settle(engine, counters, success=False)
        raise
    throttle.settle(engine, counters, success=True)
