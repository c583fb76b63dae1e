"""Webhooks and calendar feeds over REST."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request, Response

from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import DeliveryStatus, Permission
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import Slot, needs, services_of
from operational.identity.unit import Unit
from operational.models import CalendarFeed, WebhookDelivery, WebhookEndpoint
from operational.online import guard
from operational.openapi import problem_response
from operational.paging import Cursor, Limit, Page, by_id
from operational.routing import AreaRouter
from operational.webhooks import feed, schemas, service

router = AreaRouter(prefix="/v1", tags=["webhooks"])

Manager = Annotated[Unit, Depends(needs(Permission.API_KEY_MANAGE), scope="function")]
StaffManager = Annotated[Unit, Depends(needs(Permission.STAFF_MANAGE), scope="function")]
FREE_TRIES = 30


@router.get("/webhook-endpoints")
def list_endpoints(unit: Manager, limit: Limit = 50, cursor: Cursor = None) -> Page[schemas.EndpointOut]:
    rows, following = by_id(unit.session, service.endpoints_of(unit.actor), WebhookEndpoint.id, limit, cursor)
    return Page(items=[schemas.EndpointOut.model_validate(row) for row in rows], next_cursor=following)


@router.post("/webhook-endpoints", status_code=201)
def add_endpoint(unit: Manager, response: Response, body: schemas.EndpointIn) -> schemas.EndpointAdded:
    """Told of events of visits from now on, ids only, signed. The secret is shown here and nowhere else."""
    row, secret = service.add_endpoint(
        unit.session, unit.actor, body.url, body.events, body.location_id,
        inside=unit.settings.webhooks_inside,
    )  # fmt: skip
    set_etag(response, row)
    shown = schemas.EndpointOut.model_validate(row)
    return schemas.EndpointAdded(**shown.model_dump(), secret=secret)


@router.patch("/webhook-endpoints/{webhook_endpoint_id}")
def change_endpoint(
    unit: Manager,
    response: Response,
    webhook_endpoint_id: uuid.UUID,
    body: schemas.EndpointChange,
    if_match: IfMatch = None,
) -> schemas.EndpointOut:
    row = service.change_endpoint(
        unit.session, unit.actor, webhook_endpoint_id, if_match, body.active, body.events
    )
    set_etag(response, row)
    return schemas.EndpointOut.model_validate(row)


@router.get("/webhook-deliveries")
def list_deliveries(
    unit: Manager,
    webhook_endpoint_id: uuid.UUID | None = None,
    status: DeliveryStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.DeliveryOut]:
    """What was told, is to be told, or was given up (`dead`)."""
    statement = service.deliveries_of(unit.actor)
    if webhook_endpoint_id is not None:
        statement = statement.where(WebhookDelivery.webhook_endpoint_id == webhook_endpoint_id)
    if status is not None:
        statement = statement.where(WebhookDelivery.status == status)
    rows, following = by_id(unit.session, statement, WebhookDelivery.id, limit, cursor)
    return Page(items=[schemas.DeliveryOut.model_validate(row) for row in rows], next_cursor=following)


@router.post("/webhook-deliveries/{webhook_delivery_id}/replay")
def replay(unit: Manager, webhook_delivery_id: uuid.UUID) -> schemas.DeliveryOut:
    """Tell it again, with the same id."""
    return schemas.DeliveryOut.model_validate(service.replay(unit.session, unit.actor, webhook_delivery_id))


@router.get("/calendar-feeds")
def list_feeds(unit: StaffManager, limit: Limit = 50, cursor: Cursor = None) -> Page[schemas.FeedOut]:
    rows, following = by_id(unit.session, service.feeds_of(unit.actor), CalendarFeed.id, limit, cursor)
    return Page(items=[schemas.FeedOut.model_validate(row) for row in rows], next_cursor=following)


@router.post("/calendar-feeds", status_code=201)
def add_feed(unit: StaffManager, response: Response, body: schemas.FeedIn) -> schemas.FeedAdded:
    """A secret address with which a provider's calendar is subscribed to: when they are busy, no more."""
    response.headers["Cache-Control"] = "no-store"
    row, token = service.add_feed(unit.session, unit.actor, body.staff_id, shows_place=body.shows_place)
    shown = schemas.FeedOut.model_validate(row)
    return schemas.FeedAdded(**shown.model_dump(), url=feed.url_of(unit.settings, token))


@router.post("/calendar-feeds/{calendar_feed_id}/revoke")
def revoke_feed(unit: StaffManager, calendar_feed_id: uuid.UUID) -> schemas.FeedOut:
    return schemas.FeedOut.model_validate(service.revoke_feed(unit.session, unit.actor, calendar_feed_id))


@router.get(
    "/calendars/{token}.ics",
    response_class=Response,
    responses={200: {"content": {feed.TYPE: {}}}, 429: problem_response(429)},
)
def show_feed(request: Request, token: str, _slot: Slot) -> Response:
    """A provider's calendar, for whoever has its secret address."""
    try:
        shown = feed.feed(services_of(request).engine, token)
    except NotFound:
        guard.count(request, "calendar", FREE_TRIES)
        raise
    return Response(shown, media_type=feed.TYPE, headers={"Cache-Control": "no-store"})
