"""Rows to be, gathered per table and inserted by the thousand. Which rows there are is decided elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.ids import new_id
from operational.ledger.errors import translated
from operational.models import Base

_ROWS_A_CALL = 5_000


class Rows:
    """New rows of an organization; `add` gives each its id. Rows of one table name the same columns."""

    def __init__(self, org_id: UUID, created_at: datetime) -> None:
        self._org_id = org_id
        self._created_at = created_at
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, model: type[Base], **values: Any) -> UUID:
        row_id: UUID = values.pop("id", None) or new_id()
        self._rows[model.__tablename__].append({"id": row_id, **values})
        return row_id

    def of(self, model: type[Base]) -> list[dict[str, Any]]:
        return self._rows[model.__tablename__]

    def insert(self, session: Session, model: type[Base]) -> None:
        """Insert a table's rows, in the order they were added, and forget them."""
        rows = self._rows.pop(model.__tablename__, [])
        if rows and organization_of(session) != self._org_id:
            raise AssertionError("rows of another organization")
        if rows:
            statement = _insert(model, rows[0])
            for start in range(0, len(rows), _ROWS_A_CALL):
                document = orjson.dumps(rows[start : start + _ROWS_A_CALL]).decode()
                with translated():
                    session.execute(
                        statement, {"rows": document, "org": self._org_id, "at": self._created_at}
                    )


def _insert(model: type[Base], row: Mapping[str, Any]) -> Any:
    table = model.__table__
    columns = ", ".join(table.columns[name].name for name in row)
    name = model.__tablename__
    # Both come from the models; values are bound.
    return text(
        f"insert into {name} (org_id, created_at, {columns}) select :org, :at, {columns}"  # noqa: S608
        f" from jsonb_populate_recordset(null::{name}, cast(:rows as jsonb))"
    )
