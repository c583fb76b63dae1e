"""How many visits to come one person may have booked for themselves at a location.

By phone number and by e-mail address, whoever's record they are in; the answer is the one that everybody gets
when it is busy, so that nobody learns from it who has visits.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from operational.booking.cancel import WAITING
from operational.models import Client, OnlineBooking
from operational.online import details, whose
from operational.online.errors import LATER, NotNow, TooBusy
from operational.online.place import of_location
from operational.privacy.vault import Vault

_LOCK = text("select pg_advisory_xact_lock(k) from unnest(cast(:keys as bigint[])) k order by k")
# Being paid counts too: its visit is written when the processor has answered.
_COUNT = text(
    "with person as (select client_root(c.id) as id from client c"
    " where c.phone = :phone or c.email_key = lower(:email))"
    " select (select count(*) from appointment a where a.client_id in (select id from person)"
    "  and a.starts_at > :now and a.location_id = :place and a.source = 'online'"
    "  and a.status = any(:waiting))"
    " + (select count(*) from online_booking b where b.state = 'paying' and b.appointment_id is null"
    "  and b.location_id = :place and b.id <> :own"
    "  and client_root(b.client_id) in (select id from person))"
)


def check(session: Session, vault: Vault, row: OnlineBooking) -> None:
    """One visit more may be booked. Holds what is booked under the contact until the transaction ends.

    Raises TooBusy; NotNow before anybody said who they are.
    """
    phone, email = _contact(session, vault, row)
    names = [f"online:{row.org_id}:{row.location_id}:{one}" for one in (phone, email) if one]
    session.execute(_LOCK, {"keys": sorted(map(_key, names))})
    count = session.scalar(
        _COUNT,
        {
            "phone": phone, "email": email, "place": row.location_id, "now": clock.now(), "own": row.id,
            "waiting": [one.value for one in WAITING],
        },
    )  # fmt: skip
    if count >= of_location(session, row.location_id).most_upcoming:
        raise TooBusy(LATER, {"retry_after_seconds": 600})


def _contact(session: Session, vault: Vault, row: OnlineBooking) -> tuple[str | None, str | None]:
    if row.client_id is not None:
        client = session.get_one(Client, (row.org_id, whose.person(session, row)))
        return client.phone, client.email and client.email.lower()
    given = details.opened(session, vault, row)
    if given is None:
        raise NotNow("Fill in your details first.")
    return given.phone, given.email.lower()


def _key(value: str) -> int:
    return int.from_bytes(hashlib.sha256(value.encode()).digest()[:8], "big", signed=True)
