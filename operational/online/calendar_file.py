"""A visit as a file for the client's own calendar (RFC 5545). It names no treatment."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from medspa.kernel import clock
from operational.online.place import Place

TYPE = "text/calendar; charset=utf-8"


def calendar_file(
    place: Place, appointment_id: uuid.UUID, starts_at: datetime, ends_at: datetime, version: int
) -> str:
    """One event, in UTC. The same visit keeps its UID, so that a moved one replaces the old."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//medspa//booking//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{appointment_id}@medspa",
        f"SEQUENCE:{version}",
        f"DTSTAMP:{_utc(clock.now())}",
        f"DTSTART:{_utc(starts_at)}",
        f"DTEND:{_utc(ends_at)}",
        f"SUMMARY:{_text(f'Appointment at {place.practice}')}",
        f"LOCATION:{_text(f'{place.practice}, {place.name}')}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> list[str]:
    """At most 75 bytes a line, never inside a character; what follows begins with a blank."""
    parts: list[str] = []
    current = ""
    for character in line:
        if len((current + character).encode()) > 75:
            parts.append(current)
            current = " "
        current += character
    return [*parts, current]
