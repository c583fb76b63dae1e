"""Lists in pages: `?limit=&cursor=` → `{items, next_cursor}`, in a stable order that ends with the id.

A cursor holds the sort values of the last row shown. It is opaque, not secret, and carries no right: row
security decides what a page contains. Never sort by an identifying column: use ids.
"""

from __future__ import annotations

import base64
import binascii
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from medspa.kernel.errors import Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before; none: the first page.")
]

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """One page. `next_cursor` is null on the last."""

    items: list[Item]
    next_cursor: str | None = None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encode(id_: uuid.UUID) -> str:
    return _text(id_.bytes)


def decode(cursor: str) -> uuid.UUID:
    """Raises Invalid for a text that is no cursor of ours."""
    try:
        return uuid.UUID(bytes=_bytes(cursor))
    except ValueError:
        raise _foreign() from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(cursor: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        raise _foreign() from None


def _foreign() -> Invalid:
    return Invalid("cursor: send the `next_cursor` of the page before, unchanged.")


def by_id(
    session: Session,
    statement: Select[Any],
    id_column: InstrumentedAttribute[uuid.UUID],
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> tuple[list[Any], str | None]:
    """(rows, next cursor) of `statement` in the order of `id_column`. Rows are scalars of the statement."""
    if cursor is not None:
        statement = statement.where(id_column > decode(cursor))
    rows = list(session.scalars(statement.order_by(id_column).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode(rows[limit - 1].id)


def by_moment(
    session: Session,
    statement: Select[Any],
    moment: InstrumentedAttribute[datetime],
    id_column: InstrumentedAttribute[uuid.UUID],
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    newest_first: bool = False,
) -> tuple[list[Any], str | None]:
    """As by_id, in the order of a time that is never null and then of the id, or backwards."""
    columns = (moment, id_column)
    if cursor is not None:
        last, here = tuple_(*_decode_moment(cursor)), tuple_(*columns)
        statement = statement.where(here < last if newest_first else here > last)
    order = [one.desc() if newest_first else one.asc() for one in columns]
    rows = list(session.scalars(statement.order_by(*order).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    end = rows[limit - 1]
    since = (getattr(end, moment.key) - _EPOCH) // _MICROSECOND
    return rows[:limit], _text(struct.pack(">q", since) + end.id.bytes)


def _decode_moment(cursor: str) -> tuple[datetime, uuid.UUID]:
    raw = _bytes(cursor)
    try:
        (since,) = struct.unpack(">q", raw[:8])
        return _EPOCH + since * _MICROSECOND, uuid.UUID(bytes=raw[8:])
    except (struct.error, ValueError, OverflowError):
        raise _foreign() from None


def page(rows: list[Row], next_cursor: str | None, render: Callable[[Row], Item]) -> Page[Item]:
    return Page(items=[render(row) for row in rows], next_cursor=next_cursor)
