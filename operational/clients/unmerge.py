"""Undoing a merge: exactly what it moved goes back, unless something came to rest on it since."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.clients.errors import AlreadyUndone, MergeStands
from operational.clients.merge import SEALED_FOR
from operational.identity.access import Actor
from operational.models import Base, Client, ClientDuplicate, ClientMerge, ClientMergeRow
from operational.models.moving import following
from operational.privacy.vault import Vault
from operational.rows import get_row

UNDO_DAYS = 30
_RESTS = text("select reason from client_merge_rests(:merge)")
REASONS = {
    "merged_on": "The surviving record was merged into another since; undo that first.",
    "balance_spent": "Money that came from one record was spent by the other since.",
    "prepaid_used": "Sessions or credits that came with the merged record were used since.",
    "visit_billed": "A visit that came with the merged record was billed since.",
    "visit_charted": "A visit that came with the merged record was charted since.",
    "membership_billed": "A membership that came with the merged record was billed since.",
    "too_late": f"A merge can be undone for {UNDO_DAYS} days.",
}


def standing_merges(session: Session, survivor_id: uuid.UUID) -> list[ClientMerge]:
    """What was merged into a record and can still be undone, the latest first."""
    since = clock.now() - dt.timedelta(days=UNDO_DAYS)
    return list(
        session.scalars(
            select(ClientMerge)
            .where(
                ClientMerge.survivor_id == survivor_id,
                ClientMerge.undone_at.is_(None),
                ClientMerge.merged_at > since,
            )
            .order_by(ClientMerge.merged_at.desc())
        )
    )


def undo(session: Session, actor: Actor, vault: Vault, merge_id: uuid.UUID) -> ClientMerge:
    """Raises Forbidden, NotFound, AlreadyUndone, MergeStands with `reasons`."""
    actor.require_everywhere(Permission.CLIENT_MERGE)
    done = get_row(session, ClientMerge, merge_id, lock=True)
    if done.undone_at is not None:
        raise AlreadyUndone
    # The merged record before the survivor, as who spends by it does.
    merged = get_row(session, Client, done.merged_id, lock=True)
    survivor = get_row(session, Client, done.survivor_id, lock=True)
    reasons = list(session.scalars(_RESTS, {"merge": done.id}))
    if clock.now() - done.merged_at > dt.timedelta(days=UNDO_DAYS):
        reasons.append("too_late")
    if reasons:
        raise MergeStands(" ".join(REASONS[one] for one in reasons), {"reasons": reasons})
    merged.merged_into_id = None
    session.flush()
    for model in following():
        _move_back(session, done, model)
    _reopen_pairs(session, done)
    _give_back_details(session, vault, survivor, done)
    done.undone_at, done.undone_by = clock.now(), actor.staff_id or actor.id
    session.flush()
    return done


def _logged(done: ClientMerge, model: type[Base]) -> Any:
    return select(ClientMergeRow.row_id).where(
        ClientMergeRow.merge_id == done.id, ClientMergeRow.table_name == model.__tablename__
    )


def _move_back(session: Session, done: ClientMerge, model: type[Base]) -> None:
    rows: Any = model
    session.execute(
        update(rows)
        .where(rows.id.in_(_logged(done, model)), rows.client_id == done.survivor_id)
        .values(client_id=done.merged_id)
        .execution_options(synchronize_session=False)
    )


def _reopen_pairs(session: Session, done: ClientMerge) -> None:
    session.execute(
        update(ClientDuplicate)
        .where(ClientDuplicate.id.in_(_logged(done, ClientDuplicate)))
        .values(resolved_at=None)
    )


def _give_back_details(session: Session, vault: Vault, survivor: Client, done: ClientMerge) -> None:
    """What the merge set is as it was; what somebody edited since stays as they left it."""
    changes = json.loads(vault.unseal(session, survivor.id, done.fields, purpose=SEALED_FOR))
    for name, (before, after) in changes.items():
        current = getattr(survivor, name)
        if name == "flags":
            added = set(after) - set(before)
            survivor.flags = sorted(set(current) - added)
        elif str(current) == str(after):
            setattr(survivor, name, _typed(name, before))
    session.flush()


def _typed(name: str, value: str | None) -> Any:
    if value is None:
        return None
    if name == "birth_date":
        return dt.date.fromisoformat(value)
    return uuid.UUID(value) if name == "home_location_id" else value
