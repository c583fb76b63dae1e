"""The page of a visit: what the API's GET shows, for people, recorded as shown in the same way.

Booking and moving are the services'. Nothing is written here.
"""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request, Response

from medspa.kernel.vocabulary import Permission, Purpose
from operational.booking import queries
from operational.booking.schemas import AppointmentOut, HistoryOut
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, Service, StaffMember
from operational.names import client_name, names_of
from operational.pages import HOME, Back, own_path, page, page_router
from operational.privacy.schemas import render

AREA = "operational.booking"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]


@pages.get("/appointments/{appointment_id}")
def show_appointment(
    request: Request, appointment_id: uuid.UUID, unit: Reader, back: Back = HOME
) -> Response:
    session, actor = unit.session, unit.actor
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    visit = render(session, actor, "booking.appointment", AppointmentOut, row)
    events = [HistoryOut.model_validate(one) for one in queries.history(session, appointment_id)]
    people = [one.provider_id for one in visit.items] + [one.staff_id for one in events if one.staff_id]
    return page(
        AREA,
        "appointment.html",
        request,
        unit,
        visit=visit,
        events=[(one, one.happened_at.astimezone(visit.starts_at.tzinfo)) for one in events],
        services=names_of(session, Service, [one.service_id for one in visit.items]),
        people=names_of(session, StaffMember, people),
        location=names_of(session, Location, [row.location_id])[row.location_id],
        client=client_name(session, actor, row.client_id, row.location_id),
        back=own_path(back),
    )
