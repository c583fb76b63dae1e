"""Reading and changing one row of the bound organization. Rules about what may change live in the areas."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import NotFound
from operational.etag import check_if_match
from operational.models.base import Base

Row = TypeVar("Row", bound=Base)


def get_row(session: Session, model: type[Row], id_: uuid.UUID, *, lock: bool = False) -> Row:
    """The row with this id. Raises NotFound, also for a row of another organization."""
    statement = select(model).where(model.id == id_)  # type: ignore[attr-defined]
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(f"There is no such {model.__tablename__.replace('_', ' ')}.")
    return row


def add_row(session: Session, row: Row) -> Row:
    """Insert now, so that the database's own refusals come from here."""
    session.add(row)
    session.flush()
    return row


def change_row(
    session: Session, model: type[Row], id_: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> Row:
    """Set `values` on the row whose ETag was sent. Raises NotFound, VersionMissing, StaleVersion."""
    row = get_row(session, model, id_, lock=True)
    check_if_match(row, if_match)  # type: ignore[arg-type]
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    session.refresh(row)
    return row
