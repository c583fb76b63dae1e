"""One builder at a time: the warehouse's advisory lock, re-entrant within a thread.

Loading, building, checking, publishing and segment evaluation run inside it, so that no step sees another
run's half-done tables. A restarted server takes the lock away: each step asks whether it is still held.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import psycopg

from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings

_KEY = 0x6D656473_77680001
_POLL_SECONDS = 0.1
_held = threading.local()


class BuilderBusy(DomainError):
    """Another process has been building the warehouse for longer than the caller would wait."""

    status = 409
    code = "builder-busy"
    title = "The warehouse is being built by another process: try again later"


class BuilderLockLost(DomainError):
    """The connection that held the lock is gone, so another process may be building by now."""

    status = 503
    code = "builder-lock-lost"
    title = "The warehouse was restarted during the run: run it again"


@contextlib.contextmanager
def builder_lock(settings: Settings, *, wait_seconds: float = 3600.0) -> Iterator[None]:
    """Hold the builder's lock of the warehouse. Raises BuilderBusy when it is not free in time.

    The lock lives as long as its connection: a killed process frees it. Inside another `builder_lock` of this
    thread nothing is taken, but raises BuilderLockLost when the outer one is no longer held.
    """
    dsn = settings.warehouse_dsn("build")
    holders: dict[str, psycopg.Connection] = _held.__dict__.setdefault("holders", {})
    if dsn in holders:
        _require_held(holders[dsn])
        yield
        return
    with psycopg.connect(dsn, autocommit=True, application_name="medspa-builder-lock") as connection:
        _take(connection, wait_seconds)
        holders[dsn] = connection
        try:
            yield
        finally:
            del holders[dsn]


def _require_held(connection: psycopg.Connection) -> None:
    """Asking at all is enough: a session's lock goes with the session and in no other way."""
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        raise BuilderLockLost from None


def _take(connection: psycopg.Connection, wait_seconds: float) -> None:
    # Polled: a waiting pg_advisory_lock would hold a snapshot open for as long as it waits.
    deadline = time.monotonic() + wait_seconds
    while True:
        row = connection.execute("select pg_try_advisory_lock(%s)", (_KEY,)).fetchone()
        if row is not None and row[0]:
            return
        if time.monotonic() >= deadline:
            raise BuilderBusy
        time.sleep(_POLL_SECONDS)
