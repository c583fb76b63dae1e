"""What stands around every page of somebody who is signed in: where one can go, who and where one is.

What each of it means is the operational side's (operational.shell); pages are the areas'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOKS = ("auto", "light", "dark")
LOOK_COOKIE = "medspa_look"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somewhere to go. `parts` are shown beneath while one is there."""

    path: str
    words: str
    parts: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Shell:
    """`csrf_token`: what forms of the bar carry; None without a session, as with an API key."""

    here: str
    csrf_token: str | None = None
    entries: Sequence[Entry] = ()
    person: str = ""
    organization: str = ""
    places: Sequence[Place] = ()
    place: str | None = None
    """The location that pages are about."""
    unread: int = 0
    hours: int = 12
    """Of the clock by which times are told there."""
    may_search: bool = False
    idle_minutes: int = 0
    """After so long without a touch the device is locked; 0: never."""
    look: str = LOOKS[0]
    said: str = ""
    """What came of what was done on the page before."""

    @property
    def current(self) -> Entry | None:
        """The entry whose pages this one is among."""
        path = urlsplit(self.here).path
        under = [one for one in self.entries if within(path, one.path)]
        return max(under, key=lambda one: len(one.path), default=None)

    @property
    def part(self) -> Entry | None:
        path, parts = urlsplit(self.here).path, self.current.parts if self.current else ()
        return max(
            (one for one in parts if within(path, one.path)), key=lambda one: len(one.path), default=None
        )


def within(path: str, above: str) -> bool:
    return path == above or path.startswith(above.rstrip("/") + "/")


def look(chosen: str | None) -> str:
    """Light, dark, or as the device has it."""
    return chosen if chosen in LOOKS else LOOKS[0]
