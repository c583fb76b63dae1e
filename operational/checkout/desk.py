"""How checkout works in transactions: one after another for one actor, each audited and committed.

Work that calls the card processor needs several of them with nothing held in between; everything else
uses one. No rules of money here.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from medspa.kernel.database import TenantSession, bind_organization, new_session
from medspa.kernel.vocabulary import ActorKind, Permission, Purpose
from operational.database_errors import RETRYABLE, sqlstate_of
from operational.identity.access import EVERYWHERE, Actor
from operational.identity.unit import CommitFailed
from operational.ledger.errors import from_database
from operational.privacy.audit import open_audit

JOB_ID = uuid.UUID("6d656473-7061-7000-8000-70726f636573")
"""The actor id of the job that settles card calls: a fixed UUID, so that its entries can be found."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A session, its actor, and the transactions they work in."""

    session: TenantSession
    actor: Actor
    purpose: Purpose = Purpose.PAYMENT

    @contextlib.contextmanager
    def transaction(self) -> Iterator[TenantSession]:
        """One transaction, committed at the end of the block; nothing read before is trusted in it.

        Goes on in a transaction that is already open. Raises CommitFailed when the commit fails.
        """
        self.session.expunge_all()
        try:
            open_audit(self.session, self.actor, self.purpose)
            yield self.session
            self.session.flush()
            self._commit()
        except BaseException:
            self.session.rollback()
            raise

    def _commit(self) -> None:
        try:
            self.session.commit()
        except DBAPIError as error:
            if sqlstate_of(error) in RETRYABLE:
                raise
            # The ledger's deferred checks refuse at commit what the caller can understand.
            if (refused := from_database(error)) is not None:
                raise refused from error
            raise CommitFailed from error


@contextlib.contextmanager
def open_desk(engine: Engine, actor: Actor, lock_timeout_ms: int = 3000) -> Iterator[Desk]:
    """A desk for work without a request: jobs, webhooks, scripts."""
    with new_session(engine) as session:
        bind_organization(session, actor.org_id, actor.locations, lock_timeout_ms)
        yield Desk(session, actor)


def settlement_actor(org_id: uuid.UUID) -> Actor:
    """Who settles what the processor reports late: reconciler and webhooks."""
    return Actor(
        org_id=org_id,
        kind=ActorKind.JOB,
        id=JOB_ID,
        staff_id=None,
        origin="job:processor",
        permissions={EVERYWHERE: frozenset({Permission.PAYMENT_TAKE, Permission.PAYMENT_REFUND})},
    )
