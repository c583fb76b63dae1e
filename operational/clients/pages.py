"""Pages of clients: the list with search, and a person's page for the desk. Charts are not shown here.

Everything shown is rendered as the API's answers are; every form ends in the service the API calls.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy import select

from medspa.kernel.errors import Invalid, StaleVersion
from medspa.kernel.vocabulary import ClientFlag, Permission, Purpose
from medspa.ui.values import money
from operational.checkout import views
from operational.client_records import open_client, root_of
from operational.clients import (
    desk_endpoints,
    duplicates,
    endpoints,
    household,
    merge,
    notes,
    search,
    service,
    unmerge,
)
from operational.clients.desk_schemas import NewNote, NoteView
from operational.clients.page_views import durations, visits
from operational.clients.schemas import ClientChange, ClientCreate, ClientView
from operational.etag import etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Client, Location
from operational.online.kept_cards import KeptCard, kept
from operational.pages import page, page_router, redirect
from operational.privacy.schemas import render, render_many
from operational.rows import get_row
from operational.schemas import from_form
from operational.text import clean_line

AREA = "operational.clients"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.CLIENT_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Merger = Annotated[Unit, Depends(needs(Permission.CLIENT_MERGE, phi=Purpose.OPERATIONS), scope="function")]
Text = Annotated[str, Form(max_length=4_000)]
PAGE = 50
_FOUND_MANY = "Write so much of the name or the phone number that it is one client's only."


@pages.get("/clients")
def list_clients(
    request: Request,
    unit: Reader,
    query: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    wrong: str | None = None
    rows: list[Client] = []
    following: str | None = None
    try:
        sought = clean_line(query) if query.strip() else None
        rows, following = search.search(unit.session, sought, PAGE, cursor)
    except (Invalid, ValueError) as error:
        wrong = _said(error).removeprefix("query: ").capitalize()
    found = render_many(unit.session, unit.actor, "client.search", ClientView, rows)
    return page(
        AREA, "clients.html", request, unit,
        found=found, query=query, following=following, wrong=wrong, typed={}, refused="",
        may_write=unit.actor.may(Permission.CLIENT_WRITE),
    )  # fmt: skip


@pages.post("/clients")
def create_client(
    request: Request,
    unit: Writer,
    first_name: Text = "",
    last_name: Text = "",
    phone: Text = "",
    email: Text = "",
) -> Response:
    typed = {"first_name": first_name, "last_name": last_name, "phone": phone, "email": email}
    try:
        sent = from_form(ClientCreate, **_sent(typed))
    except Invalid as error:
        return page(
            AREA, "clients.html", request, unit, 422,
            found=None, query="", following=None, wrong=None, may_write=True,
            typed=typed, refused=error.detail,
        )  # fmt: skip
    client, _ = service.create_client(unit.session, unit.actor, sent.model_dump())
    return redirect(f"/clients/{client.id}")


@pages.get("/clients/{client_id}")
def show_client(request: Request, client_id: uuid.UUID, unit: Reader) -> Response:
    return _client(request, unit, client_id)


def _client(
    request: Request,
    unit: Unit,
    client_id: uuid.UUID,
    status: int = 200,
    refused: str = "",
    at: str = "",
    typed: Mapping[str, str] = {},
) -> Response:
    """Their page. `refused`: what is wrong with what was typed into the form `at`."""
    session, actor = unit.session, unit.actor
    actor.require(Permission.CLIENT_READ)
    row = get_row(session, Client, client_id)
    if row.merged_into_id is not None:
        return redirect(f"/clients/{root_of(session, client_id)}")
    coming, past = visits(unit, client_id) if actor.may(Permission.BOOKING_READ) else ([], [])
    balances = None
    if actor.may(Permission.INVOICE_READ):
        held = views.balances_with_payer(session, actor, client_id)
        balances = render(session, actor, "client.balances", views.BalancesView, held)
    may_merge = actor.places_of(Permission.CLIENT_MERGE) is None
    return page(
        AREA, "client.html", request, unit, status,
        refused=refused, at=at, typed=typed,
        client=render(session, actor, "client.card", ClientView, row),
        etag=etag(row),
        flags=list(ClientFlag),
        notes=render_many(
            session, actor, "client.notes", NoteView, notes.standing(session, unit.vault, client_id)
        ),
        members=desk_endpoints.household_of(unit, client_id),
        doubles=endpoints.duplicates_shown(unit, duplicates.flagged(session, client_id)),
        coming=coming, past=past, balances=balances, amount=_amount(unit, row),
        durations=durations(unit, client_id) if actor.may(Permission.BOOKING_READ) else [],
        cards=render_many(session, actor, "client.cards", KeptCard, kept(session, client_id)),
        merges=unmerge.standing_merges(session, client_id) if may_merge else [],
        may_write=actor.may(Permission.CLIENT_WRITE), may_merge=may_merge,
        may_book=actor.may(Permission.BOOKING_WRITE),
    )  # fmt: skip


@pages.post("/clients/{client_id}/details")
def correct_details(
    request: Request,
    client_id: uuid.UUID,
    unit: Writer,
    etag: Text = "",
    first_name: Text = "",
    last_name: Text = "",
    phone: Text = "",
    email: Text = "",
    birth_date: Text = "",
    street: Text = "",
    city: Text = "",
    state: Text = "",
    zip_code: Text = "",
) -> Response:
    """Who they are and where they are reached. What is left empty is cleared."""
    typed = {
        "first_name": first_name, "last_name": last_name, "phone": phone, "email": email,
        "birth_date": birth_date, "street": street, "city": city, "state": state.upper(),
        "zip_code": zip_code,
    }  # fmt: skip
    try:
        sent = from_form(ClientChange, **_sent(typed)).model_dump(exclude_unset=True)
        service.edit_client(unit.session, unit.actor, client_id, etag, sent)
    except Invalid as error:
        return _client(request, unit, client_id, 422, _said(error), "details", typed)
    except StaleVersion as error:
        told = "Somebody changed this record a moment ago: here is what it says now. Correct it once more."
        return _client(request, unit, client_id, error.status, told, "details")
    return redirect(f"/clients/{client_id}")


@pages.post("/clients/{client_id}/notes")
def write_note(request: Request, client_id: uuid.UUID, unit: Writer, body: Text = "") -> Response:
    try:
        sent = from_form(NewNote, body=body)
    except Invalid as error:
        return _client(request, unit, client_id, 422, _said(error), "notes", {"body": body})
    notes.write(unit.session, unit.actor, unit.vault, client_id, sent.body)
    return redirect(f"/clients/{client_id}#notes")


@pages.post("/clients/{client_id}/notes/{note_id}/strike")
def strike_note(client_id: uuid.UUID, note_id: uuid.UUID, unit: Writer) -> Response:
    notes.strike(unit.session, unit.actor, note_id)
    return redirect(f"/clients/{client_id}#notes")


@pages.post("/clients/{client_id}/flags")
def set_flags(
    client_id: uuid.UUID,
    unit: Writer,
    etag: Text,
    flags: Annotated[list[ClientFlag], Form(default_factory=list)],
) -> Response:
    service.edit_client(unit.session, unit.actor, client_id, etag, {"flags": [one.value for one in flags]})
    return redirect(f"/clients/{client_id}")


@pages.post("/clients/{client_id}/household")
def add_to_household(request: Request, client_id: uuid.UUID, unit: Writer, sought: Text = "") -> Response:
    """The one client who is found by what was typed: a phone number or a whole name."""
    try:
        rows, _ = search.search(unit.session, clean_line(sought), 2, None)
        if len(rows) != 1:
            raise Invalid(_FOUND_MANY if rows else "Nobody is found by this.")
    except (Invalid, ValueError) as error:
        told = _said(error).removeprefix("query: ")
        return _client(request, unit, client_id, 422, told, "household", {"sought": sought})
    household.join(unit.session, unit.actor, client_id, rows[0].id)
    return redirect(f"/clients/{client_id}#household")


@pages.post("/clients/{client_id}/household/leave")
def leave_household(client_id: uuid.UUID, unit: Writer) -> Response:
    household.leave(unit.session, unit.actor, client_id)
    return redirect(f"/clients/{client_id}#household")


@pages.post("/clients/{client_id}/payer")
def set_payer(
    client_id: uuid.UUID, unit: Writer, payer: Annotated[uuid.UUID | None, Form()] = None
) -> Response:
    household.set_payer(unit.session, unit.actor, client_id, payer)
    return redirect(f"/clients/{client_id}#household")


@pages.post("/clients/{client_id}/duplicates/{other_id}/dismiss")
def dismiss(client_id: uuid.UUID, other_id: uuid.UUID, unit: Writer) -> Response:
    merge.dismiss(unit.session, open_client(unit.session, client_id).id, other_id)
    return redirect(f"/clients/{client_id}")


@pages.get("/clients/{client_id}/merge")
def preview_merge(
    request: Request,
    client_id: uuid.UUID,
    unit: Merger,
    other: uuid.UUID,
    take: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> Response:
    seen, version = desk_endpoints.previewed(unit, client_id, other, take or ())
    people = render_many(
        unit.session, unit.actor, "client.merge", ClientView,
        [get_row(unit.session, Client, one) for one in (client_id, other)],
    )  # fmt: skip
    return page(
        AREA, "merge.html", request, unit, seen=seen, version=version, survivor=people[0], merged=people[1],
        take=take or [], amount=_amount(unit, get_row(unit.session, Client, client_id)),
    )  # fmt: skip


@pages.post("/clients/{client_id}/merge")
def merge_client(
    client_id: uuid.UUID,
    unit: Merger,
    other: Annotated[uuid.UUID, Form()],
    version: Text,
    take: Annotated[list[str], Form(default_factory=list)],
) -> Response:
    merge.merge(unit.session, unit.actor, unit.vault, client_id, other, take, version)
    return redirect(f"/clients/{client_id}")


@pages.post("/client-merges/{merge_id}/undo")
def undo_merge(merge_id: uuid.UUID, unit: Merger) -> Response:
    done = unmerge.undo(unit.session, unit.actor, unit.vault, merge_id)
    return redirect(f"/clients/{done.survivor_id}")


def _sent(typed: Mapping[str, str]) -> dict[str, str | None]:
    """Nobody is without a name; everything else may be left empty."""
    return {name: value if name.endswith("_name") else value.strip() or None for name, value in typed.items()}


def _said(error: Exception) -> str:
    return str(getattr(error, "detail", error))


def _amount(unit: Unit, client: Client) -> Callable[[int], str]:
    """How amounts of the client are written: in the currency of their location, or of the first."""
    places = select(Location.currency).order_by((Location.id == client.home_location_id).desc(), Location.id)
    currency = unit.session.scalars(places.limit(1)).first() or ""
    return lambda minor: money(minor, currency)
