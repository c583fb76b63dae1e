"""What checkout asks of a card processor and what it may answer. No vendor here.

Every call carries a request key of ours; sent twice, it must have one effect. `UNKNOWN` means that we do
not know whether it had one: only `lookup` or an event may settle it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from medspa.kernel.vocabulary import DisputeStatus, ProcessorLineKind


class Outcome(enum.StrEnum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"


NOT_RECEIVED = "not_received"
"""The code of a call that the processor says never reached it: our conclusion, not its decision."""
OWN_ACCOUNT = "own"
"""Names the account that our key itself belongs to, where a processor has accounts under it."""


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


@dataclass(frozen=True, slots=True)
class CardPage:
    """A page of the processor on which somebody gives a card to it. `reference` is its name there."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class CardGiven:
    """A card that the processor was given: its token for charges, and what people call it by."""

    token: str
    brand: str
    last_four: str


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """A line of the processor's own account of a merchant's money. Positive came in."""

    reference: str
    kind: ProcessorLineKind
    amount_minor: int
    fee_minor: int
    currency: str
    at: datetime
    about: str | None
    """The processor's reference of the charge, refund or dispute."""


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payout to the merchant's bank account: on it, or sent back by the bank after all (`failed`)."""

    reference: str
    currency: str
    net_minor: int
    arrived_on: date
    failed: bool = False


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

    def balance_lines(self, account: str, after: str | None, since: datetime) -> Sequence[BalanceLine]:
        """Lines from an instant on, after the one named, oldest first; some or all, none when there are none.

        Raises ProcessorSilent when they cannot be read now.
        """
        ...

    def payouts(self, account: str, since: date) -> Sequence[PaidOut]:
        """All payouts with an arrival on or after a date that are paid or failed, in any order.

        Those under way are none yet: they may arrive later than one made after them. Raises ProcessorSilent.
        """
        ...

    def payout_lines(self, account: str, reference: str) -> Sequence[BalanceLine]:
        """The lines that a payout settles, with those of a failed one that it repeats.

        Raises ProcessorSilent.
        """
        ...


class CardProcessor(Processor, Protocol):
    """A processor that takes cards from people on a page of its own."""

    card_origin: str
    """Where its pages for cards are, as browsers write an origin; empty: at our own address."""

    def open_card_page(self, request_key: str, account: str, return_to: str) -> CardPage:
        """A page of the processor's own that takes a card and leads back to `return_to`.

        The same key opens the same page. Raises ProcessorSilent.
        """
        ...

    def card_given(self, reference: str, account: str) -> CardGiven | None:
        """The card that was given on a page; None while none was. Raises ProcessorSilent."""
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


@dataclass(frozen=True, slots=True)
class Disputed:
    """An event about a dispute. Each tells all there is to know, for events may come in any order."""

    id: str
    type: str
    reference: str
    charge_reference: str
    request_key: str | None
    """Of the charge, where the processor repeats it."""
    status: DisputeStatus
    amount_minor: int
    currency: str
    fee_minor: int
    fee_returned_minor: int
    opened_at: datetime
    closed_at: datetime | None


ReadEvent = Callable[[bytes], Happened | Disputed | None]
"""Reads a vendor's event; None for one that is not about our calls. Raises ValueError for no event."""
