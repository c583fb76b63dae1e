"""What can happen after a visit and outside of it: links, returned checks, disputes, members, the bank.

Plain data, like events.py, which has what happens at and around visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from operational.simulation.events import Event, VisitPlan

MembershipStep = Literal["freeze", "unfreeze", "settle", "cancel", "unpaid"]


@dataclass(slots=True)
class OfVisit(Event):
    """Something about a visit that is over."""

    visit: VisitPlan


@dataclass(slots=True)
class SendLink(OfVisit):
    """The client gets a link with which to pay what is open of the visit's invoice."""


@dataclass(slots=True)
class PayLink(OfVisit):
    """And pays, if something is open still; perhaps on a day on which the place is closed."""


@dataclass(slots=True)
class ReturnCheck(OfVisit):
    """The bank gives the visit's check back."""


@dataclass(slots=True)
class Dispute(OfVisit):
    """The client's bank takes the money of the visit's card payment back."""


@dataclass(slots=True)
class Verdict(OfVisit):
    """The dispute is decided; `bills`: a lost one that the client owes after all."""

    won: bool
    bills: bool = False


@dataclass(slots=True)
class GiveUp(OfVisit):
    """What is still open of the visit's invoice is written off."""


@dataclass(slots=True)
class Recover(OfVisit):
    """It is paid after all."""


@dataclass(slots=True)
class Enroll(OfVisit):
    """The client becomes a member after the visit; dues are charged to the card."""

    token: str


@dataclass(slots=True)
class Membership(OfVisit):
    """A member freezes, comes back, pays dues at the desk that the card refused, or leaves."""

    how: MembershipStep


@dataclass(slots=True)
class Bill(Event):
    """The morning's billing of dues."""

    place: str


@dataclass(slots=True)
class Bank(Event):
    """The processor pays out, and the bank's lines of the week are taken in.

    `short_minor`: what the bank counts less than the bag's slip says. `fee_minor`: a fee of its own.
    """

    place: str
    short_minor: int = 0
    fee_minor: int = 0
