"""A visit as a file for the client's own calendar (RFC 5545). It names no treatment."""

from __future__ import annotations

from fastapi import Response

from medspa.kernel import clock
from operational.booking.queries import VisitRow
from operational.online.place import Place
from operational.webhooks.feed import TYPE, escaped, folded, in_utc

HEADERS = {"Content-Disposition": 'attachment; filename="appointment.ics"', "Cache-Control": "no-store"}


def calendar_file(place: Place, visit: VisitRow) -> Response:
    """One event, in UTC. The same visit keeps its UID, so that a moved one replaces the old."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//medspa//booking//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{visit.id}@medspa",
        f"SEQUENCE:{visit.version}",
        f"DTSTAMP:{in_utc(clock.now())}",
        f"DTSTART:{in_utc(visit.starts_at)}",
        f"DTEND:{in_utc(visit.ends_at)}",
        f"SUMMARY:{escaped(f'Appointment at {place.practice}')}",
        f"LOCATION:{escaped(f'{place.practice}, {place.name}')}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    text = "".join(f"{part}\r\n" for line in lines for part in folded(line))
    return Response(text, media_type=TYPE, headers=HEADERS)
