"""What an actor may do, resolved from roles on every request. Nothing is cached between requests."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission

Held = Mapping[uuid.UUID | None, frozenset[Permission]]
_KNOWN = frozenset(one.value for one in Permission)
_OF_STAFF = text(
    "select sr.location_id, r.permissions from staff_role sr"
    " join role r on r.org_id = sr.org_id and r.id = sr.role_id where sr.staff_id = :staff"
)


def known(words: Iterable[str]) -> frozenset[Permission]:
    """The permissions among `words`; words of a later or an earlier version are ignored."""
    return frozenset(Permission(one) for one in words if one in _KNOWN)


def of_staff(session: Session, staff_id: uuid.UUID) -> Held:
    """The permissions of a staff member per location; the key None holds those held everywhere."""
    rows = session.execute(_OF_STAFF, {"staff": staff_id})
    return collect((row.location_id, row.permissions) for row in rows)


def collect(rows: Iterable[tuple[uuid.UUID | None, Sequence[str] | None]]) -> Held:
    """Permissions per location from rows of (location, words)."""
    held: dict[uuid.UUID | None, frozenset[Permission]] = {}
    for location_id, words in rows:
        granted = known(words or ())
        if granted:
            held[location_id] = held.get(location_id, frozenset()) | granted
    return held


def restrict(held: Held, scopes: Iterable[str], location_id: uuid.UUID | None) -> Held:
    """`held` cut down to `scopes` and, when given, to one location."""
    allowed = known(scopes)
    if location_id is not None:
        at_location = held.get(None, frozenset()) | held.get(location_id, frozenset())
        held = {location_id: at_location}
    cut = {place: granted & allowed for place, granted in held.items()}
    return {place: granted for place, granted in cut.items() if granted}
