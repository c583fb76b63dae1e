"""What messaging asks of a messenger and what it may answer. No vendor here.

Every message carries a key of ours. UNKNOWN means that it may have gone out: only `lookup` or a report may
settle it, and it is never sent again.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from medspa.kernel.errors import DomainError


class Outcome(enum.StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: the address does not exist, or nobody there wants to be written to."""
    UNAVAILABLE = "unavailable"
    """Certainly not sent: the messenger could not be reached, or had no time. Try again."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it leaves."""

    key: str
    sender: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str | None = field(default=None, repr=False)
    status_url: str = ""
    """Where the messenger reports what became of it."""


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    reference: str | None = None
    code: str | None = None


UNKNOWN = Result(Outcome.UNKNOWN)


class Messenger(Protocol):
    """Calls are blocking, bounded in time, and never made while a transaction is open."""

    def send(self, message: Outgoing) -> Result:
        """Hand a message over. A timeout or a broken connection is a result, never an exception."""
        ...

    def lookup(self, message: Outgoing, since: datetime) -> Result | None:
        """What became of a message handed over since then; None: it never arrived. UNKNOWN: cannot tell."""
        ...


class MessengerSignature(DomainError):
    """A report or an incoming text that our messenger did not sign."""

    status = 401
    code = "messenger-signature"
    title = "The signature of this report is not valid"
