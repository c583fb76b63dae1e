"""Who somebody is whose name and mobile were typed at the desk: a record that is there, or a new one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.client_records import open_client
from operational.clients import search, service
from operational.clients.schemas import ClientCreate, ClientView
from operational.identity.unit import Unit
from operational.privacy.schemas import render, render_many
from operational.schemas import from_form
from operational.text import clean_line

SHOWN = 6
SOMEBODY_NEW = "new"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was written, and whom it was said to mean: an id, SOMEBODY_NEW, or nothing yet."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    client: str = ""


class WhoIsIt(Invalid):
    """There are records that fit: somebody has to say whether it is one of them."""

    title = "There are records that fit"

    def __init__(self) -> None:
        super().__init__("Say whether it is one of those that are known, or somebody new.")


def fitting(unit: Unit, typed: Typed) -> list[ClientView]:
    """The records that fit the number, else the name. Empty for who may not read clients."""
    if not unit.actor.may(Permission.CLIENT_READ):
        return []
    for sought in (typed.phone, f"{typed.first_name} {typed.last_name}"):
        try:
            rows, _ = search.search(unit.session, clean_line(sought), SHOWN, None)
        except (Invalid, ValueError):
            continue
        if rows:
            return render_many(unit.session, unit.actor, "client.search", ClientView, rows)
    return []


def meant(unit: Unit, typed: Typed) -> uuid.UUID:
    """The record that is meant, made when there is none. Raises WhoIsIt, Invalid, Forbidden, NotFound."""
    return meant_of_all(unit, [typed])[0]


def meant_of_all(unit: Unit, people: Sequence[Typed]) -> list[uuid.UUID]:
    """As `meant`. All are looked for before any is made: nobody fits a record that is made for another."""
    found = [_known_or_new(unit, one) for one in people]
    return [
        one
        if isinstance(one, uuid.UUID)
        else service.create_client(unit.session, unit.actor, one.model_dump())[0].id
        for one in found
    ]


def _known_or_new(unit: Unit, typed: Typed) -> uuid.UUID | ClientCreate:
    if typed.client and typed.client != SOMEBODY_NEW:
        try:
            return open_client(unit.session, uuid.UUID(typed.client)).id
        except ValueError:
            raise Invalid("Choose one of the clients that are shown.") from None
    new = from_form(
        ClientCreate,
        first_name=typed.first_name,
        last_name=typed.last_name,
        phone=typed.phone.strip() or None,
    )
    if not typed.client and fitting(unit, typed):
        raise WhoIsIt
    return new


def one(unit: Unit, client_id: uuid.UUID) -> ClientView | None:
    """Somebody who was chosen on another page; None for who may not read clients."""
    if not unit.actor.may(Permission.CLIENT_READ):
        return None
    row = open_client(unit.session, client_id)
    return render(unit.session, unit.actor, "client.card", ClientView, row)
