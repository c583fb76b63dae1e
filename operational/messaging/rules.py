"""How a location writes to its clients, and what clients allow: reading and changing both."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.vocabulary import Channel, ContactUse, Permission
from operational.client_records import of_client, open_client
from operational.etag import check_if_match
from operational.identity.access import Actor
from operational.messaging.errors import NumberTaken
from operational.messaging.reach import DEFAULTS
from operational.models import Client, ContactConsent, Location, LocationMessaging
from operational.rows import get_row


@dataclass(frozen=True, slots=True)
class Said:
    """What holds for one channel and use of a client."""

    client_id: uuid.UUID
    channel: Channel
    use: ContactUse
    granted: bool
    said_at: dt.datetime | None
    source: str | None


def rules_of(session: Session, location_id: uuid.UUID, *, lock: bool = False) -> LocationMessaging | None:
    get_row(session, Location, location_id)
    statement = select(LocationMessaging).where(LocationMessaging.location_id == location_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def set_rules(
    session: Session, actor: Actor, location_id: uuid.UUID, if_match: str | None, values: dict[str, Any]
) -> LocationMessaging:
    """Replace them; the first time without an ETag. Raises StaleVersion, VersionMissing, NumberTaken."""
    actor.require(Permission.ORGANIZATION_MANAGE, location_id)
    row = rules_of(session, location_id, lock=True)
    if row is None:
        row = LocationMessaging(org_id=organization_of(session), location_id=location_id, **values)
        session.add(row)
    else:
        check_if_match(row, if_match)
        for name, value in values.items():
            setattr(row, name, value)
    try:
        session.flush()
    except IntegrityError as error:
        if "ex_location_messaging_sms_from" in str(error.orig):
            raise NumberTaken("Use a number that your own messenger account owns.") from error
        raise
    session.refresh(row)
    return row


def consents(session: Session, client_id: uuid.UUID) -> Iterator[Said]:
    """What holds for every channel and use. Needs an open audit."""
    get_row(session, Client, client_id)
    newest: dict[tuple[Channel, ContactUse], ContactConsent] = {}
    for row in session.scalars(
        select(ContactConsent)
        .where(of_client(ContactConsent.client_id, client_id))
        .order_by(ContactConsent.created_at, ContactConsent.id)
    ):
        newest[row.channel, row.use] = row
    for channel in Channel:
        for use in ContactUse:
            said = newest.get((channel, use))
            if said is None:
                yield Said(client_id, channel, use, DEFAULTS[use], None, None)
            else:
                yield Said(client_id, channel, use, said.granted, said.created_at, said.source)


def note_consent(
    session: Session,
    actor: Actor,
    client_id: uuid.UUID,
    channel: Channel,
    use: ContactUse,
    granted: bool,
    source: str,
) -> None:
    """What a client said about being written to, as somebody wrote it down."""
    actor.require(Permission.CLIENT_WRITE)
    open_client(session, client_id)
    session.add(
        ContactConsent(
            org_id=organization_of(session), client_id=client_id, channel=channel, use=use, granted=granted,
            source=source, staff_id=actor.staff_id,
        )
    )  # fmt: skip
    session.flush()
