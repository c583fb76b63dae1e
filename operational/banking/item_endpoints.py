"""Lines of the processor that wait in 1290, resolved over HTTP. They are listed with the unmatched items."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Self

from fastapi import Depends, Response
from pydantic import model_validator

from medspa.kernel.vocabulary import (
    Permission,
    ProcessorItemReason,
    ProcessorLineBooking,
    ProcessorLineKind,
    ProcessorLineRefusal,
)
from operational.banking import processor_items
from operational.banking.schemas import Row
from operational.checkout.claims import StoredAnswer
from operational.checkout.idempotency import Call, answer, moves_money
from operational.models import ProcessorLine
from operational.routing import AreaRouter
from operational.schemas import Sent

router = AreaRouter()

Refund = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]


class LineBookedIn(Sent):
    """Money that came is booked as less of the cost; `elsewhere` is for a line in another currency."""

    booked_as: ProcessorLineBooking
    reason: ProcessorItemReason


class LineMatchedIn(Sent):
    """One of them, as the line's kind and sign have it."""

    payment_id: uuid.UUID | None = None
    payout_id: uuid.UUID | None = None
    dispute_id: uuid.UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.named) != 1:
            raise ValueError("Send one of payment_id, payout_id and dispute_id.")
        return self

    @property
    def named(self) -> list[tuple[str, uuid.UUID]]:
        sent = {"payment_id": self.payment_id, "payout_id": self.payout_id, "dispute_id": self.dispute_id}
        return [(name, value) for name, value in sent.items() if value is not None]


class ProcessorLineOut(Row):
    id: uuid.UUID
    location_id: uuid.UUID
    kind: ProcessorLineKind
    currency: str
    amount_minor: int
    fee_minor: int
    occurred_on: date
    payment_id: uuid.UUID | None
    payout_id: uuid.UUID | None
    dispute_id: uuid.UUID | None
    booked_as: ProcessorLineBooking | None
    booked_reason: ProcessorItemReason | None
    booked_on: date | None
    refused_as: ProcessorLineRefusal | None


@router.post("/unmatched-items/{processor_line_id}/book", response_model=ProcessorLineOut)
def book_item(processor_line_id: uuid.UUID, body: LineBookedIn, call: Refund) -> Response:
    """Say that a processor's line is a cost of the practice; it leaves 1290 on the open day."""
    return call.run(
        lambda session: _told(
            processor_items.book(session, call.unit.actor, processor_line_id, body.booked_as, body.reason)
        )
    )


@router.post("/unmatched-items/{processor_line_id}/match", response_model=ProcessorLineOut)
def match_item(processor_line_id: uuid.UUID, body: LineMatchedIn, call: Refund) -> Response:
    """Say which payment, refund or dispute a processor's line is; it leaves 1290 on the open day."""
    return call.run(
        lambda session: _told(
            processor_items.match(session, call.unit.actor, processor_line_id, *body.named[0])
        )
    )


@router.post("/unmatched-items/{processor_line_id}/undo", response_model=ProcessorLineOut)
def undo_item(processor_line_id: uuid.UUID, call: Refund) -> Response:
    """Take back what a person said of a processor's line; it is in 1290 again on the open day."""
    return call.run(lambda session: _told(processor_items.undo(session, call.unit.actor, processor_line_id)))


def _told(line: ProcessorLine) -> StoredAnswer:
    return answer(200, ProcessorLineOut.model_validate(line), line.location_id)
