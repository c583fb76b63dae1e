"""The audit of reads: opening a header, collecting what was read, writing it before the commit.

The database refuses rows of audited tables without a header; this module opens it and says what came of it.
Sealing lives in sealing.py, response models that enforce the audit in schemas.py.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, event, text
from sqlalchemy.orm import Session, SessionTransaction

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Permission, Purpose
from operational.identity.access import Actor
from operational.privacy.columns import read_by
from operational.privacy.errors import AuditClosed

_STATE, _READS = "medspa.audit", "medspa_reads"
IDS_PER_ROW = 1000
"""Client ids in one disclosure row (16 kB); a longer list becomes several rows."""

# These two run in every request that reads: as driver SQL they cost half of what a construct costs.
_OPEN = "select audit.open(%(kind)s, %(actor)s, %(purpose)s, %(origin)s, %(app_time)s)"
_RECORD = "select audit.record(%(access)s, %(entries)s::jsonb)"
_TRAIL = text(
    "select * from audit.trail(:since, :until, cast(:client as uuid), cast(:actor as uuid), :limit,"
    " cast(:before_at as timestamptz), cast(:before_id as uuid))"
)


@dataclass
class AuditState:
    """What this transaction opened and has to record before it commits."""

    reads: set[str] = field(default_factory=set)
    access_id: uuid.UUID | None = None
    opened: dict[Purpose, uuid.UUID] = field(default_factory=dict)
    returned: dict[str, dict[uuid.UUID, None]] = field(default_factory=dict)

    def note_returned(self, view: str, client_ids: Iterable[uuid.UUID]) -> None:
        self.returned.setdefault(view, {}).update(dict.fromkeys(client_ids))

    def entries(self) -> list[dict[str, Any]]:
        """One entry per view and IDS_PER_ROW clients; the first also carries the columns read."""
        found: list[dict[str, Any]] = []
        for view, clients in self.returned.items():
            ids = [str(one) for one in clients]
            found += [
                {"view": view, "client_ids": ids[start : start + IDS_PER_ROW]}
                for start in range(0, len(ids) or 1, IDS_PER_ROW)
            ]
        if self.reads:
            if not found:
                found.append({})
            found[0]["columns"] = sorted(self.reads)
        return found


def open_audit(session: Session, actor: Actor, purpose: Purpose) -> uuid.UUID:
    """Write the access header that lets this transaction read audited tables; the header's id.

    A second call with the same purpose in one transaction returns the same header.
    """
    state = _state(session)
    if purpose not in state.opened:
        state.opened[purpose] = (
            session.connection()
            .exec_driver_sql(
                _OPEN,
                {
                    "kind": actor.kind.value,
                    "actor": actor.id,
                    "purpose": purpose.value,
                    "origin": actor.origin,
                    "app_time": clock.now(),
                },
            )
            .scalar_one()
        )
    state.access_id = state.opened[purpose]
    return state.access_id


def require_open(session: Session) -> AuditState:
    """The open audit of this transaction. Raises AuditClosed when there is none."""
    state: AuditState | None = session.info.get(_STATE)
    if state is None or state.access_id is None:
        raise AuditClosed
    return state


def record_disclosure(session: Session, actor: Actor, view: str, client_ids: Iterable[uuid.UUID]) -> None:
    """Note that `view` (a code such as `client.card`) returned these clients. Raises AuditClosed.

    Written with everything else the transaction read, in one round trip before the commit.
    """
    actor_org = session.info.get("medspa.org_id")
    if actor_org is not None and actor_org != actor.org_id:
        raise AuditClosed("The actor belongs to another organization than the session.")
    require_open(session).note_returned(view, client_ids)


def read_trail(
    session: Session,
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    client_id: uuid.UUID | None = None,
    actor_id: uuid.UUID | None = None,
    limit: int = 100,
    before: tuple[datetime, uuid.UUID] | None = None,
) -> list[Row[Any]]:
    """The organization's access headers with what each read, newest first; audited itself.

    Needs audit.read at every location: the trail names clients and readers of all of them.
    """
    actor.require_everywhere(Permission.AUDIT_READ)
    require_open(session).note_returned("audit.trail", [client_id] if client_id else [])
    at, id_ = before or (None, None)
    parameters = {
        "since": since, "until": until, "client": client_id, "actor": actor_id, "limit": limit,
        "before_at": at, "before_id": id_,
    }  # fmt: skip
    return list(session.execute(_TRAIL, parameters))


def _state(session: Session) -> AuditState:
    if not session.in_transaction():
        session.connection()
    state: AuditState = session.info.setdefault(_STATE, AuditState())
    return state


@event.listens_for(TenantSession, "after_begin")
def _collect_reads(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Let statements of the connection find the set they add to."""
    state: AuditState = session.info.setdefault(_STATE, AuditState())
    connection.execution_options(**{_READS: state.reads})


@event.listens_for(Engine, "before_cursor_execute")
def _note_read(
    conn: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    reads = conn.get_execution_options().get(_READS)
    if reads is not None and context is not None:
        reads |= read_by(context.compiled, statement)


@event.listens_for(TenantSession, "before_commit")
def _write_record(session: Session) -> None:
    """One round trip that makes the whole record part of what is committed."""
    state: AuditState | None = session.info.get(_STATE)
    if state is None or state.access_id is None or session.in_nested_transaction():
        return
    session.flush()
    entries = state.entries()
    if entries:
        values = {"access": state.access_id, "entries": json.dumps(entries)}
        session.connection().exec_driver_sql(_RECORD, values)
        state.reads.clear()
        state.returned.clear()


@event.listens_for(TenantSession, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_STATE, None)
