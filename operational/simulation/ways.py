"""How people come to their visits beside calling the desk, and what befalls visits on the way there.

Plain data, like events.py: online bookings, leads, the waitlist, the walk-in queue, people who come
together, series, absences, slips of the desk, and the turns of the workers beside the web server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from operational.simulation.events import Book, ClientPlan, Event, Join, Move, VisitPlan


@dataclass(frozen=True, slots=True)
class WishPlan:
    """What somebody on the waitlist wants: a service with one provider, at one time."""

    number: int
    client: int
    place: str
    offers: tuple[str, ...]
    provider: str
    start: dt.datetime


@dataclass(slots=True)
class About(Event):
    """Something about a visit."""

    visit: VisitPlan


@dataclass(slots=True)
class Chosen(About):
    """A visit at the time for which it was first booked: it may be moved later."""

    start: dt.datetime
    provider: str


@dataclass(slots=True)
class Turn(Event):
    """The workers beside the web server have something to do: about whom it is."""

    about: Literal["bookings", "waitlist", "visits"]


@dataclass(slots=True)
class StartWriting(Event):
    """From now on the practice writes to its clients by itself."""


@dataclass(slots=True)
class BeginOnline(Chosen):
    """Somebody chooses the visit's time on the public page; `client` leaves, having asked to be called."""

    client: ClientPlan | None = None


@dataclass(slots=True)
class FinishOnline(Chosen):
    """And books it, with details and, where the service asks for it, a card."""

    client: ClientPlan


@dataclass(slots=True)
class Enquire(Event):
    """Somebody writes by the form on the web site."""

    client: ClientPlan


@dataclass(slots=True)
class FollowUp(Event):
    """The desk calls a lead; `lost`: nothing comes of it, and why."""

    client: ClientPlan
    lost: str | None = None


@dataclass(slots=True)
class Convert(Join):
    """A lead becomes a client."""


@dataclass(slots=True)
class Await(Event):
    """A client is put on the waitlist."""

    wish: WishPlan


@dataclass(slots=True)
class Decline(Event):
    """Who was offered a time does not want it."""

    wish: WishPlan


@dataclass(slots=True)
class Accept(About):
    """Who was offered a time takes it."""

    wish: WishPlan


@dataclass(slots=True)
class Come(About):
    """Somebody without an appointment joins the queue."""


@dataclass(slots=True)
class Seat(About):
    """And it is their turn."""


@dataclass(slots=True)
class Rebook(Book):
    """Booked when leaving: the desk looks what fits the cycle."""


@dataclass(slots=True)
class Together(Chosen):
    """Clients who come at the same time; one of them books."""

    others: tuple[VisitPlan, ...]


@dataclass(slots=True)
class Series(About):
    """The sessions of a treatment that are still to come, booked at once."""

    others: tuple[VisitPlan, ...]


@dataclass(slots=True)
class Slip(About):
    """The desk cancels the wrong visit."""


@dataclass(slots=True)
class Undo(About):
    """And takes it back within the minute."""


@dataclass(slots=True)
class Away(Event):
    """A provider asks for a day off, and gets it; or, on the morning itself, is sick."""

    place: str
    provider: str
    starts: dt.datetime
    ends: dt.datetime
    sick: bool = False


@dataclass(slots=True)
class MoveAway(Move):
    """A visit of somebody who is sick goes elsewhere with the others of the day."""


@dataclass(slots=True)
class TellAway(About):
    """Or no time was found: its client must be told."""


COUNTS: Mapping[type[Event], Mapping[str, int]] = {
    Convert: {"Join": 1}, FinishOnline: {"Join": 1, "Book": 1}, Seat: {"Book": 1}, Rebook: {"Book": 1},
    Accept: {"Book": 1}, Together: {"Book": 2}, Series: {"Book": 2},
}  # fmt: skip
"""What else an event counts as: clients who came to be, visits that were booked."""
