"""The page of a visit: what the API's GET shows, for people, recorded as shown in the same way.

Booking and moving are the services'. Of what a client's page shows, lengths of their own are taken back here.
"""

from __future__ import annotations

import uuid
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response

from medspa.kernel.vocabulary import Permission, Purpose
from medspa.ui.values import clock_of, hours_of
from operational.booking import changes, lasting, queries
from operational.booking.choose import WHY
from operational.booking.schemas import AppointmentOut, HistoryOut
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, Resource, Service, StaffMember
from operational.names import client_name, names_of
from operational.pages import HOME, Back, own_path, page, page_router, redirect
from operational.privacy.schemas import render
from operational.rows import get_row

AREA = "operational.booking"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@pages.post("/clients/{client_id}/durations/{service_id}/remove")
def remove_duration(request: Request, client_id: uuid.UUID, service_id: uuid.UUID, unit: Writer) -> Response:
    lasting.set_minutes(unit.session, unit.actor, client_id, service_id, None)
    return redirect(f"/clients/{client_id}", request, "It takes as long as usual again.")


@pages.get("/appointments/{appointment_id}")
def show_appointment(
    request: Request, appointment_id: uuid.UUID, unit: Reader, back: Back = HOME
) -> Response:
    session, actor = unit.session, unit.actor
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    visit = render(session, actor, "booking.appointment", AppointmentOut, row)
    events = [HistoryOut.model_validate(one) for one in queries.history(session, appointment_id)]
    services, providers, used = changes.subjects_of(events)
    services |= {one.service_id for one in visit.items}
    providers |= {one.provider_id for one in visit.items}
    named = names_of(session, Service, services)
    people = names_of(session, StaffMember, [*providers, *(one.staff_id for one in events if one.staff_id)])
    things = names_of(session, Resource, used)
    zone, place = ZoneInfo(row.timezone), get_row(session, Location, row.location_id)
    with clock_of(hours_of(place.currency)):
        changed = changes.changes_of(events, {**named, **people, **things}, zone)
    return page(
        AREA,
        "appointment.html",
        request,
        unit,
        visit=visit,
        events=[
            (one, one.happened_at.astimezone(zone), what) for one, what in zip(events, changed, strict=True)
        ],
        services=named,
        people=people,
        rules=WHY,
        location=place.name,
        client=client_name(session, actor, row.client_id, row.location_id),
        back=own_path(back),
    )
