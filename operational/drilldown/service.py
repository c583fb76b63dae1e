"""Opens the record that a token of the warehouse stands for. Rendering it is its own area's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.models import Appointment, Invoice, Payment

Kind = Literal["invoice", "payment", "appointment"]
_OPENED: dict[str, tuple[Any, Permission, str]] = {
    "invoice": (Invoice, Permission.INVOICE_READ, "/v1/invoices"),
    "payment": (Payment, Permission.INVOICE_READ, "/v1/payments"),
    "appointment": (Appointment, Permission.BOOKING_READ, "/v1/appointments"),
}


class Detoken(Protocol):
    """Turns a token into the row id it stands for."""

    def __call__(self, session: Session, token: uuid.UUID) -> uuid.UUID: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """The record behind a token."""

    kind: str
    id: uuid.UUID
    client_id: uuid.UUID
    link: str


def open_token(session: Session, actor: Actor, detoken: Detoken, kind: Kind, token: uuid.UUID) -> Opened:
    """Raises NotFound for a token of another organization, another kind or of nothing; Forbidden."""
    model, permission, path = _OPENED[kind]
    actor.require(permission)
    row_id = detoken(session, token)
    found = session.execute(
        select(model.id, model.client_id, model.location_id).where(
            model.org_id == organization_of(session), model.id == row_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound("This link opens no record that you may see.")
    actor.require(permission, found.location_id)
    return Opened(kind, found.id, found.client_id, f"{path}/{found.id}")
