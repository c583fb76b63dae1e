"""What can happen in the simulated time. Plain data: who does it and how is in the actors."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

PayHow = Literal["card", "cash", "check", "split", "part", "declined", "unanswered", "nothing"]
Gone = Literal["no_show", "cancel", "late_cancel", "practice_cancel", "left", "not_treated"]


@dataclass(slots=True)
class ClientPlan:
    """Somebody who becomes a client."""

    number: int
    place: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """One service of a visit and what is charted of it."""

    offer: str
    intent: str = "full"
    product: str | None = None
    area: str | None = None
    quantity_milli: int = 0


@dataclass(slots=True)
class BillPlan:
    """How a visit is invoiced and paid."""

    how: PayHow = "card"
    brand: str = "tok_visa"
    tip_ppm: int = 0
    discount: tuple[str, int] | None = None
    """(reason, share of the list price in ppm) on the first line."""
    goods: tuple[str, ...] = ()
    sells_card: tuple[str, int] | None = None
    """(code, value) of a gift card sold with it."""
    uses_card: str | None = None
    sells_package: str | None = None
    """The service of which a package is sold with it."""


@dataclass(slots=True)
class VisitPlan:
    """A visit from its booking to its end."""

    number: int
    client: int
    place: str
    provider: str
    start: dt.datetime
    items: tuple[ItemPlan, ...]
    minutes: int
    booked_at: dt.datetime
    follow_up_of: int | None = None
    walk_in: bool = False
    queued: bool = False
    """Came through the walk-in queue: seated, and so arrived, when it was their turn."""
    bill: BillPlan = field(default_factory=BillPlan)


@dataclass(slots=True)
class Event:
    """Something at an instant. Events at one instant keep the order in which they were planned."""

    at: dt.datetime


@dataclass(slots=True)
class Open(Event):
    place: str


@dataclass(slots=True)
class Close(Event):
    """The drawer is counted (`off_minor` over or short) and the day closed."""

    place: str
    date: dt.date
    off_minor: int = 0
    tips: bool = False


@dataclass(slots=True)
class PettyCash(Event):
    place: str
    amount_minor: int
    reason: str


@dataclass(slots=True)
class Roster(Event):
    """The shifts of a month: (provider, place, date, starts, ends)."""

    shifts: tuple[tuple[str, str, dt.date, dt.datetime, dt.datetime], ...]


@dataclass(slots=True)
class Staff(Event):
    """Somebody joins or leaves."""

    label: str
    joins: bool


@dataclass(slots=True)
class Price(Event):
    """A product or service costs something else from now on."""

    kind: Literal["product", "service"]
    name: str
    price_minor: int


@dataclass(slots=True)
class TaxChange(Event):
    place: str
    jurisdiction: str
    rate_ppm: int
    valid_from: dt.date


@dataclass(slots=True)
class Delivery(Event):
    place: str
    product: str
    number: str
    quantity_milli: int
    expires_on: dt.date


@dataclass(slots=True)
class Waste(Event):
    place: str
    product: str
    quantity_milli: int


@dataclass(slots=True)
class Join(Event):
    client: ClientPlan


@dataclass(slots=True)
class Book(Event):
    visit: VisitPlan
    start: dt.datetime
    provider: str


@dataclass(slots=True)
class Deposit(Event):
    visit: VisitPlan
    place: str
    amount_minor: int


@dataclass(slots=True)
class Confirm(Event):
    visit: VisitPlan


@dataclass(slots=True)
class Move(Event):
    visit: VisitPlan
    start: dt.datetime
    provider: str
    by: Literal["client", "practice"] = "client"


@dataclass(slots=True)
class Arrive(Event):
    visit: VisitPlan


@dataclass(slots=True)
class Finish(Event):
    visit: VisitPlan


@dataclass(slots=True)
class Miss(Event):
    """A visit that does not take place."""

    visit: VisitPlan
    how: Gone
    reason: str | None = None
    waived: bool = False


@dataclass(slots=True)
class PayLater(Event):
    """What is still open of a visit's invoice is paid, perhaps at another location."""

    visit: VisitPlan
    place: str
    how: PayHow


@dataclass(slots=True)
class Refund(Event):
    """A credit memo on the visit's first line and its payout."""

    visit: VisitPlan
    share_ppm: int
    reason: str
    to_credit: bool


@dataclass(slots=True)
class RefundPackage(Event):
    """What is left of the package that was sold with the visit goes back; used sessions at list price."""

    visit: VisitPlan
    reprices: bool


@dataclass(slots=True)
class Plan:
    """A whole life: who is there, and everything in order."""

    clients: list[ClientPlan]
    visits: list[VisitPlan]
    events: list[Event]
