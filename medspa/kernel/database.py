"""Engines and sessions: one organization per transaction, one commit per request. No queries here.

A session is bound once to an organization and a location scope; every transaction it begins carries
both as transaction-local settings that row security reads. Switching is refused.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session, SessionTransaction

from medspa.kernel.connections import ask_idle_connections, keep_statements

ALL_LOCATIONS = "*"
_ORG, _SCOPE, _LOCK = "medspa.org_id", "medspa.location_scope", "medspa.lock_timeout_ms"
_BIND = text(
    "select set_config('medspa.org_id', :org, true), set_config('medspa.location_scope', :scope, true),"
    " set_config('lock_timeout', :lock, true)"
)


class OrganizationSwitch(RuntimeError):
    """A session bound to one organization was asked to serve another. A bug, never a user's error."""


def driver_dsn(dsn: str) -> str:
    """A libpq URL as a SQLAlchemy URL for psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if dsn.startswith(prefix):
            return "postgresql+psycopg://" + dsn[len(prefix) :]
    return dsn


def make_engine(dsn: str, *, pool_size: int = 5, application_name: str = "medspa", **options: Any) -> Engine:
    """An engine that never shows bound values in errors or logs."""
    options.setdefault("max_overflow", 0)
    engine = create_engine(
        driver_dsn(dsn),
        hide_parameters=True,
        pool_size=pool_size,
        connect_args={"application_name": application_name, "options": "-c timezone=UTC"},
        **options,
    )
    event.listen(engine, "handle_error", _make_terse)
    keep_statements(engine)
    ask_idle_connections(engine)
    return engine


def _make_terse(context: ExceptionContext) -> None:
    """Cut what quotes stored or sent values out of a database error before anybody can print it.

    DETAIL and CONTEXT quote rows; the messages of class 22 (data exceptions) quote what could not be read.
    """
    original = context.original_exception
    state = getattr(original, "sqlstate", None)
    if not state or not original.args:
        return
    first = str(original.args[0]).split("\n", 1)[0]
    terse = "a value could not be read" if state.startswith("22") else first
    original.args = (terse, *original.args[1:])
    wrapped = context.sqlalchemy_exception
    if wrapped is not None and wrapped.args:
        wrapped.args = (f"({type(original).__module__}.{type(original).__name__}) [{state}] {terse}",)


class TenantSession(Session):
    """A session that can only work for the one organization it was bound to."""


@event.listens_for(TenantSession, "after_begin")
def _bind_transaction(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    org = session.info.get(_ORG)
    if org is None:
        return
    connection.execute(
        _BIND,
        {"org": str(org), "scope": session.info[_SCOPE], "lock": f"{session.info[_LOCK]}ms"},
    )


def bind_organization(
    session: Session,
    org_id: uuid.UUID,
    locations: Iterable[uuid.UUID] | None = None,
    lock_timeout_ms: int = 3000,
) -> None:
    """Bind a session to an organization and to locations (None: all of them).

    Raises OrganizationSwitch when it is bound to another organization or already in a transaction.
    """
    bound = session.info.get(_ORG)
    if bound is not None and bound != org_id:
        raise OrganizationSwitch("bound to another organization: open a database session for this one")
    if session.in_transaction():
        raise OrganizationSwitch("in a transaction already: bind before the first statement")
    scope = ALL_LOCATIONS if locations is None else ",".join(sorted(str(one) for one in locations))
    session.info.update({_ORG: org_id, _SCOPE: scope, _LOCK: lock_timeout_ms})


def narrow_locations(session: Session, locations: Iterable[uuid.UUID]) -> None:
    """Cut a session that sees all locations down to some, for this transaction and all later ones.

    Raises OrganizationSwitch when it is already narrowed: a scope never widens.
    """
    organization_of(session)
    if session.info[_SCOPE] != ALL_LOCATIONS:
        raise OrganizationSwitch("narrowed to locations already: open another database session for others")
    scope = ",".join(sorted(str(one) for one in locations))
    session.info[_SCOPE] = scope
    if session.in_transaction():
        session.execute(text("select set_config('medspa.location_scope', :scope, true)"), {"scope": scope})


def organization_of(session: Session) -> uuid.UUID:
    """The organization a session serves. Raises OrganizationSwitch when it serves none."""
    org = session.info.get(_ORG)
    if not isinstance(org, uuid.UUID):
        raise OrganizationSwitch("bound to no organization: call bind_organization first")
    return org


def new_session(engine: Engine) -> TenantSession:
    return TenantSession(engine, expire_on_commit=False, autoflush=True)


@contextlib.contextmanager
def session_scope(
    engine: Engine,
    org_id: uuid.UUID | None = None,
    locations: Iterable[uuid.UUID] | None = None,
    lock_timeout_ms: int = 3000,
) -> Iterator[TenantSession]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with new_session(engine) as session:
        if org_id is not None:
            bind_organization(session, org_id, locations, lock_timeout_ms)
        with session.begin():
            yield session
