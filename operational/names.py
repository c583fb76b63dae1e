"""Names of what ids stand for, for pages. Records themselves are the areas'."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.models import Client, Location, Product, Resource, Service, StaffMember
from operational.privacy.schemas import PhiSchema, render_many

Named = type[Location] | type[Product] | type[Resource] | type[Service] | type[StaffMember]


class ClientName(PhiSchema):
    """Who it is, and nothing else."""

    __client_field__: ClassVar[str | None] = "id"

    id: uuid.UUID
    first_name: str
    last_name: str


def names_of(session: Session, model: Named, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Id → how the record is called."""
    column = StaffMember.label if model is StaffMember else model.name  # type: ignore[union-attr]
    wanted = {one for one in ids if one is not None}
    return {row.id: row[1] for row in session.execute(select(model.id, column).where(model.id.in_(wanted)))}


def local_times(session: Session) -> Callable[[datetime, uuid.UUID | None], datetime]:
    """(time, location) → the time on the location's clock; in UTC where there is no location."""
    rows = session.execute(select(Location.id, Location.timezone))
    zones: dict[uuid.UUID | None, tzinfo] = {row.id: ZoneInfo(row.timezone) for row in rows}
    return lambda at, location_id: at.astimezone(zones.get(location_id, UTC))


def client_name(
    session: Session, actor: Actor, client_id: uuid.UUID, location_id: uuid.UUID | None
) -> str | None:
    """For who may read clients there, recorded as shown; None for anybody else."""
    return client_names(session, actor, [(client_id, location_id)]).get((client_id, location_id))


def client_names(
    session: Session, actor: Actor, named: Iterable[tuple[uuid.UUID | None, uuid.UUID | None]]
) -> dict[tuple[uuid.UUID, uuid.UUID | None], str]:
    """As client_name, in one question, by (client, location) of each record that names one."""
    open_to = {(one, at) for one, at in set(named) if one and actor.may(Permission.CLIENT_READ, at)}
    wanted = {one for one, _ in open_to}
    if not wanted:
        return {}
    rows = session.execute(
        select(Client.id, Client.first_name, Client.last_name).where(Client.id.in_(wanted))
    )
    shown = render_many(session, actor, "client.name", ClientName, rows)
    names = {one.id: f"{one.first_name} {one.last_name}".strip() for one in shown}
    return {(one, at): names[one] for one, at in open_to if one in names}
