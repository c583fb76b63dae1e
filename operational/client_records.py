"""All records of one person: the one asked for, those merged into it, and the one it was merged into.

For what a merge leaves where it was written: documents of money, postings, sealed texts, append-only rows.
What moves with a merge (operational.models.moving) is found by the survivor's id alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Uuid, any_, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from medspa.kernel.errors import DomainError, NotFound
from operational.models import Client, HouseholdMember
from operational.rows import get_row

_OF_MANY = text(
    "with recursive record as ("
    " select asked, asked as id from unnest(cast(:ids as uuid[])) as asked"
    " union all select record.asked, c.id from record join client c on c.merged_into_id = record.id"
    ") select id, asked from record"
)


class ClientMerged(DomainError):
    code = "client-merged"
    title = "This record was merged into another; use that one"


def of_client(column: InstrumentedAttribute[Any], client_id: uuid.UUID) -> ColumnElement[bool]:
    """The condition that `column` is one of the client's records. Looked up once a statement."""
    records = select(func.client_records(client_id)).scalar_subquery()
    return column == any_(cast(records, ARRAY(Uuid)))


def records_of(session: Session, client_id: uuid.UUID) -> list[uuid.UUID]:
    return list(session.scalar(select(func.client_records(client_id, type_=ARRAY(Uuid)))) or [client_id])


def root_of(session: Session, client_id: uuid.UUID) -> uuid.UUID:
    """The record that this one ended in: itself when it was never merged."""
    return session.scalar(select(func.client_root(client_id, type_=Uuid))) or client_id


def askers_of(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Record → the one of `ids` it is of."""
    return {row.id: row.asked for row in session.execute(_OF_MANY, {"ids": list(ids)})}


def payer_of(session: Session, client_id: uuid.UUID) -> uuid.UUID | None:
    """Who of the household pays for a client; None: they do."""
    payer = session.scalar(
        select(HouseholdMember.payer_id).where(HouseholdMember.client_id == root_of(session, client_id))
    )
    return None if payer is None else root_of(session, payer)


def require_unmerged(session: Session, client_id: uuid.UUID) -> None:
    """Raises NotFound, ClientMerged. Reads nothing of the record but where it went."""
    row = session.execute(select(Client.id, Client.merged_into_id).where(Client.id == client_id)).first()
    if row is None:
        raise NotFound("There is no such client.")
    if row.merged_into_id is not None:
        raise ClientMerged(extra={"client_id": str(root_of(session, client_id))})


def open_client(session: Session, client_id: uuid.UUID, *, lock: bool = False) -> Client:
    """A record that something may be written to. Raises NotFound, ClientMerged with where it went."""
    client = get_row(session, Client, client_id, lock=lock)
    if client.merged_into_id is not None:
        raise ClientMerged(extra={"client_id": str(root_of(session, client_id))})
    return client
