"""Message texts of a practice: versions that never change, and which one counts at a location."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Channel, MessageKind, Permission
from operational.identity.access import Actor
from operational.messaging.fields import NEEDS_LINK, check_fields, fields_of
from operational.messaging.naming import refuse_naming
from operational.messaging.texts import Wording, shipped
from operational.models import MessageTemplate

LONGEST_SMS = 480
"""Three parts of a text; a longer one costs more than it tells."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text that counts. `template_id` None: the product's own."""

    wording: Wording
    template_id: uuid.UUID | None = None
    number: int = 0


def write_template(
    session: Session,
    actor: Actor,
    kind: MessageKind,
    channel: Channel,
    location_id: uuid.UUID | None,
    subject: str | None,
    body: str,
) -> MessageTemplate:
    """A new version. Raises Invalid, NamesTreatment, Forbidden."""
    if location_id is None:
        actor.require_everywhere(Permission.ORGANIZATION_MANAGE)
    actor.require(Permission.ORGANIZATION_MANAGE, location_id)
    if shipped(kind, channel) is None:
        raise Invalid("channel: this kind of message travels as a text only.")
    if (channel is Channel.EMAIL) != (subject is not None):
        raise Invalid("subject: e-mail has one, a text has none.")
    if channel is Channel.SMS and len(body) > LONGEST_SMS:
        raise Invalid(f"body: a text has at most {LONGEST_SMS} characters.")
    for one in filter(None, (subject, body)):
        check_fields(kind, one)
    if subject is not None and "link" in fields_of(subject):
        raise Invalid("subject: a link belongs into the body.")
    if kind in NEEDS_LINK and "link" not in fields_of(body):
        raise Invalid("body: without {link} nobody can do what it asks for.")
    refuse_naming(session, subject, body)
    # Two who write at once would get one number.
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"message_template:{actor.org_id}"},
    )
    same = (
        MessageTemplate.location_id.is_not_distinct_from(location_id),
        MessageTemplate.kind == kind,
        MessageTemplate.channel == channel,
    )
    last = session.scalar(select(func.max(MessageTemplate.number)).where(*same)) or 0
    row = MessageTemplate(
        org_id=organization_of(session), location_id=location_id, kind=kind, channel=channel,
        number=last + 1, subject=subject, body=body, written_by=actor.staff_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def text_for(session: Session, location_id: uuid.UUID, kind: MessageKind, channel: Channel) -> Chosen | None:
    """The location's newest text, else the organization's, else the product's."""
    row = session.scalar(
        select(MessageTemplate)
        .where(
            MessageTemplate.kind == kind,
            MessageTemplate.channel == channel,
            MessageTemplate.location_id.is_(None) | (MessageTemplate.location_id == location_id),
        )
        .order_by(MessageTemplate.location_id.is_(None), MessageTemplate.number.desc())
        .limit(1)
    )
    if row is not None:
        return Chosen(Wording(row.body, row.subject), row.id, row.number)
    wording = shipped(kind, channel)
    return None if wording is None else Chosen(wording)


def texts_at(session: Session, location_id: uuid.UUID) -> list[tuple[MessageKind, Channel, Chosen]]:
    """Every text that counts at a location; a kind that does not travel on a channel has none."""
    return [
        (kind, channel, chosen)
        for kind in MessageKind
        for channel in Channel
        if (chosen := text_for(session, location_id, kind, channel)) is not None
    ]


def versions(
    session: Session, location_id: uuid.UUID | None, kind: MessageKind, channel: Channel
) -> Sequence[MessageTemplate]:
    """Every version of one text, newest first."""
    return session.scalars(
        select(MessageTemplate)
        .where(
            MessageTemplate.location_id.is_not_distinct_from(location_id),
            MessageTemplate.kind == kind,
            MessageTemplate.channel == channel,
        )
        .order_by(MessageTemplate.number.desc())
    ).all()
