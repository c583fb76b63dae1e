"""Merging a record into another: the details that win, the rows that follow, and a log of both.

What does not move is read over all records of the person (operational.client_records). Undoing: unmerge.py.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import StaleVersion
from operational.clients import duplicates
from operational.clients.errors import MergeBlocked
from operational.clients.merging import Preview, preview
from operational.etag import VersionMissing
from operational.identity.access import Actor
from operational.models import Base, ClientDuplicate, ClientMerge, ClientMergeRow
from operational.models.moving import following
from operational.privacy.vault import Vault
from operational.rows import add_row

SEALED_FOR = "merge"


def merge(
    session: Session,
    actor: Actor,
    vault: Vault,
    survivor_id: uuid.UUID,
    merged_id: uuid.UUID,
    take: Collection[str],
    if_match: str | None,
) -> ClientMerge:
    """Everything of the merged record is the survivor's from now on; its `client_key` ends in the survivor's.

    `if_match` is the preview's version. Raises Forbidden, NotFound, ClientMerged, SameRecord, Invalid,
    VersionMissing, StaleVersion, MergeBlocked.
    """
    seen = preview(session, actor, survivor_id, merged_id, take, lock=True)
    if if_match is None:
        raise VersionMissing
    if if_match.strip() != f'"{seen.version}"':
        raise StaleVersion("Look at both records again, then merge them.")
    if seen.blocked:
        raise MergeBlocked("A card payment is still open; wait for its outcome.", {"conflicts": seen.blocked})
    done = add_row(
        session,
        ClientMerge(
            org_id=actor.org_id,
            survivor_id=survivor_id,
            merged_id=merged_id,
            merged_at=clock.now(),
            merged_by=actor.staff_id or actor.id,
            fields=_take_details(session, vault, seen),
        ),
    )
    for model in following():
        _log(session, done, model, _move(session, model, merged_id, survivor_id))
    _log(session, done, ClientDuplicate, _settle_pair(session, survivor_id, merged_id))
    # Last: rows of a record that is merged already are refused.
    seen.merged.merged_into_id = survivor_id
    session.flush()
    session.refresh(seen.survivor)
    duplicates.flag(session, seen.survivor, duplicates.find(session, seen.survivor))
    return done


def _take_details(session: Session, vault: Vault, seen: Preview) -> bytes:
    """Set what wins on the survivor; the sealed change: field → [before, after]."""
    survivor = seen.survivor
    changes: dict[str, list[Any]] = {
        one.field: [one.survivor, one.merged] for one in seen.fields if one.wins == "merged"
    }
    if seen.flags != sorted(survivor.flags):
        changes["flags"] = [list(survivor.flags), seen.flags]
    for name, (_, after) in changes.items():
        setattr(survivor, name, after)
    session.flush()
    text = json.dumps(changes, default=str)
    return vault.seal(session, survivor.id, text.encode(), purpose=SEALED_FOR)


def _move(session: Session, model: type[Base], from_id: uuid.UUID, to_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids of the rows that follow. One of which the survivor has its own (a household) stays behind."""
    rows: Any = model
    theirs = update(rows).where(rows.client_id == from_id).values(client_id=to_id)
    moved = theirs.returning(rows.id).execution_options(synchronize_session=False)
    try:
        with session.begin_nested():
            return list(session.scalars(moved))
    except IntegrityError:
        ids = list(session.scalars(select(rows.id).where(rows.client_id == from_id)))
        return [one for one in ids if _moved_alone(session, moved.where(rows.id == one))]


def _moved_alone(session: Session, statement: Any) -> bool:
    try:
        with session.begin_nested():
            return session.scalar(statement) is not None
    except IntegrityError:
        return False


def _settle_pair(session: Session, one: uuid.UUID, other: uuid.UUID) -> list[uuid.UUID]:
    pair = or_(
        and_(ClientDuplicate.client_id == one, ClientDuplicate.other_client_id == other),
        and_(ClientDuplicate.client_id == other, ClientDuplicate.other_client_id == one),
    )
    settled = (
        update(ClientDuplicate)
        .where(pair, ClientDuplicate.resolved_at.is_(None))
        .values(resolved_at=clock.now())
        .returning(ClientDuplicate.id)
    )
    return list(session.scalars(settled))


def dismiss(session: Session, one: uuid.UUID, other: uuid.UUID) -> int:
    """The two are different people: the pair is not shown again. How many pairs that settled."""
    return len(_settle_pair(session, one, other))


def _log(session: Session, done: ClientMerge, model: type[Base], ids: list[uuid.UUID]) -> None:
    session.add_all(
        ClientMergeRow(org_id=done.org_id, merge_id=done.id, table_name=model.__tablename__, row_id=one)
        for one in ids
    )
    session.flush()
