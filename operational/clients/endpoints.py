"""Clients: search, card, creation and editing. Every answer is audited with the clients it showed."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import AfterValidator

from medspa.kernel.vocabulary import Permission, Purpose
from operational.clients import desk_endpoints, duplicates, search, service
from operational.clients.duplicates import Duplicate
from operational.clients.schemas import (
    ClientChange,
    ClientCreate,
    ClientSaved,
    ClientView,
    DuplicateList,
    DuplicateView,
)
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models.client import Client
from operational.paging import Cursor, Limit, Page
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row
from operational.text import clean_line

router = AreaRouter(prefix="/v1", tags=["clients"])
router.include_router(desk_endpoints.router)

Reader = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.CLIENT_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Sought = Annotated[
    str | None,
    Query(
        min_length=search.MIN_QUERY,
        max_length=100,
        description="Beginning of a name, end of a phone number, or beginning of an e-mail address.",
    ),
    AfterValidator(lambda value: value if value is None else clean_line(value)),
]


@router.get("/clients")
def list_clients(
    unit: Reader, query: Sought = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ClientView]:
    """Clients by name, in the order of names."""
    rows, following = search.search(unit.session, query, limit, cursor)
    views = render_many(unit.session, unit.actor, "client.search", ClientView, rows)
    return Page(items=views, next_cursor=following)


@router.post("/clients", status_code=201)
def create_client(unit: Writer, response: Response, body: ClientCreate) -> ClientSaved:
    """Saves the client, and answers the records that look like the same person."""
    client, found = service.create_client(unit.session, unit.actor, body.model_dump())
    set_etag(response, client)
    return _saved(unit, client, found)


@router.get("/clients/{client_id}")
def show_client(unit: Reader, response: Response, client_id: uuid.UUID) -> ClientView:
    client = get_row(unit.session, Client, client_id)
    set_etag(response, client)
    return render(unit.session, unit.actor, "client.card", ClientView, client)


@router.patch("/clients/{client_id}")
def edit_client(
    unit: Writer, response: Response, client_id: uuid.UUID, body: ClientChange, if_match: IfMatch = None
) -> ClientSaved:
    values = body.model_dump(exclude_unset=True)
    client, found = service.edit_client(unit.session, unit.actor, client_id, if_match, values)
    set_etag(response, client)
    return _saved(unit, client, found)


@router.get("/clients/{client_id}/duplicates")
def list_duplicates(unit: Reader, client_id: uuid.UUID) -> DuplicateList:
    """The records flagged as possible doubles of this one, until somebody decides."""
    get_row(unit.session, Client, client_id)
    return DuplicateList(items=duplicates_shown(unit, duplicates.flagged(unit.session, client_id)))


def _saved(unit: Unit, client: Client, found: list[Duplicate]) -> ClientSaved:
    view = render(unit.session, unit.actor, "client.card", ClientView, client)
    return ClientSaved(client=view, duplicates=duplicates_shown(unit, found))


def duplicates_shown(unit: Unit, found: list[Duplicate]) -> list[DuplicateView]:
    fields = [name for name in DuplicateView.model_fields if name != "reason"]
    values = [{**{name: getattr(row, name) for name in fields}, "reason": reason} for row, reason in found]
    return render_many(unit.session, unit.actor, "client.duplicates", DuplicateView, values)
