"""The page on which an organization opens its public pages. What may be decided is setup.py's."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission, PublicTextKind
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, OnlineService, Service
from operational.online import endpoints, place, setup
from operational.pages import page, page_router, redirect
from operational.schemas import from_form

AREA = "operational.online"
PATH = "/setup/online"
pages = page_router()
Owner = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Flag = Annotated[bool, Form()]


@pages.get(PATH)
def show(request: Request, unit: Owner) -> Response:
    session = unit.session
    locations = session.scalars(select(Location).where(Location.active).order_by(Location.name)).all()
    return page(
        AREA, "setup.html", request, unit,
        places=[
            {
                "of": place.of_location(session, one.id),
                "texts": {kind.value: place.current_text(session, one.id, kind) for kind in PublicTextKind},
            }
            for one in locations if unit.actor.may(Permission.ORGANIZATION_MANAGE, one.id)
        ],
        services=session.scalars(select(Service).where(Service.active).order_by(Service.name)).all(),
        offers={one.service_id: one for one in session.scalars(select(OnlineService))},
        origins=place.origins(session),
        may_offer=unit.actor.places_of(Permission.CATALOGUE_MANAGE) is None,
        may_frame=unit.actor.places_of(Permission.ORGANIZATION_MANAGE) is None,
    )  # fmt: skip


@pages.post(PATH + "/locations/{location_id}")
def set_location(
    location_id: uuid.UUID,
    unit: Owner,
    booking_open: Flag = False,
    enquiries_open: Flag = False,
    waitlist_open: Flag = False,
    hold_minutes: Annotated[int, Form()] = place.HOLD_MINUTES,
    days_ahead: Annotated[int, Form()] = place.DAYS_AHEAD,
    most_upcoming: Annotated[int, Form()] = place.MOST_UPCOMING,
    fees_to_card: Flag = False,
    address: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    sent = from_form(
        endpoints.OnlineSettings, booking_open=booking_open, enquiries_open=enquiries_open,
        waitlist_open=waitlist_open, hold_minutes=hold_minutes, days_ahead=days_ahead,
        most_upcoming=most_upcoming, fees_to_card=fees_to_card,
        address=address.replace("\r\n", "\n").strip() or None,
    )  # fmt: skip
    setup.set_location(unit.session, unit.actor, location_id, sent.model_dump())
    return redirect(PATH)


@pages.post(PATH + "/locations/{location_id}/texts")
def publish_text(
    location_id: uuid.UUID,
    unit: Owner,
    kind: Annotated[PublicTextKind, Form()],
    body: Annotated[str, Form(max_length=5_000)],
) -> Response:
    """A new version, unless it says what the last one does."""
    sent = from_form(endpoints.TextIn, kind=kind, body=body)
    now = place.current_text(unit.session, location_id, sent.kind)
    if now is None or now.body != sent.body:
        setup.publish_text(unit.session, unit.actor, location_id, sent.kind, sent.body)
    return redirect(PATH)


@pages.post(PATH + "/services/{service_id}")
def set_service(
    service_id: uuid.UUID,
    unit: Owner,
    offered: Flag = False,
    card_on_file: Flag = False,
    needs_approval: Flag = False,
) -> Response:
    values = {"offered": offered, "card_on_file": card_on_file, "needs_approval": needs_approval}
    setup.set_service(unit.session, unit.actor, service_id, values)
    return redirect(PATH)


@pages.post(PATH + "/origins")
def set_origins(unit: Owner, origins: Annotated[str, Form(max_length=5_000)] = "") -> Response:
    sent = from_form(endpoints.Origins, origins=origins.split())
    setup.set_origins(unit.session, unit.actor, sent.origins)
    return redirect(PATH)
