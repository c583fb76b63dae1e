"""Devices on which people may switch by PIN, before any organization is bound. PINs are identity's."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from operational.directory.lookup import StaffFound, ask

FRESH = timedelta(days=14)
"""After this long without a full sign-in on a device, a PIN opens nothing there."""
WRONG_PINS = 5
"""From then on the device asks that person for a full sign-in."""

_TRUST = text("select directory.trust_device(:device, :org, :staff, :now, :full)")
_PEOPLE = text("select org_id, staff_id from directory.device_people(:device, :since, :wrong)")
_CLAIM = text("select directory.claim_pin(:device, :org, :staff, :since, :wrong)")
_SETTLE = text("select directory.settle_pin(:device, :org, :staff)")
_FORGET = text("select directory.forget_person_devices(:org, :staff)")


def trust(engine: Engine, device_digest: str, person: StaffFound, now: datetime, *, full: bool) -> None:
    """They signed in fully here (`full`), or are signed in so and set a PIN."""
    ask(engine, _TRUST, device=device_digest, **_of(person), now=now, full=full)


def people(engine: Engine, device_digest: str, now: datetime) -> list[StaffFound]:
    """Who may switch by PIN on this device."""
    rows = ask(engine, _PEOPLE, device=device_digest, since=now - FRESH, wrong=WRONG_PINS)
    return [StaffFound(*row) for row in rows]


def claim(engine: Engine, device_digest: str, person: StaffFound, now: datetime) -> int | None:
    """The tries counted as wrong, this one included; None when this person has none here."""
    asked = {"device": device_digest, **_of(person), "since": now - FRESH, "wrong": WRONG_PINS}
    counted: int | None = ask(engine, _CLAIM, **asked)[0][0]
    return counted


def settle(engine: Engine, device_digest: str, person: StaffFound) -> None:
    """The PIN was right: its own try is taken back."""
    ask(engine, _SETTLE, device=device_digest, **_of(person))


def forget(session: Session, person: StaffFound) -> None:
    """No PIN of this person's opens anything on a device before they sign in fully there, once committed."""
    session.execute(_FORGET, _of(person))


def _of(person: StaffFound) -> dict[str, uuid.UUID]:
    return {"org": person.org_id, "staff": person.staff_id}
