"""Settling card calls whose outcome is not known: ask the processor, then go the one way of attempts.py.

Safe beside late answers and events: the state moves under the row's lock, once.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import AttemptState
from operational.checkout import attempts
from operational.checkout.desk import Desk, open_desk, settlement_actor
from operational.checkout.processor.open import open_processor
from operational.checkout.processor.port import NOT_RECEIVED, UNKNOWN, Outcome, Processor, Result
from operational.checkout.queries import found
from operational.models import ProcessorAttempt

_log = logging.getLogger("medspa.checkout")
_PENDING = text("select org_id, attempt_id from directory.processor_pending(:before)")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many attempts were looked at, and how many moved."""

    looked_at: int
    settled: int


def reconcile(settings: Settings, older_than: timedelta = timedelta(seconds=30)) -> Reconciled:
    """Resolve attempts that have waited longer than `older_than`, of all organizations."""
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-reconcile")
    try:
        return reconcile_with(engine, open_processor(settings), older_than)
    finally:
        engine.dispose()


def reconcile_with(engine: Engine, processor: Processor, older_than: timedelta) -> Reconciled:
    """As `reconcile`, over a given engine and processor."""
    settled = 0
    waiting = _waiting(engine, clock.now() - older_than)
    for org_id, attempt_id in waiting:
        try:
            with open_desk(engine, settlement_actor(org_id)) as desk:
                settled += _one(desk, processor, attempt_id)
        except (SQLAlchemyError, DomainError) as error:
            # One call that cannot be booked must not hold up the others, of all organizations.
            _log.warning("attempt %s waits: %s", attempt_id, type(error).__name__)
    return Reconciled(len(waiting), settled)


def _waiting(engine: Engine, before: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return [(row[0], row[1]) for row in connection.execute(_PENDING, {"before": before})]


def _one(desk: Desk, processor: Processor, attempt_id: uuid.UUID) -> bool:
    with desk.transaction() as session:
        attempt = found(session, ProcessorAttempt, attempt_id, "attempt")
        account, charge = attempts.whereabouts(session, attempt)
    if attempt.state not in (AttemptState.CREATED, AttemptState.UNKNOWN):
        return False
    result = processor.lookup(attempt.request_key, charge, account)
    if result is None:
        result = _unheard_of(attempt)
    with desk.transaction() as session:
        return attempts.resolve(session, attempt_id, result, None) and result.outcome is not Outcome.UNKNOWN


def _unheard_of(attempt: ProcessorAttempt) -> Result:
    """Not arrived yet, or never sent: only after the call's window is long past is it the second."""
    if clock.now() - attempt.created_at < attempts.GIVEN_UP:
        return UNKNOWN
    return Result(Outcome.DECLINED, code=NOT_RECEIVED)
