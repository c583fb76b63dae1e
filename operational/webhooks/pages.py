"""The page of connections: who is told of visits, what was not taken, and calendars to subscribe to."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import AppointmentEvent, DeliveryStatus, Permission
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import CalendarFeed, StaffMember, WebhookDelivery, WebhookEndpoint
from operational.names import names_of
from operational.pages import page, page_router, redirect
from operational.webhooks import feed, service
from operational.webhooks.errors import AddressRefused

AREA = "operational.webhooks"
CONNECTIONS = "/connections"
SHOWN = 100
pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.API_KEY_MANAGE), scope="function")]
Text = Annotated[str, Form(max_length=2_000)]


@pages.get(CONNECTIONS)
def show_connections(request: Request, unit: Manager) -> Response:
    return _shown(request, unit)


@pages.post(CONNECTIONS)
def add_endpoint(
    request: Request,
    unit: Manager,
    url: Text,
    events: Annotated[list[AppointmentEvent], Form(default_factory=list)],
) -> Response:
    """Answers with the secret, which is shown this once."""
    if not events:
        return _shown(request, unit, status=422, wrong="Choose at least one event.", url=url)
    try:
        _, secret = service.add_endpoint(
            unit.session, unit.actor, url, events, None, inside=unit.settings.webhooks_inside
        )
    except AddressRefused as error:
        wrong = str(error.detail or "").removeprefix("url: ").capitalize()
        return _shown(request, unit, status=422, wrong=wrong, url=url)
    return _shown(request, unit, once=("Secret of the new connection", secret))


@pages.post(CONNECTIONS + "/{webhook_endpoint_id}/switch")
def switch(unit: Manager, webhook_endpoint_id: uuid.UUID, etag: Text, active: Text = "") -> Response:
    service.change_endpoint(unit.session, unit.actor, webhook_endpoint_id, etag, active == "yes", None)
    return redirect(CONNECTIONS)


@pages.post(CONNECTIONS + "/deliveries/{webhook_delivery_id}/replay")
def replay(unit: Manager, webhook_delivery_id: uuid.UUID) -> Response:
    service.replay(unit.session, unit.actor, webhook_delivery_id)
    return redirect(CONNECTIONS)


@pages.post(CONNECTIONS + "/feeds")
def add_feed(
    request: Request,
    unit: Manager,
    staff_id: Annotated[uuid.UUID, Form()],
    shows_place: Annotated[bool, Form()] = False,
) -> Response:
    """Answers with the secret address, which is shown this once."""
    _, token = service.add_feed(unit.session, unit.actor, staff_id, shows_place=shows_place)
    return _shown(request, unit, once=("Address of the new calendar", feed.url_of(unit.settings, token)))


@pages.post(CONNECTIONS + "/feeds/{calendar_feed_id}/revoke")
def revoke_feed(unit: Manager, calendar_feed_id: uuid.UUID) -> Response:
    service.revoke_feed(unit.session, unit.actor, calendar_feed_id)
    return redirect(CONNECTIONS)


def _shown(
    request: Request,
    unit: Unit,
    status: int = 200,
    *,
    once: tuple[str, str] | None = None,
    wrong: str | None = None,
    url: str = "",
) -> Response:
    session = unit.session
    dead = session.scalars(
        service.deliveries_of(unit.actor)
        .where(WebhookDelivery.status == DeliveryStatus.DEAD)
        .order_by(WebhookDelivery.happened_at.desc())
        .limit(SHOWN)
    ).all()
    feeds = session.scalars(
        service.feeds_of(unit.actor).where(CalendarFeed.revoked_at.is_(None)).order_by(CalendarFeed.id)
    ).all()
    providers = session.scalars(
        select(StaffMember).where(StaffMember.active, StaffMember.is_provider).order_by(StaffMember.label)
    ).all()
    answer = page(
        AREA, "connections.html", request, unit, status,
        endpoints=session.scalars(service.endpoints_of(unit.actor).order_by(WebhookEndpoint.id)).all(),
        dead=dead, feeds=feeds, people=names_of(session, StaffMember, [one.staff_id for one in feeds]),
        providers=providers, events=list(AppointmentEvent), once=once, wrong=wrong, url=url,
        may_feed=unit.actor.may(Permission.STAFF_MANAGE),
        may_show_place=unit.actor.places_of(Permission.ORGANIZATION_MANAGE) is None,
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer
