"""How long services take with one client, over HTTP."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from fastapi import Depends
from pydantic import Field

from medspa.kernel.vocabulary import Permission, Purpose
from operational.booking import lasting
from operational.booking.schemas import Minutes
from operational.client_records import open_client
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.paging import Page
from operational.privacy.schemas import PhiSchema, render, render_many
from operational.routing import AreaRouter
from operational.schemas import Sent

router = AreaRouter()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
VIEW = "booking.durations"


class DurationIn(Sent):
    minutes: Minutes | None = Field(description="Hands-on time; none: the service's own again.")


class DurationOut(PhiSchema):
    """How long a service takes with the client."""

    client_id: uuid.UUID
    service_id: uuid.UUID
    minutes: int | None
    created_at: dt.datetime


@router.get("/clients/{client_id}/durations")
def list_durations(client_id: uuid.UUID, unit: Reader) -> Page[DurationOut]:
    """Services that take their own time with this client; all others take the usual one."""
    open_client(unit.session, client_id)
    rows = lasting.durations(unit.session, client_id)
    return Page(items=render_many(unit.session, unit.actor, VIEW, DurationOut, rows))


@router.put("/clients/{client_id}/durations/{service_id}")
def set_duration(
    client_id: uuid.UUID, service_id: uuid.UUID, request: DurationIn, unit: Writer
) -> DurationOut:
    """For visits booked from now on, by anybody who knows the client; visits that stand stay as they are."""
    row = lasting.set_minutes(unit.session, unit.actor, client_id, service_id, request.minutes)
    return render(unit.session, unit.actor, VIEW, DurationOut, row)
