"""The processor's events: verified, taken once each, in any order.

An event about a call goes the same way as the answer of the call itself, one about a dispute through
disputes.py: early, late, repeated and contradicting events change nothing twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from operational.checkout import attempts, disputes, refund_failures
from operational.checkout.desk import open_desk, settlement_actor
from operational.checkout.processor.port import Disputed, Happened, Outcome, ReadEvent
from operational.checkout.processor.signature import verify
from operational.checkout.queries import found, present
from operational.models import Payment, Payout, ProcessorAttempt, ProcessorEvent

APPLIED, REPEATED, IGNORED = "applied", "repeated", "ignored"
MAX_REFERENCE = 255
_FIND = text("select org_id, attempt_id from directory.processor_attempt(:request_key)")
_FIND_CHARGE = text("select org_id, payment_id from directory.processor_charge(:reference, :request_key)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from: how they are signed and how they are read."""

    header: str
    secret: bytes
    read: ReadEvent


def receive(engine: Engine, source: Source, body: bytes, signature: str | None) -> str:
    """Take one event; what it changed: `applied`, `repeated` or `ignored`.

    Raises SignatureRefused before anything of the body is read, Invalid for what is no event.
    """
    verify(source.secret, body, signature, clock.now())
    try:
        event = source.read(body)
    except ValueError:
        raise Invalid("This is not an event of the processor.") from None
    if event is None or len(event.id) > MAX_REFERENCE:
        return IGNORED
    owner = _owner(engine, event)
    if owner is None:
        return IGNORED
    org_id, subject_id = owner
    with open_desk(engine, settlement_actor(org_id)) as desk, desk.transaction() as session:
        if isinstance(event, Disputed):
            moved = disputes.hear(session, event, subject_id)
            return _record(session, event, org_id, None, moved)
        attempt = found(session, ProcessorAttempt, subject_id, "attempt")
        matches = _matches(session, event, attempt)
        moved = matches and attempts.resolve(session, subject_id, event.result, None)
        if matches and not moved and event.kind == "refund" and event.result.outcome is Outcome.DECLINED:
            # A refund that succeeded may come back days later.
            moved = refund_failures.record(session, present(attempt.payout_id)) is not None
        return _record(session, event, org_id, subject_id, moved)


def _owner(engine: Engine, event: Happened | Disputed) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The organization, and the call that an event is about or, for a dispute, the payment."""
    asked = {"request_key": event.request_key}
    find = _FIND
    if isinstance(event, Disputed):
        find, asked["reference"] = _FIND_CHARGE, event.charge_reference
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(find, asked).one_or_none()
    return None if row is None else (row[0], row[1])


def _record(
    session: Session, event: Happened | Disputed, org_id: uuid.UUID, attempt_id: uuid.UUID | None, moved: bool
) -> str:
    outcome = APPLIED if moved else IGNORED
    # Two deliveries at once: the second waits here for the first's commit, then finds its row.
    first = session.scalar(
        insert(ProcessorEvent)
        .values(
            org_id=org_id,
            event_reference=event.id,
            kind=event.type,
            attempt_id=attempt_id,
            outcome=outcome,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "event_reference"])
        .returning(ProcessorEvent.id)
    )
    return outcome if first is not None else REPEATED


def _matches(session: Session, event: Happened, attempt: ProcessorAttempt) -> bool:
    """An event about another kind of call, amount or currency than ours is not believed."""
    row: Payment | Payout
    if attempt.payment_id is not None:
        row, kind = found(session, Payment, attempt.payment_id, "payment"), "charge"
    else:
        row, kind = found(session, Payout, present(attempt.payout_id), "payout"), "refund"
    return event.kind == kind and (event.amount_minor, event.currency) == (
        row.amount_minor,
        row.currency,
    )
