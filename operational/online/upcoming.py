"""How many visits to come one person has booked for themselves at a location, and whether those are too many.

Looked at after the visit is booked, and for the desk: whoever books is answered the same, whether a phone
number or an e-mail address is known here or not. What keeps strangers from filling a calendar counts
nobody's visits (guard.py, draft.py).
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from operational.booking.cancel import WAITING
from operational.models import Client, OnlineBooking
from operational.online import whose
from operational.online.place import of_location

# By phone number and by e-mail address, whoever's record they are in: those booked before, and itself.
_COUNT = text(
    "with person as (select client_root(c.id) as id from client c"
    " where c.phone = :phone or c.email_key = lower(:email))"
    " select count(*) from appointment a join appointment own on own.id = :own"
    " where a.client_id in (select id from person)"
    "  and own.status = any(:waiting) and (a.booked_at, a.id) <= (own.booked_at, own.id)"
    "  and a.starts_at > :now and a.location_id = own.location_id and a.source = 'online'"
    "  and a.status = any(:waiting)"
)


def is_one_too_many(session: Session, row: OnlineBooking) -> bool:
    """Whether the visit of a booking is beyond what one phone number or e-mail address may hold."""
    if row.appointment_id is None:
        return False
    client = session.get_one(Client, (row.org_id, whose.person(session, row)))
    count = session.scalar(
        _COUNT,
        {
            "phone": client.phone, "email": client.email, "own": row.appointment_id, "now": clock.now(),
            "waiting": [one.value for one in WAITING],
        },
    )  # fmt: skip
    return (count or 0) > of_location(session, row.location_id).most_upcoming
