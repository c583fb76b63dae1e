"""What an error of the database means to the caller, by its SQLSTATE. Messages are never shown or logged:
they quote values."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from sqlalchemy.exc import DBAPIError

RETRYABLE = frozenset({"40001", "40P01", "55P03", "57014"})
"""Serialization failure, deadlock, lock timeout, statement timeout."""


@dataclass(frozen=True, slots=True)
class Meaning:
    status: int
    code: str
    title: str


_TRY_AGAIN = Meaning(409, "try-again", "Somebody else is changing the same thing; try again")
_BY_STATE = {
    **dict.fromkeys(RETRYABLE, _TRY_AGAIN),
    "23P01": Meaning(409, "overlap", "This time is taken"),
    "23505": Meaning(409, "already-exists", "A record with these values exists already"),
    "23503": Meaning(422, "unknown-reference", "The request names a record that does not exist here"),
    "23514": Meaning(422, "out-of-range", "A value is outside of what is allowed"),
    "23502": Meaning(422, "missing-value", "A required value is missing"),
    "22003": Meaning(422, "out-of-range", "A number is too large"),
    "22021": Meaning(422, "unusable-text", "A text contains characters that cannot be stored"),
    "22P05": Meaning(422, "unusable-text", "A text contains characters that cannot be stored"),
    "MS101": Meaning(409, "already-signed", "A signed record is never changed"),
    "MS102": Meaning(422, "sites-do-not-sum", "The units of the sites do not sum to the quantity"),
    "MS201": Meaning(409, "client-merged", "This record was merged into another; use that one"),
    "42501": Meaning(403, "forbidden", "This record is outside of what you may change"),
}


def database_error_of(error: BaseException) -> psycopg.Error | None:
    original = error.orig if isinstance(error, DBAPIError) else error
    return original if isinstance(original, psycopg.Error) else None


def sqlstate_of(error: BaseException) -> str | None:
    found = database_error_of(error)
    return found.sqlstate if found is not None else None


def constraint_of(error: BaseException) -> str | None:
    """The name of the violated constraint: ours, so it identifies nobody."""
    found = database_error_of(error)
    return found.diag.constraint_name if found is not None else None


def meaning_of(error: BaseException) -> Meaning | None:
    """What to tell the caller; None: nothing but that something went wrong."""
    found = database_error_of(error)
    if found is None:
        return None
    if found.sqlstate is None and isinstance(found, psycopg.DataError):
        return _BY_STATE["22021"]
    return _BY_STATE.get(found.sqlstate or "")
