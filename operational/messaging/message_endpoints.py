"""Messages over REST: how a location writes, its texts, what was sent, and what clients allow."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Channel, MessageKind, MessageStatus, Permission, Purpose
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.messaging import reading, rules, templates
from operational.messaging.fields import ALLOWED
from operational.messaging.message_schemas import (
    ConsentIn,
    ConsentOut,
    MessageOut,
    MessagingRules,
    MessagingRulesOut,
    ReplyOut,
    SettleIn,
    TemplateIn,
    TemplateOut,
)
from operational.messaging.templates import Chosen
from operational.messaging.texts import Wording
from operational.models import Location, MessageTemplate
from operational.paging import Cursor, Limit, Page
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["messaging"])

SignedIn = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
Reader = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.CLIENT_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Booker = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@router.get("/locations/{location_id}/messaging")
def show_rules(unit: SignedIn, response: Response, location_id: uuid.UUID) -> MessagingRulesOut:
    """404 until they are set: the location writes nothing by itself then."""
    row = rules.rules_of(unit.session, location_id)
    if row is None:
        raise NotFound("This location writes nothing by itself yet: PUT how it should.")
    set_etag(response, row)
    return MessagingRulesOut.model_validate(row)


@router.put("/locations/{location_id}/messaging")
def set_rules(
    unit: Manager, response: Response, location_id: uuid.UUID, body: MessagingRules, if_match: IfMatch = None
) -> MessagingRulesOut:
    """Replaces them. The first time no ETag is needed."""
    row = rules.set_rules(unit.session, unit.actor, location_id, if_match, body.model_dump())
    set_etag(response, row)
    return MessagingRulesOut.model_validate(row)


@router.get("/message-templates")
def list_templates(
    unit: SignedIn, location_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[TemplateOut]:
    """The text that counts at a location for every kind and channel. One page holds them all."""
    get_row(unit.session, Location, location_id)
    found = [
        _template(kind, channel, location_id, chosen)
        for kind, channel, chosen in templates.texts_at(unit.session, location_id)
    ]
    return Page(items=[] if cursor else found[:limit])


@router.post("/message-templates", status_code=201)
def write_template(unit: Manager, body: TemplateIn) -> TemplateOut:
    """A new version of a text; it counts from now on."""
    if body.location_id is not None:
        get_row(unit.session, Location, body.location_id)
    row = templates.write_template(
        unit.session, unit.actor, body.kind, body.channel, body.location_id, body.subject, body.text
    )
    return _version(row)


@router.get("/message-templates/versions")
def list_versions(
    unit: Manager,
    kind: MessageKind,
    channel: Channel,
    location_id: uuid.UUID | None = None,
    limit: Limit = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Page[TemplateOut]:
    """Every version that was written of one text, newest first."""
    rows = [
        row
        for row in templates.versions(unit.session, location_id, kind, channel)
        if cursor is None or row.number < cursor
    ]
    more = str(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[_version(row) for row in rows[:limit]], next_cursor=more)


@router.get("/clients/{client_id}/messages")
def list_client_messages(
    unit: Reader, client_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[MessageOut]:
    """What a client was or will be sent, newest first."""
    items, following = reading.to_client(unit.session, unit.actor, client_id, limit, cursor)
    shown = render_many(unit.session, unit.actor, "messaging.client", MessageOut, items)
    return Page(items=shown, next_cursor=following)


@router.get("/messages")
def list_messages(
    unit: Reader, status: MessageStatus = MessageStatus.UNKNOWN, limit: Limit = 50, cursor: Cursor = None
) -> Page[MessageOut]:
    """Messages of one status, newest first: those of unknown outcome wait for somebody to find out."""
    items, following = reading.with_status(unit.session, unit.actor, status, limit, cursor)
    shown = render_many(unit.session, unit.actor, "messaging.status", MessageOut, items)
    return Page(items=shown, next_cursor=following)


@router.post("/messages/{message_id}/settle")
def settle_message(unit: Booker, message_id: uuid.UUID, body: SettleIn) -> MessageOut:
    """Say what became of a message of unknown outcome. It is not sent again."""
    shown = reading.settle(unit.session, unit.actor, message_id, body.arrived)
    return render(unit.session, unit.actor, "messaging.settle", MessageOut, shown)


@router.get("/message-replies")
def list_replies(unit: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[ReplyOut]:
    """What clients wrote, newest first."""
    items, following = reading.replies(unit.session, unit.actor, limit, cursor)
    shown = render_many(unit.session, unit.actor, "messaging.replies", ReplyOut, items)
    return Page(items=shown, next_cursor=following)


@router.get("/clients/{client_id}/contact-consents")
def list_consents(
    unit: Reader, client_id: uuid.UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[ConsentOut]:
    """What a client allows, per channel and use. One page holds it all."""
    found = [] if cursor else list(rules.consents(unit.session, client_id))[:limit]
    return Page(items=render_many(unit.session, unit.actor, "messaging.consents", ConsentOut, found))


@router.post("/clients/{client_id}/contact-consents", status_code=201)
def note_consent(unit: Writer, client_id: uuid.UUID, body: ConsentIn) -> list[ConsentOut]:
    """Write down what a client said. What counts afterwards is the answer."""
    rules.note_consent(unit.session, unit.actor, client_id, body.channel, body.use, body.granted, body.source)
    found = rules.consents(unit.session, client_id)
    return render_many(unit.session, unit.actor, "messaging.consents", ConsentOut, found)


def _version(row: MessageTemplate) -> TemplateOut:
    chosen = Chosen(Wording(row.body, row.subject), row.id, row.number)
    return _template(row.kind, row.channel, row.location_id, chosen)


def _template(
    kind: MessageKind, channel: Channel, location_id: uuid.UUID | None, chosen: Chosen
) -> TemplateOut:
    return TemplateOut(
        id=chosen.template_id, kind=kind, channel=channel, location_id=location_id, number=chosen.number,
        subject=chosen.wording.subject, text=chosen.wording.body, fields=sorted(ALLOWED[kind]),
    )  # fmt: skip
