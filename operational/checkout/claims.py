"""Claims on Idempotency-Keys: the rows and their transitions. HTTP lives in idempotency.py.

A claim is committed before the work begins, so that a second request sees it. The answer is stored in
the work's own transaction, fenced by the claim's deadline: a worker whose claim was taken over cannot
commit. Stored answers hold ids and amounts only.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.ids import new_id
from operational.checkout.errors import IdempotencyKeyReused, InProgress
from operational.models import IdempotencyKey, ProcessorAttempt

CLAIM_SECONDS = 90
"""Longer than the processor's slowest answer, so that a living worker is not overtaken."""
KEPT = timedelta(days=30)
"""Answers are kept this long; afterwards the key is a new request."""


@dataclass(slots=True)
class Claim:
    """One request's hold on its key. `begun`: part of the work is committed, so it must be resumed."""

    id: uuid.UUID
    org_id: uuid.UUID
    key: str
    until: datetime
    begun: bool = field(default=False)

    @property
    def request_key(self) -> str:
        """The processor's key for this request: the same however often the request comes, another one when
        the key was forgotten and is a new request."""
        return "medspa_" + hashlib.sha256(f"{self.org_id}:{self.id}:{self.key}".encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    status: int
    body: bytes
    location_id: uuid.UUID | None


def claim(session: Session, key: str, fingerprint: str, actor_id: uuid.UUID) -> Claim | StoredAnswer:
    """Take the key, or give the answer it already has.

    Raises IdempotencyKeyReused for another request's key and InProgress while a claim is alive.
    """
    org_id, now = organization_of(session), clock.now()
    until = now + timedelta(seconds=CLAIM_SECONDS)
    row_id = new_id()
    inserted = session.scalar(
        insert(IdempotencyKey)
        .values(
            org_id=org_id, id=row_id, key=key, fingerprint=fingerprint, actor_id=actor_id,
            state="in_progress", claimed_until=until, created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "key"])
        .returning(IdempotencyKey.id)
    )  # fmt: skip
    if inserted is not None:
        return Claim(row_id, org_id, key, until)
    row = session.scalar(select(IdempotencyKey).where(IdempotencyKey.key == key).with_for_update())
    if row is None:  # released between the two statements
        raise InProgress
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if row.state == "done":
        return StoredAnswer(row.status_code or 200, row.answer or b"", row.location_id)
    if row.claimed_until > now:
        raise InProgress
    row.claimed_until = until
    session.flush()
    return Claim(row.id, org_id, key, until)


def finish(session: Session, held: Claim, answer: StoredAnswer) -> None:
    """Store the answer with the work. Raises InProgress when the claim was taken over: roll back."""
    done = session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.id == held.id,
            IdempotencyKey.state == "in_progress",
            IdempotencyKey.claimed_until == held.until,
        )
        .values(state="done", status_code=answer.status, answer=answer.body, location_id=answer.location_id)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise InProgress


def release(session: Session, held: Claim) -> None:
    """Give the key back unused: nothing was done, the same key may be sent again.

    A key under which the processor may have been called stays: whoever takes it over resumes that call.
    """
    session.execute(
        delete(IdempotencyKey)
        .where(
            IdempotencyKey.id == held.id,
            IdempotencyKey.state == "in_progress",
            IdempotencyKey.claimed_until == held.until,
            ~exists().where(ProcessorAttempt.request_key == held.request_key),
        )
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, before: datetime | None = None) -> int:
    """Delete answered keys older than `before` (default: KEPT ago); how many."""
    limit = before or clock.now() - KEPT
    gone = session.execute(
        delete(IdempotencyKey)
        .where(IdempotencyKey.state == "done", IdempotencyKey.created_at < limit)
        .execution_options(synchronize_session=False)
    )
    return gone.rowcount if isinstance(gone, CursorResult) else 0
