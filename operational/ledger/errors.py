"""What the ledger refuses, and the mapping from the database's own refusals to these errors.

The triggers of migrations/sql/3x raise SQLSTATEs of class `MS`; their messages hold dates and account
codes only, so they can be shown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError

from medspa.kernel.errors import DomainError, Invalid, TryAgain


class UnbalancedEntry(DomainError):
    """A bug in the caller, kept out by the database."""

    status = 422
    code = "unbalanced-entry"
    title = "A journal entry does not balance"


class MissingSubledgerKey(DomainError):
    status = 422
    code = "missing-subledger-key"
    title = "A posting lacks the key its account requires"


class WrongBooks(DomainError):
    """An unknown location, or a legal entity or currency that is not the location's."""

    status = 422
    code = "wrong-books"
    title = "These are not the books of this location"


class DayClosed(DomainError):
    status = 409
    code = "day-closed"
    title = "The business day is closed"


class DayNotBegun(DomainError):
    status = 422
    code = "day-not-begun"
    title = "The business day has not begun"


class DayOrder(DomainError):
    status = 409
    code = "day-order"
    title = "Days close in order"


class InsufficientBalance(DomainError):
    status = 409
    code = "insufficient-balance"
    title = "The balance is not enough"


class AppendOnly(DomainError):
    status = 409
    code = "append-only"
    title = "This record is never changed"


class AlreadyPosted(DomainError):
    """The event of this document has its entry, or the entry its reversal."""

    status = 409
    code = "already-posted"
    title = "This event is posted already"


class SessionNotOpen(DomainError):
    """A drawer session that is counted, of another location or day, or of the wrong kind."""

    status = 409
    code = "drawer-session-not-open"
    title = "The drawer session cannot take this"


class DrawerAlreadyOpen(DomainError):
    status = 409
    code = "drawer-already-open"
    title = "This drawer has an open session"


class FloatDiffers(DomainError):
    """The opening float is not what the last count left; the difference needs an explanation."""

    status = 422
    code = "float-differs"
    title = "The opening float is not what was left in the drawer"


class NotEnoughCash(DomainError):
    """Also answers a count of a drawer that gave out more than it ever held."""

    status = 409
    code = "not-enough-cash"
    title = "The drawer does not hold this much cash"


class DoubledDenomination(DomainError):
    status = 422
    code = "doubled-denomination"
    title = "Send each denomination once"


class TipsExceeded(DomainError):
    status = 409
    code = "tips-exceeded"
    title = "The provider is not owed this much in tips"


class DayBlocked(DomainError):
    """`blockers` lists what must be resolved first, each with a code, a count and links."""

    status = 409
    code = "day-blocked"
    title = "The day cannot be closed yet"


_BY_STATE: Mapping[str, type[DomainError]] = {
    "MS001": UnbalancedEntry,
    "MS002": MissingSubledgerKey,
    "MS003": WrongBooks,
    "MS004": DayClosed,
    "MS005": InsufficientBalance,
    "MS006": AppendOnly,
    "MS008": DayOrder,
    "MS009": SessionNotOpen,
    "MS011": DayNotBegun,
}
_BUSY = frozenset({"55P03", "40P01", "40001"})
"""Lock not available in time, deadlock victim, serialization failure: nothing was changed."""
_UNIQUE_VIOLATION = "23505"
_FOREIGN_KEY_VIOLATION = "23503"
_CHECK_VIOLATION = "23514"


def from_database(error: BaseException) -> DomainError | None:
    """The domain error of a refusal by the database; None when it is not one of the ledger's.

    Takes SQLAlchemy's wrapper or the driver's own error.
    """
    cause: Any = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    if state in _BUSY:
        return TryAgain()
    if isinstance(state, str) and state in _BY_STATE:
        return _BY_STATE[state](cause.diag.message_primary)
    diagnosis = getattr(cause, "diag", None)
    if diagnosis is None or diagnosis.table_name not in ("journal_entry", "posting"):
        return None
    if state == _UNIQUE_VIOLATION:
        return AlreadyPosted()
    if state == _FOREIGN_KEY_VIOLATION:
        return WrongBooks("A posting names a record that does not exist in this organization.")
    if state == _CHECK_VIOLATION:
        return Invalid("A posting has an amount other than zero and words of the vocabulary.")
    return None


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Refusals of the database inside the block leave it as the ledger's errors."""
    try:
        yield
    except DBAPIError as error:
        if (refused := from_database(error)) is not None:
            raise refused from error
        raise
