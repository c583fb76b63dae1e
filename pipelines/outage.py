"""A database that went away during a run, told in a sentence instead of a driver's error.

The driver's text is dropped: it may quote a statement. What a step had not committed is gone with its
connection, so that running again is all there is to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import adbc_driver_manager
import psycopg
import sqlalchemy.exc

from pipelines.errors import StoreUnavailable

_LOST = (
    psycopg.OperationalError,
    adbc_driver_manager.OperationalError,
    sqlalchemy.exc.OperationalError,
)


@contextlib.contextmanager
def outage_told(store: str) -> Iterator[None]:
    """Raises StoreUnavailable in place of what a driver raises when `store` ends or refuses a connection."""
    try:
        yield
    except _LOST as error:
        original = getattr(error, "orig", None) or error
        state = getattr(original, "sqlstate", None)
        kind = f"{type(original).__name__}, {state}" if state else type(original).__name__
        raise StoreUnavailable(
            f"The {store} did not answer or ended the connection ({kind}). Readers keep what they"
            " had: run again once it is up."
        ) from None
