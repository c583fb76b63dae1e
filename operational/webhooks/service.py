"""Endpoints and feeds: added with a secret that is shown once, changed, replayed, revoked."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import AppointmentEvent, DeliveryStatus, Permission
from operational.etag import check_if_match
from operational.identity import tokens
from operational.identity.access import Actor
from operational.models import CalendarFeed, Location, StaffMember, WebhookDelivery, WebhookEndpoint
from operational.privacy.vault import vault_of
from operational.rows import get_row
from operational.webhooks.call import checked
from operational.webhooks.deliver import SECRET

SECRET_PREFIX = "whsec_"  # noqa: S105 - tells people what the word after it is


def add_endpoint(
    session: Session,
    actor: Actor,
    url: str,
    events: list[AppointmentEvent],
    location_id: uuid.UUID | None,
    *,
    inside: bool,
) -> tuple[WebhookEndpoint, str]:
    """The endpoint, and its secret, which is not shown again. Raises AddressRefused, NotFound."""
    _may(actor, location_id)
    if location_id is not None:
        get_row(session, Location, location_id)
    checked(url, inside=inside)
    secret = SECRET_PREFIX + tokens.new_token()
    row = WebhookEndpoint(
        org_id=organization_of(session), url=url, events=sorted({one.value for one in events}),
        location_id=location_id, active=True, added_by=actor.staff_id,
        secret=vault_of(session).seal_for_organization(session, secret.encode(), purpose=SECRET),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, secret


def change_endpoint(
    session: Session,
    actor: Actor,
    endpoint_id: uuid.UUID,
    if_match: str | None,
    active: bool | None,
    events: list[AppointmentEvent] | None,
) -> WebhookEndpoint:
    """Other events, off, or on again. Raises NotFound, StaleVersion."""
    row = get_row(session, WebhookEndpoint, endpoint_id, lock=True)
    _may(actor, row.location_id)
    check_if_match(row, if_match)
    if events is not None:
        row.events = sorted({one.value for one in events})
    if active is not None:
        row.active, row.disabled, row.failing_since = active, None, None
    session.flush()
    session.refresh(row)
    return row


def replay(session: Session, actor: Actor, delivery_id: uuid.UUID) -> WebhookDelivery:
    """Tell it again, whatever came of it, for another day. Raises Invalid for an endpoint that is off."""
    row = get_row(session, WebhookDelivery, delivery_id, lock=True)
    endpoint = get_row(session, WebhookEndpoint, row.webhook_endpoint_id)
    _may(actor, endpoint.location_id)
    if not endpoint.active:
        raise Invalid("webhook_endpoint: it is off; switch it on first.")
    now = clock.now()
    row.status, row.due_at, row.give_up_at, row.attempts = (
        DeliveryStatus.PENDING,
        now,
        now + timedelta(days=1),
        0,
    )
    session.flush()
    return row


def add_feed(
    session: Session, actor: Actor, staff_id: uuid.UUID, *, shows_place: bool
) -> tuple[CalendarFeed, str]:
    """A feed and its token, which is not shown again. Showing more than "busy" is the owner's to allow."""
    actor.require_everywhere(Permission.ORGANIZATION_MANAGE if shows_place else Permission.STAFF_MANAGE)
    get_row(session, StaffMember, staff_id)
    token = tokens.new_token()
    row = CalendarFeed(
        org_id=organization_of(session), staff_id=staff_id, token_digest=tokens.digest(token),
        shows_place=shows_place, added_by=actor.staff_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, token


def revoke_feed(session: Session, actor: Actor, feed_id: uuid.UUID) -> CalendarFeed:
    """Its link shows nothing any more. Again changes nothing."""
    actor.require_everywhere(Permission.STAFF_MANAGE)
    row = get_row(session, CalendarFeed, feed_id, lock=True)
    row.revoked_at = row.revoked_at or clock.now()
    session.flush()
    return row


def endpoints_of(actor: Actor) -> Select[WebhookEndpoint]:
    """Those the actor may change: of the locations where keys are theirs to manage."""
    places = actor.places_of(Permission.API_KEY_MANAGE)
    found = select(WebhookEndpoint)
    return found if places is None else found.where(WebhookEndpoint.location_id.in_(places))


def deliveries_of(actor: Actor) -> Select[WebhookDelivery]:
    """What those endpoints were told, or are to be told."""
    own = endpoints_of(actor).with_only_columns(WebhookEndpoint.id)
    return select(WebhookDelivery).where(WebhookDelivery.webhook_endpoint_id.in_(own))


def feeds_of(actor: Actor) -> Select[CalendarFeed]:
    """Of the whole organization, for who manages staff everywhere; a feed belongs to no location."""
    found = select(CalendarFeed)
    return found if actor.places_of(Permission.STAFF_MANAGE) is None else found.where(false())


def _may(actor: Actor, location_id: uuid.UUID | None) -> None:
    if location_id is None:
        actor.require_everywhere(Permission.API_KEY_MANAGE)
    actor.require(Permission.API_KEY_MANAGE, location_id)
