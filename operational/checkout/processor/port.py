"""What checkout asks of a card processor and what it may answer. No vendor here.

Every call carries a request key of ours; sent twice, it must have one effect. `UNKNOWN` means that we do
not know whether it had one: only `lookup` or an event may settle it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Outcome(enum.StrEnum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"


NOT_RECEIVED = "not_received"
"""The code of a call that the processor says never reached it: our conclusion, not its decision."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a call. `reference` is the processor's id of the charge or refund."""

    outcome: Outcome
    reference: str | None = None
    code: str | None = None
    card_brand: str | None = None
    card_last_four: str | None = None


UNKNOWN = Result(Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    request_key: str
    account: str
    """The merchant account at the processor."""
    amount_minor: int
    currency: str
    token: str
    """Made by the processor's form in the browser; never a card number."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    request_key: str
    account: str
    charge_reference: str
    amount_minor: int
    currency: str


class Processor(Protocol):
    """Calls are blocking, bounded in time, and never made while a transaction is open."""

    def charge(self, request: ChargeRequest) -> Result:
        """Take money. A timeout or a broken connection is UNKNOWN, never an exception."""
        ...

    def refund(self, request: RefundRequest) -> Result:
        """Give money of one charge back; never more than it took."""
        ...

    def lookup(
        self, request_key: str, charge_reference: str | None = None, account: str = ""
    ) -> Result | None:
        """What became of the call with this key; None when it never arrived. UNKNOWN: cannot tell now.

        `charge_reference` names the refunded charge when the call was a refund.
        """
        ...


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the processor about one of our calls."""

    id: str
    type: str
    kind: str
    """`charge` or `refund`."""
    request_key: str
    amount_minor: int
    currency: str
    result: Result


ReadEvent = Callable[[bytes], Happened | None]
"""Reads a vendor's event; None for one that is not about our calls. Raises ValueError for no event."""
