"""Which business day a location is on. Closing a day is in close.py."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.clock import now
from operational.ledger.errors import translated

_DAY = text("select ledger_day(:location_id, cast(:business_date as date), :at)")


def open_business_date(session: Session, location_id: UUID) -> date:
    """The business date of now or, when the books are closed up to it, the first day after them.

    The day is made when it does not exist and held open until the transaction ends, so a document
    dated with it and its postings always agree.
    """
    return _day(session, location_id, None)


def ensure_open(session: Session, location_id: UUID, business_date: date) -> None:
    """Hold a given day open until the transaction ends.

    Raises DayClosed for a closed day or one before the last closed day, DayNotBegun for a later one,
    WrongBooks for an unknown location.
    """
    _day(session, location_id, business_date)


def _day(session: Session, location_id: UUID, business_date: date | None) -> date:
    values = {"location_id": location_id, "business_date": business_date, "at": now()}
    with translated():
        held: date = session.execute(_DAY, values).scalar_one()
    return held
