"""Items of account 1290 over HTTP: the list of what is to resolve, one of them, and its resolution."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from medspa.kernel.vocabulary import Permission, ProcessorLineRefusal
from operational.checkout.idempotency import Call, answer, moves_money
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.ledger import unmatched
from operational.ledger.drawers import location_of
from operational.ledger.schemas import MAX_CASH, Request
from operational.ledger.unmatched import Kind, UnmatchedItem
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode, encode
from operational.routing import AreaRouter

router = AreaRouter()

Closer = Annotated[Unit, Depends(needs(Permission.DAY_CLOSE), scope="function")]
Refunder = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]
Part = Annotated[int, Field(ge=0, le=MAX_CASH)]


class UnmatchedOut(BaseModel):
    """Money that no balance of a client covers, or a line of the processor that is about nothing of ours.

    `payout` tells whose it is; a line has none.
    """

    item_id: uuid.UUID
    kind: Kind
    location_id: uuid.UUID
    business_date: date = Field(description="The day on which it was booked.")
    external_date: date | None = Field(description="The day on which it happened, when that was earlier.")
    currency: str
    amount_minor: int = Field(description="Positive: it left; negative: it came.")
    refused_as: ProcessorLineRefusal | None = Field(
        description="Why a line stands on no account: the books are kept in another currency."
    )
    payout: str | None = Field(description="Where to read the payout.")

    @classmethod
    def of(cls, item: UnmatchedItem) -> UnmatchedOut:
        names = (name for name in cls.model_fields if name != "payout")
        payout = f"/v1/payouts/{item.item_id}" if item.kind == "payout" else None
        return cls(payout=payout, **{name: getattr(item, name) for name in names})


class Resolution(Request):
    """The parts sum to the item's amount."""

    deposit_minor: Part = Field(default=0, description="Matched with deposits of the client held here.")
    written_off_minor: Part = Field(default=0, description="Given up, as bad debt.")


class ResolvedOut(BaseModel):
    payout_id: uuid.UUID
    deposit_minor: int
    written_off_minor: int


@router.get("/unmatched-items")
def list_unmatched(
    location_id: uuid.UUID, unit: Closer, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[UnmatchedOut]:
    """What stands in account 1290 at a location and is not resolved yet; the bank's own lines apart."""
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    location_of(unit.session, location_id)
    after = None if cursor is None else decode(cursor)
    found = unmatched.list_items(unit.session, unit.actor, location_id, limit + 1, after)
    more = encode(found[limit - 1].item_id) if len(found) > limit else None
    return Page(items=[UnmatchedOut.of(one) for one in found[:limit]], next_cursor=more)


@router.get("/unmatched-items/{item_id}")
def get_unmatched(item_id: uuid.UUID, unit: Closer) -> UnmatchedOut:
    return UnmatchedOut.of(unmatched.item(unit.session, unit.actor, item_id))


@router.post("/unmatched-items/{payout_id}/resolve", response_model=ResolvedOut)
def resolve_unmatched(payout_id: uuid.UUID, body: Resolution, call: Refunder) -> Response:
    """Match it with what the client paid back as a deposit, and write off the rest."""
    return call.run(
        lambda session: answer(
            200,
            ResolvedOut(payout_id=payout_id, **body.model_dump()),
            unmatched.resolve(
                session, call.unit.actor, payout_id, body.deposit_minor, body.written_off_minor
            ).location_id,
        )
    )
