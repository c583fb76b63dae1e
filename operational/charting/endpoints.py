"""The chart over HTTP: notes, treatment records, exams, recall. Stock is stock_endpoints.py."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response, status
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission, Purpose
from operational.charting import exams, notes, schemas, stock_endpoints, treatments
from operational.client_records import of_client
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import ChartNote, Client, GoodFaithExam, TreatmentRecord
from operational.paging import Cursor, Limit, Page, by_id
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["chart"])
router.include_router(stock_endpoints.router)

Reader = Annotated[Unit, Depends(needs(Permission.CHART_READ, phi=Purpose.TREATMENT), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.CHART_WRITE, phi=Purpose.TREATMENT), scope="function")]
Signer = Annotated[Unit, Depends(needs(Permission.CHART_SIGN, phi=Purpose.TREATMENT), scope="function")]


@router.post("/clients/{client_id}/notes", status_code=status.HTTP_201_CREATED)
def write_note(
    client_id: uuid.UUID, sent: schemas.NewNote, unit: Writer, response: Response
) -> schemas.NoteOut:
    """A draft; only its author edits and signs it."""
    return _note(unit, response, notes.write(unit.session, unit.actor, unit.vault, client_id, sent))


@router.get("/clients/{client_id}/notes")
def list_notes(
    client_id: uuid.UUID, unit: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.NoteOut]:
    get_row(unit.session, Client, client_id)
    statement = select(ChartNote).where(
        ChartNote.org_id == unit.actor.org_id, of_client(ChartNote.client_id, client_id)
    )
    rows, after = by_id(unit.session, statement, ChartNote.id, limit, cursor)
    opened = [notes.opened(unit.session, unit.vault, row) for row in rows]
    shown = render_many(unit.session, unit.actor, "chart.notes", schemas.NoteOut, opened)
    return Page(items=shown, next_cursor=after)


@router.get("/notes/{note_id}")
def read_note(note_id: uuid.UUID, unit: Reader, response: Response) -> schemas.NoteOut:
    return _note(unit, response, get_row(unit.session, ChartNote, note_id))


@router.put("/notes/{note_id}")
def rewrite_note(
    note_id: uuid.UUID, sent: schemas.NoteText, unit: Writer, response: Response, if_match: IfMatch = None
) -> schemas.NoteOut:
    """Change a draft. A signed note is never changed."""
    row = notes.rewrite(unit.session, unit.actor, unit.vault, note_id, sent.body, if_match)
    return _note(unit, response, row)


@router.post("/notes/{note_id}/sign")
def sign_note(
    note_id: uuid.UUID, unit: Signer, response: Response, if_match: IfMatch = None
) -> schemas.NoteOut:
    return _note(unit, response, notes.sign(unit.session, unit.actor, note_id, if_match))


@router.post("/notes/{note_id}/addenda", status_code=status.HTTP_201_CREATED)
def add_addendum(
    note_id: uuid.UUID, sent: schemas.NoteText, unit: Writer, response: Response
) -> schemas.NoteOut:
    """A dated addition to a signed note."""
    notes.add(unit.session, unit.actor, unit.vault, note_id, sent.body)
    return _note(unit, response, get_row(unit.session, ChartNote, note_id))


@router.post("/treatment-records", status_code=status.HTTP_201_CREATED)
def write_treatment(sent: schemas.NewTreatment, unit: Writer, response: Response) -> schemas.TreatmentOut:
    """Chart an item of an arrived visit, as a draft."""
    return _record(unit, response, treatments.write(unit.session, unit.actor, unit.vault, sent))


@router.get("/treatment-records/{record_id}")
def read_treatment(record_id: uuid.UUID, unit: Reader, response: Response) -> schemas.TreatmentOut:
    return _record(unit, response, get_row(unit.session, TreatmentRecord, record_id))


@router.put("/treatment-records/{record_id}")
def rewrite_treatment(
    record_id: uuid.UUID,
    sent: schemas.NewTreatment,
    unit: Writer,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.TreatmentOut:
    row = treatments.rewrite(unit.session, unit.actor, unit.vault, record_id, sent, if_match)
    return _record(unit, response, row)


@router.post("/treatment-records/{record_id}/sign")
def sign_treatment(
    record_id: uuid.UUID, unit: Signer, response: Response, if_match: IfMatch = None
) -> schemas.TreatmentOut:
    """Sign a draft: its quantity leaves the lot and it never changes again."""
    return _record(unit, response, treatments.sign(unit.session, unit.actor, record_id, if_match))


@router.get("/clients/{client_id}/treatment-records")
def list_treatments(
    client_id: uuid.UUID, unit: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.TreatmentOut]:
    get_row(unit.session, Client, client_id)
    statement = select(TreatmentRecord).where(
        TreatmentRecord.org_id == unit.actor.org_id, of_client(TreatmentRecord.client_id, client_id)
    )
    rows, after = by_id(unit.session, statement, TreatmentRecord.id, limit, cursor)
    opened = [treatments.opened(unit.session, unit.vault, row) for row in rows]
    shown = render_many(unit.session, unit.actor, "chart.treatments", schemas.TreatmentOut, opened)
    return Page(items=shown, next_cursor=after)


@router.post("/clients/{client_id}/exams", status_code=status.HTTP_201_CREATED)
def record_exam(client_id: uuid.UUID, sent: schemas.NewExam, unit: Signer) -> schemas.ExamOut:
    """A good-faith exam; it holds from its date until `valid_until`, not included."""
    row = exams.record(unit.session, unit.actor, client_id, sent)
    return render(unit.session, unit.actor, "chart.exam", schemas.ExamOut, row)


@router.get("/clients/{client_id}/exams")
def list_exams(
    client_id: uuid.UUID, unit: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.ExamOut]:
    get_row(unit.session, Client, client_id)
    statement = select(GoodFaithExam).where(
        GoodFaithExam.org_id == unit.actor.org_id, GoodFaithExam.client_id == client_id
    )
    rows, after = by_id(unit.session, statement, GoodFaithExam.id, limit, cursor)
    shown = render_many(unit.session, unit.actor, "chart.exams", schemas.ExamOut, rows)
    return Page(items=shown, next_cursor=after)


def _note(unit: Unit, response: Response, row: ChartNote) -> schemas.NoteOut:
    set_etag(response, row)
    opened = notes.opened(unit.session, unit.vault, row)
    return render(unit.session, unit.actor, "chart.note", schemas.NoteOut, opened)


def _record(unit: Unit, response: Response, row: TreatmentRecord) -> schemas.TreatmentOut:
    set_etag(response, row)
    opened = treatments.opened(unit.session, unit.vault, row)
    return render(unit.session, unit.actor, "chart.treatment", schemas.TreatmentOut, opened)
