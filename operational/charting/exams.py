"""Good-faith exams: who examined whom for what, and until when it holds."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.charting.schemas import NewExam
from operational.client_records import open_client
from operational.identity.access import Actor
from operational.models import GoodFaithExam, TreatmentCategory
from operational.rows import add_row, get_row

LONGEST = dt.timedelta(days=731)


def record(session: Session, actor: Actor, client_id: uuid.UUID, sent: NewExam) -> GoodFaithExam:
    """Keep an examination. Raises Invalid for dates in the future, reversed, or over two years apart."""
    actor.require(Permission.CHART_SIGN)
    if sent.examined_on > clock.now().date() + dt.timedelta(days=1):
        raise Invalid("examined_on: it lies in the future.")
    if not dt.timedelta() < sent.valid_until - sent.examined_on <= LONGEST:
        raise Invalid("valid_until: choose a date after the exam, at most two years later.")
    client = open_client(session, client_id)
    category = get_row(session, TreatmentCategory, sent.category_id)
    return add_row(
        session,
        GoodFaithExam(
            org_id=actor.org_id,
            client_id=client.id,
            category_id=category.id,
            examiner_id=actor.staff_id or actor.id,
            examined_on=sent.examined_on,
            valid_until=sent.valid_until,
        ),
    )


def holds(session: Session, client_id: uuid.UUID, category_id: uuid.UUID, on: dt.date) -> bool:
    """Whether an exam of the client covers the category on the date."""
    found = session.scalar(
        select(GoodFaithExam.id)
        .where(
            GoodFaithExam.client_id == client_id,
            GoodFaithExam.category_id == category_id,
            GoodFaithExam.examined_on <= on,
            GoodFaithExam.valid_until > on,
        )
        .limit(1)
    )
    return found is not None
