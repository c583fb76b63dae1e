"""Where one can go from every page: an entry per line, shown to who holds one of its permissions anywhere.

An area that has pages adds its line here. What the pages show, and to whom, they decide themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medspa.kernel.vocabulary import Permission as P  # noqa: N817 - a table of permissions reads better short
from medspa.ui.shell import Entry
from operational.identity.access import Actor


@dataclass(frozen=True, slots=True)
class Way:
    """`needs`: one of these permissions; none: whoever is signed in."""

    path: str
    words: str
    needs: frozenset[P] = frozenset()
    parts: tuple[Way, ...] = ()

    def open_to(self, actor: Actor) -> bool:
        return not self.needs or any(actor.may(one) for one in self.needs)


def _any(*permissions: P) -> frozenset[P]:
    return frozenset(permissions)


REPORTS = _any(P.REPORT_OPERATIONS, P.REPORT_FINANCE)
SET_UP = _any(P.ORGANIZATION_MANAGE, P.CATALOGUE_MANAGE, P.STAFF_MANAGE, P.SCHEDULE_MANAGE)
WAYS: tuple[Way, ...] = (
    Way(
        "/calendar",
        "Calendar",
        _any(P.BOOKING_READ),
        (
            Way("/calendar", "Calendar"),
            Way("/calendar/time-off", "Time off and closures"),
        ),
    ),
    Way("/walk-ins", "Walk-ins", _any(P.BOOKING_READ)),
    Way("/clients", "Clients", _any(P.CLIENT_READ)),
    Way("/waitlist", "Waitlist", _any(P.BOOKING_READ)),
    Way(
        "/messages",
        "Messages",
        _any(P.CLIENT_READ),
        (
            Way("/messages", "From clients"),
            Way("/messages/texts", "Texts", _any(P.ORGANIZATION_MANAGE)),
            Way("/messages/rules", "When", _any(P.ORGANIZATION_MANAGE)),
            Way("/connections", "Connections", _any(P.API_KEY_MANAGE)),
        ),
    ),
    Way("/tasks", "Tasks", _any(P.LEAD_READ)),
    Way("/leads", "Leads", _any(P.LEAD_READ)),
    Way(
        "/reports",
        "Reports",
        REPORTS,
        (
            Way("/reports", "All reports"),
            Way("/reports/data-quality", "Data quality", _any(P.REPORT_FINANCE)),
            Way("/reports/glossary", "Glossary"),
        ),
    ),
    Way(
        "/setup",
        "Set-up",
        SET_UP,
        (
            Way("/setup", "Checklist"),
            Way("/setup/organization", "Organization", _any(P.ORGANIZATION_MANAGE)),
            Way("/setup/legal-entities", "Legal entities", _any(P.ORGANIZATION_MANAGE)),
            Way("/setup/locations", "Locations", _any(P.ORGANIZATION_MANAGE)),
            Way("/setup/categories", "Categories", _any(P.CATALOGUE_MANAGE)),
            Way("/setup/services", "Services", _any(P.CATALOGUE_MANAGE)),
            Way("/setup/products", "Products", _any(P.CATALOGUE_MANAGE)),
            Way("/setup/resources", "Rooms and devices", _any(P.CATALOGUE_MANAGE)),
            Way("/setup/staff", "Staff", _any(P.STAFF_MANAGE)),
            Way("/setup/roles", "Roles", _any(P.STAFF_MANAGE)),
            Way("/setup/shifts", "Shifts", _any(P.SCHEDULE_MANAGE)),
            Way("/setup/online", "Online", _any(P.ORGANIZATION_MANAGE)),
        ),
    ),
)


def ways(actor: Actor) -> Sequence[Entry]:
    """What is open to this actor, in order."""
    return [_entry(one, actor) for one in WAYS if one.open_to(actor)]


def _entry(way: Way, actor: Actor) -> Entry:
    return Entry(way.path, way.words, tuple(_entry(one, actor) for one in way.parts if one.open_to(actor)))
