"""What the desk is told when something could not be done, and the form that does it all the same where that
may be: what was sent goes again with the rules it breaks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from medspa.kernel.errors import DomainError, StaleVersion
from medspa.kernel.vocabulary import Permission, SoftRule, SubjectKind
from operational.booking.choose import WHY
from operational.booking.errors import NeedsOverride, SlotTaken
from operational.identity.unit import Unit

CHANGED = "Here is what it says now: do it once more if it is still right."

_TAKEN = {
    SubjectKind.PROVIDER: "whoever would perform it is with somebody else then",
    SubjectKind.ROOM: "every room for it is in use then",
    SubjectKind.DEVICE: "every device for it is in use then",
}


@dataclass(frozen=True, slots=True)
class Refused:
    title: str
    told: str
    status: int
    path: str = ""
    """Where `sent` goes again with `rules` broken; empty: nobody overrides it, or not this person."""
    sent: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()


def refused(
    unit: Unit,
    error: DomainError,
    location_id: uuid.UUID,
    path: str = "",
    sent: Iterable[tuple[str, object]] = (),
) -> Refused:
    """`error` in words. `sent` are the fields of the form that was refused, without its overrides."""
    if isinstance(error, StaleVersion):
        return Refused(error.title, CHANGED, error.status)
    if isinstance(error, SlotTaken):
        return Refused(error.title, _what_is_taken(error), error.status)
    if not isinstance(error, NeedsOverride):
        told = "" if error.detail == error.title else error.detail
        return Refused(error.title, told, error.status)
    rules = tuple(error.extra["rules"])
    why = f"At this time {'; '.join(WHY[SoftRule(one)] for one in rules)}."
    if not unit.actor.may(Permission.BOOKING_OVERRIDE, location_id):
        return Refused(error.title, f"{why} Choose another time, or ask who may override.", error.status)
    fields = tuple((name, str(value)) for name, value in sent if value is not None)
    return Refused(error.title, why, error.status, path, fields, rules)


def _what_is_taken(error: SlotTaken) -> str:
    kinds = {SubjectKind(one["subject"]) for one in error.extra.get("taken", ())}
    words = "; ".join(told for kind, told in _TAKEN.items() if kind in kinds)
    return f"{words[:1].upper()}{words[1:]}. {error.detail}" if words else error.detail
