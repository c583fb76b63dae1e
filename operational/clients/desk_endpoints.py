"""Notes, households, doubles and merges of clients over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Annotated, Any

from fastapi import Depends, Query, Response

from medspa.kernel.vocabulary import Permission, Purpose
from operational.clients import desk_schemas as schemas
from operational.clients import household, merge, merging, notes, unmerge
from operational.etag import IfMatch
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Client, ClientMerge, StaffMember
from operational.names import names_of
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter()

Reader = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.CLIENT_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Merger = Annotated[Unit, Depends(needs(Permission.CLIENT_MERGE, phi=Purpose.OPERATIONS), scope="function")]


@router.get("/clients/{client_id}/desk-notes")
def list_notes(unit: Reader, client_id: uuid.UUID) -> schemas.NoteList:
    """Notes of the desk, the newest first."""
    get_row(unit.session, Client, client_id)
    found = notes.standing(unit.session, unit.vault, client_id)
    return schemas.NoteList(
        items=render_many(unit.session, unit.actor, "client.notes", schemas.NoteView, found)
    )


@router.post("/clients/{client_id}/desk-notes", status_code=201)
def write_note(unit: Writer, client_id: uuid.UUID, body: schemas.NewNote) -> schemas.NoteView:
    note = notes.write(unit.session, unit.actor, unit.vault, client_id, body.body)
    author = names_of(unit.session, StaffMember, [note.author_id]).get(note.author_id)
    shown = notes.opened(unit.session, unit.vault, note, author)
    return render(unit.session, unit.actor, "client.note", schemas.NoteView, shown)


@router.delete("/client-notes/{client_note_id}", status_code=204)
def strike_note(unit: Writer, client_note_id: uuid.UUID) -> None:
    """Strike a note out. It is kept and shown to nobody."""
    notes.strike(unit.session, unit.actor, client_note_id)


@router.get("/clients/{client_id}/household")
def show_household(unit: Reader, client_id: uuid.UUID) -> schemas.MemberList:
    get_row(unit.session, Client, client_id)
    return _household(unit, client_id)


@router.post("/clients/{client_id}/household")
def add_to_household(unit: Writer, client_id: uuid.UUID, body: schemas.NewMember) -> schemas.MemberList:
    household.join(unit.session, unit.actor, client_id, body.client_id)
    return _household(unit, client_id)


@router.put("/clients/{client_id}/payer")
def set_payer(unit: Writer, client_id: uuid.UUID, body: schemas.PayerChange) -> schemas.MemberList:
    """Who pays for the client: their balances are offered at checkout."""
    household.set_payer(unit.session, unit.actor, client_id, body.payer_id)
    return _household(unit, client_id)


@router.delete("/clients/{client_id}/household", status_code=204)
def leave_household(unit: Writer, client_id: uuid.UUID) -> None:
    household.leave(unit.session, unit.actor, client_id)


@router.post("/clients/{client_id}/duplicates/{other_client_id}/dismiss")
def dismiss_duplicate(unit: Writer, client_id: uuid.UUID, other_client_id: uuid.UUID) -> schemas.Settled:
    """They are different people: the pair is not shown again."""
    for one in (client_id, other_client_id):
        get_row(unit.session, Client, one)
    return schemas.Settled(pairs=merge.dismiss(unit.session, client_id, other_client_id))


@router.get("/clients/{client_id}/merge-preview")
def preview_merge(
    unit: Merger,
    response: Response,
    client_id: uuid.UUID,
    other_client_id: uuid.UUID,
    take: Annotated[list[merging.Detail] | None, Query(max_length=20)] = None,
) -> schemas.MergePreview:
    """What merging the other record into this one would do."""
    seen, version = previewed(unit, client_id, other_client_id, take or ())
    response.headers["ETag"] = version
    return seen


def previewed(
    unit: Unit, client_id: uuid.UUID, other_id: uuid.UUID, take: Collection[str]
) -> tuple[schemas.MergePreview, str]:
    """The preview, and the version that the merge wants back."""
    seen = merging.preview(unit.session, unit.actor, client_id, other_id, take)
    view = render(unit.session, unit.actor, "client.merge", schemas.MergePreview, _shown(seen))
    return view, f'"{seen.version}"'


@router.post("/clients/{client_id}/merges", status_code=201)
def merge_client(
    unit: Merger, client_id: uuid.UUID, body: schemas.NewMerge, if_match: IfMatch = None
) -> schemas.MergeView:
    """Merge another record into this one. Send the preview's ETag."""
    done = merge.merge(unit.session, unit.actor, unit.vault, client_id, body.client_id, body.take, if_match)
    return _view(done)


@router.get("/clients/{client_id}/merges")
def list_merges(unit: Merger, client_id: uuid.UUID) -> schemas.MergeList:
    """What was merged into this record and can still be undone."""
    get_row(unit.session, Client, client_id)
    return schemas.MergeList(items=[_view(one) for one in unmerge.standing_merges(unit.session, client_id)])


@router.post("/client-merges/{client_merge_id}/undo")
def undo_merge(unit: Merger, client_merge_id: uuid.UUID) -> schemas.MergeView:
    """Part the records again, as they were. Refused with reasons once something rests on the merge."""
    return _view(unmerge.undo(unit.session, unit.actor, unit.vault, client_merge_id))


def _shown(seen: merging.Preview) -> dict[str, Any]:
    """A preview as its answer has it."""
    return {
        "survivor_id": seen.survivor.id,
        "merged_id": seen.merged.id,
        "fields": [
            {
                "field": one.field,
                "survivor": _text(one.survivor),
                "merged": _text(one.merged),
                "wins": one.wins,
            }
            for one in seen.fields
        ],
        "flags": seen.flags,
        "moves": {name: count for name, count in seen.moves.items() if count},
        "stays": {name: count for name, count in seen.stays.items() if count},
        "balances": {whose: vars(held) for whose, held in seen.balances.items()},
        "conflicts": seen.conflicts,
        "blocked": seen.blocked,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def household_of(unit: Unit, client_id: uuid.UUID) -> list[schemas.MemberView]:
    rows = [
        {"id": one.client.id, "first_name": one.client.first_name, "last_name": one.client.last_name,
         "payer_id": one.payer_id}
        for one in household.members(unit.session, client_id)
    ]  # fmt: skip
    return render_many(unit.session, unit.actor, "client.household", schemas.MemberView, rows)


def _household(unit: Unit, client_id: uuid.UUID) -> schemas.MemberList:
    return schemas.MemberList(items=household_of(unit, client_id))


def _view(done: ClientMerge) -> schemas.MergeView:
    return schemas.MergeView.model_validate(done, from_attributes=True)
