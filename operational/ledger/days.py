"""Which business day a location is on. Closing a day is in close.py."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.clock import now

_DAY = text("select ledger_day(:location_id, cast(:business_date as date), :at)")


def open_business_date(session: Session, location_id: UUID) -> date:
    """The business date of now or, when the books are closed up to it, the first day after them.

    The day is made when it does not exist and held open until the transaction ends, so a document
    dated with it and its postings always agree.
    """
    found: date = session.execute(
        _DAY, {"location_id": location_id, "business_date": None, "at": now()}
    ).scalar_one()
    return found


def ensure_open(session: Session, location_id: UUID, business_date: date) -> None:
    """Hold a given day open until the transaction ends.

    The database refuses a closed day, a day before the last closed one and a day that has not begun.
    """
    session.execute(_DAY, {"location_id": location_id, "business_date": business_date, "at": now()})
