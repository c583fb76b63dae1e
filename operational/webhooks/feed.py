"""A provider's calendar as a feed (RFC 5545): when they are busy, in UTC. It names nobody and no service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.errors import NotFound
from medspa.kernel.settings import Settings
from operational import links
from operational.identity import tokens
from operational.models import CalendarFeed

TYPE = "text/calendar; charset=utf-8"
BEHIND, AHEAD = timedelta(days=14), timedelta(days=180)
LONGEST_LINE = 75
"""Bytes of a line, without its end."""
_FEED = text("select org_id, feed_id from directory.calendar_feed(:digest)")
_BUSY = text(
    """
    select i.id, i.starts_at, i.ends_at, a.status, a.version, l.name as location
    from appointment_item i
    join appointment a on a.org_id = i.org_id and a.id = i.appointment_id
    join location l on l.org_id = a.org_id and l.id = a.location_id
    where i.provider_id = :staff and i.removed_at is null and i.starts_at >= :since and i.starts_at < :until
      and a.status in ('booked', 'confirmed', 'arrived', 'completed')
    order by i.starts_at, i.id
    """
)


@dataclass(frozen=True, slots=True)
class Busy:
    """Taken time of a provider."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    version: int
    summary: str
    location: str | None
    confirmed: bool


def feed(engine: Engine, token: str) -> str:
    """The calendar behind a link. Raises NotFound for one that was never given or was revoked."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = connection.execute(_FEED, {"digest": tokens.digest(token)}).one_or_none()
    if found is None:
        raise NotFound("There is no such calendar.")
    now = clock.now()
    with session_scope(engine, found.org_id) as session:
        row = session.get_one(CalendarFeed, (found.org_id, found.feed_id))
        asked = {"staff": row.staff_id, "since": now - BEHIND, "until": now + AHEAD}
        shows_place = row.shows_place
        taken = [
            Busy(
                uid=f"{one.id}@medspa", starts_at=one.starts_at, ends_at=one.ends_at, version=one.version,
                summary="Visit" if shows_place else "Busy", location=one.location if shows_place else None,
                confirmed=not shows_place or one.status != "booked",
            )
            for one in session.execute(_BUSY, asked)
        ]  # fmt: skip
    return written(taken, now)


def url_of(settings: Settings, token: str) -> str:
    """The secret address of a feed."""
    return links.public_url(settings, f"/v1/calendars/{token}.ics")


def written(taken: Iterable[Busy], now: datetime) -> str:
    """The text of a calendar: lines folded at 75 bytes, values escaped, ended by CR LF."""
    return "".join(f"{part}\r\n" for line in _lines(taken, now) for part in folded(line))


def _lines(taken: Iterable[Busy], now: datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//medspa//calendar//EN", "METHOD:PUBLISH")
    yield from ("REFRESH-INTERVAL;VALUE=DURATION:PT15M", "X-PUBLISHED-TTL:PT15M")
    for one in taken:
        yield from ("BEGIN:VEVENT", f"UID:{one.uid}", f"SEQUENCE:{one.version}", f"DTSTAMP:{in_utc(now)}")
        yield from (f"DTSTART:{in_utc(one.starts_at)}", f"DTEND:{in_utc(one.ends_at)}")
        yield f"SUMMARY:{escaped(one.summary)}"
        if one.location is not None:
            yield f"LOCATION:{escaped(one.location)}"
        yield from (f"STATUS:{'CONFIRMED' if one.confirmed else 'TENTATIVE'}", "TRANSP:OPAQUE", "END:VEVENT")
    yield "END:VCALENDAR"


def in_utc(at: datetime) -> str:
    """An instant as calendars write it."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(value: str) -> str:
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        value = value.replace(plain, safe)
    return value


def folded(line: str) -> list[str]:
    """Never inside a character; what follows begins with a blank."""
    parts: list[str] = []
    current = ""
    for character in line:
        if len((current + character).encode()) > LONGEST_LINE:
            parts.append(current)
            current = " "
        current += character
    return [*parts, current]
