"""Checkout over HTTP: invoices, payments, applied balances, credit memos, payouts, the processor's events.

Every POST that moves money goes through moves_money; rules live in the services. Reads are in
read_endpoints.py.
"""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request, Response, status
from pydantic import BaseModel

from medspa.kernel.vocabulary import Permission, Tender
from operational.checkout import (
    answer_schemas,
    answers,
    apply,
    cards,
    credit,
    invoices,
    outside_endpoints,
    payments,
    read_endpoints,
    schemas,
)
from operational.checkout.idempotency import Call, moves_money
from operational.checkout.processor.open import event_source, open_processor
from operational.checkout.processor.port import Processor
from operational.checkout.webhooks import receive
from operational.identity.dependencies import Slot, services_of
from operational.identity.unit import Services
from operational.openapi import problem_response
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1", tags=["checkout"])
router.include_router(read_endpoints.router)
router.include_router(outside_endpoints.router)

Inv = Annotated[Call, Depends(moves_money(Permission.INVOICE_WRITE), scope="function")]
Pay = Annotated[Call, Depends(moves_money(Permission.PAYMENT_TAKE), scope="function")]
Refund = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]


def _card_outcomes(answer: type[BaseModel]) -> dict[int | str, dict[str, object]]:
    awaited = "The processor's word is awaited; read the record to see how it ended."
    return {202: {"model": answer, "description": awaited}, 402: problem_response(402)}


def processor_of(services: Services) -> Processor:
    """The port that the composition root gave, or the in-process one."""
    given: Processor | None = services.ports.get("processor")
    return given if given is not None else open_processor(services.settings)


@router.post("/invoices", status_code=status.HTTP_201_CREATED, response_model=answer_schemas.InvoiceIssued)
def issue_invoice(body: schemas.InvoiceIn, call: Inv) -> Response:
    """Invoice a visit's performed items, goods and gift cards. Quantities come from the chart."""
    return call.run(
        lambda session: answers.of_invoice(invoices.issue_invoice(session, call.unit.actor, body))
    )


@router.post("/invoices/{invoice_id}/void", response_model=answer_schemas.VoidAnswer)
def void_invoice(invoice_id: uuid.UUID, call: Refund) -> Response:
    """Reverse an invoice of the open day that has no money on it."""
    return call.run(
        lambda session: answers.of_void(invoices.void_invoice(session, call.unit.actor, invoice_id))
    )


@router.post(
    "/payments",
    status_code=status.HTTP_201_CREATED,
    response_model=answer_schemas.PaymentAnswer,
    responses=_card_outcomes(answer_schemas.PaymentAnswer),
)
def take_payment(body: schemas.PaymentIn, call: Pay) -> Response:
    """Take one tender for an invoice, or a deposit. Several payments split an invoice."""
    if body.tender is Tender.CARD:
        processor = processor_of(call.unit.services)
        return call.run_steps(
            lambda desk, held: cards.pay_by_card(desk, held, processor, body, answers.of_payment)
        )
    return call.run(
        lambda session: answers.of_payment(session, payments.take_payment(session, call.unit.actor, body).id)
    )


@router.post(
    "/invoices/{invoice_id}/applications",
    status_code=status.HTTP_201_CREATED,
    response_model=answer_schemas.ApplicationAnswer,
)
def apply_balance(invoice_id: uuid.UUID, body: schemas.ApplicationIn, call: Pay) -> Response:
    """Use a deposit, account credit or a gift card on an invoice."""
    return call.run(
        lambda session: answers.of_application(
            session, apply.apply_balance(session, call.unit.actor, invoice_id, body)
        )
    )


@router.post(
    "/invoices/{invoice_id}/credit-memos",
    status_code=status.HTTP_201_CREATED,
    response_model=answer_schemas.CreditMemoAnswer,
)
def issue_credit_memo(invoice_id: uuid.UUID, body: schemas.CreditMemoIn, call: Refund) -> Response:
    """Correct lines of an invoice, whole or in part, each with its own tax."""
    return call.run(
        lambda session: answers.of_credit_memo(
            session, credit.issue_credit_memo(session, call.unit.actor, invoice_id, body)
        )
    )


@router.post(
    "/payouts",
    status_code=status.HTTP_201_CREATED,
    response_model=answer_schemas.PayoutAnswer,
    responses=_card_outcomes(answer_schemas.PayoutAnswer),
)
def pay_out(body: schemas.PayoutIn, call: Refund) -> Response:
    """Give back what a credit memo, a deposit or a tip allows, to the payment's tender or as credit."""
    processor = processor_of(call.unit.services)
    return call.run_steps(lambda desk, held: cards.refund(desk, held, processor, body, answers.of_payout))


class EventTaken(BaseModel):
    """What an event changed: `applied`, `repeated` or `ignored`."""

    outcome: str


async def raw_body(request: Request) -> bytes:
    return await request.body()


@router.post("/processor/events", response_model=EventTaken)
def processor_event(request: Request, body: Annotated[bytes, Depends(raw_body)], _slot: Slot) -> EventTaken:
    """The card processor's events, signed in the header `Processor-Signature`."""
    services = services_of(request)
    source = event_source(services.settings)
    return EventTaken(outcome=receive(services.engine, source, body, request.headers.get(source.header)))
