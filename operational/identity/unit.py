"""The unit of work of a request: one bound session, one actor, one commit before the answer."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel.database import TenantSession, bind_organization, narrow_locations, new_session
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from operational.database_errors import RETRYABLE, sqlstate_of
from operational.identity.access import Actor
from operational.ledger.errors import from_database
from operational.privacy.audit import open_audit
from operational.privacy.vault import Vault, attach


class CommitFailed(DomainError):
    """The transaction could not be committed, so nothing was changed and nothing is answered."""

    status = 500
    code = "commit-failed"
    title = "The change could not be saved"


@dataclass(frozen=True)
class Services:
    """What a process makes once at its start and every request shares."""

    settings: Settings
    engine: Engine
    vault: Vault
    ports: Mapping[str, Any] = field(default_factory=dict)
    """Third parties by name: `processor`, `messenger`."""


@dataclass
class Unit:
    """What an endpoint works with. The transaction ends after the endpoint and before the answer."""

    session: TenantSession
    actor: Actor
    services: Services
    request_id: uuid.UUID
    purpose: Purpose | None = None
    session_id: uuid.UUID | None = None
    """The sign-in session, when the request came with its cookie."""

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def vault(self) -> Vault:
        return self.services.vault

    @property
    def ports(self) -> Mapping[str, Any]:
        return self.services.ports

    def checkpoint(self) -> None:
        """Commit what was done and go on in a new transaction with the same organization, scope and audit.

        Only for work in steps that must not hold locks while it calls the outside (card payments).
        """
        _commit(self.session)
        if self.purpose is not None:
            open_audit(self.session, self.actor, self.purpose)

    def abandon(self) -> None:
        """Take back what was done since the last checkpoint and go on: one of several steps failed."""
        self.session.rollback()
        if self.purpose is not None:
            open_audit(self.session, self.actor, self.purpose)


@contextlib.contextmanager
def open_unit(
    services: Services,
    request_id: uuid.UUID,
    org_id: uuid.UUID,
    load_actor: Callable[[Session], Actor],
    *,
    admit: Callable[[Actor], None] = lambda _: None,
    purpose: Purpose | None = None,
    session_id: uuid.UUID | None = None,
) -> Iterator[Unit]:
    """A unit of work, committed when the block ends without an error, rolled back otherwise.

    `admit` may refuse the actor before anything is opened. Raises CommitFailed when the commit fails.
    """
    session = new_session(services.engine)
    try:
        bind_organization(session, org_id, None, services.settings.lock_timeout_ms)
        attach(session, services.vault)
        actor = load_actor(session)
        admit(actor)
        if actor.locations is not None:
            narrow_locations(session, actor.locations)
        if purpose is not None:
            open_audit(session, actor, purpose)
        yield Unit(session, actor, services, request_id, purpose, session_id)
        _commit(session)
    finally:
        session.close()


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        session.rollback()
        if sqlstate_of(error) in RETRYABLE:
            raise
        # The ledger's deferred checks refuse at commit what the caller can understand.
        if (refused := from_database(error)) is not None:
            raise refused from error
        raise CommitFailed from error
