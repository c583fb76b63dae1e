"""Holds over HTTP: time kept for somebody who is choosing. A hold is about nobody."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, status

from medspa.kernel.vocabulary import Permission
from operational.booking import hold as holding
from operational.booking import schemas
from operational.booking.shape import Placed
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.routing import AreaRouter

router = AreaRouter()

Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE), scope="function")]


@router.post("/holds", status_code=status.HTTP_201_CREATED, response_model=schemas.HoldOut)
def keep(request: schemas.NewHold, unit: Writer) -> schemas.HoldOut:
    """Keep free time for some minutes. Book it with `hold_id`, release it, or let it expire."""
    held = holding.keep(unit.session, unit.actor, request)
    return schemas.HoldOut(
        id=held.id,
        location_id=held.location_id,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        expires_at=held.expires_at,
        items=[_item(one) for one in held.items],
    )


@router.delete("/holds/{hold_id}", status_code=status.HTTP_204_NO_CONTENT)
def release(hold_id: uuid.UUID, unit: Writer) -> None:
    """Give the time back. A hold that was booked with is refused."""
    holding.release(unit.session, unit.actor, hold_id)


def _item(item: Placed) -> schemas.HeldItem:
    return schemas.HeldItem(
        service_id=item.asked.service_id,
        provider_id=item.provider_id,
        starts_at=item.asked.starts_at,
        ends_at=item.asked.client_time[1],
        resource_ids=list(item.resources),
    )
