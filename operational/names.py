"""Names of what ids stand for, for pages. Records themselves are the areas'."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.models import Client, Location, Product, Service, StaffMember
from operational.privacy.schemas import PhiSchema, render

Named = type[Location] | type[Product] | type[Service] | type[StaffMember]


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


def client_name(
    session: Session, actor: Actor, client_id: uuid.UUID, location_id: uuid.UUID | None
) -> str | None:
    """For who may read clients there, recorded as shown; None for anybody else."""
    if not actor.may(Permission.CLIENT_READ, location_id):
        return None
    row = session.execute(
        select(Client.id, Client.first_name, Client.last_name).where(Client.id == client_id)
    ).one()
    shown = render(session, actor, "client.name", ClientName, row)
    return f"{shown.first_name} {shown.last_name}".strip()
