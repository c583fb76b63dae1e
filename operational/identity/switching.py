"""Switching between people on a device by PIN: who may, a session of their own for who enters theirs.

The device is the first factor, for as long as a full sign-in on it is fresh; the PIN the second. Wrong PINs
are counted per person and device; too many make the device ask for the full sign-in again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.errors import DomainError, Forbidden, Invalid
from medspa.kernel.vocabulary import NoticeKind
from operational.directory import devices, throttle
from operational.directory.lookup import StaffFound
from operational.identity import passwords, pins, tokens
from operational.identity.errors import TooManyAttempts
from operational.identity.sign_in import SignedIn, open_session
from operational.identity.unit import Services, Unit
from operational.models.organization import Organization
from operational.models.staff import StaffMember
from operational.notices import notify_person

_log = logging.getLogger("medspa.security")
FREE_PASSWORDS = 5


class PinRefused(DomainError):
    """`left`: how many tries remain. One answer for a wrong PIN and for somebody who has none here."""

    status = 401
    code = "pin-refused"
    title = "That is not the PIN"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who may switch by PIN here."""

    org_id: uuid.UUID
    staff_id: uuid.UUID
    label: str
    organization: str


def known_here(services: Services, device_token: str | None) -> Sequence[Known]:
    """The people who may switch on this device, by name."""
    if not device_token:
        return []
    found = devices.people(services.engine, tokens.digest(device_token), clock.now())
    shown = []
    for org_id in dict.fromkeys(one.org_id for one in found):
        ids = [one.staff_id for one in found if one.org_id == org_id]
        with session_scope(services.engine, org_id) as session:
            rows = session.execute(
                select(StaffMember.id, StaffMember.label, Organization.name)
                .join(Organization, Organization.org_id == StaffMember.org_id)
                .where(StaffMember.id.in_(ids))
            )
            shown += [Known(org_id, *row) for row in rows]
    return sorted(shown, key=lambda one: (one.organization, one.label, one.staff_id))


def switch(services: Services, device_token: str, person: StaffFound, pin: str, address: str) -> SignedIn:
    """A new session of this person. Raises PinRefused."""
    engine, device, now = services.engine, tokens.digest(device_token), clock.now()
    counted = devices.claim(engine, device, person, now)
    if counted is None:
        passwords.verify(pin, None)
        raise PinRefused(extra={"left": 0})
    with session_scope(engine, person.org_id) as session:
        stored = session.scalar(select(StaffMember.pin_hash).where(StaffMember.id == person.staff_id))
    if not passwords.verify(pin, stored):
        _refused(services, person, counted)
    with session_scope(engine, person.org_id) as session:
        opened = open_session(session, person, address, device_token, complete=True)
    devices.settle(engine, device, person)
    _log.info("switched by PIN: staff %s", person.staff_id)
    return opened


def _refused(services: Services, person: StaffFound, counted: int) -> None:
    left = devices.WRONG_PINS - counted
    _log.warning("PIN refused: staff %s, %s tries left on this device", person.staff_id, left)
    if left == 0:
        with session_scope(services.engine, person.org_id) as session:
            notify_person(session, person.staff_id, kind=NoticeKind.PIN_REFUSED)
    raise PinRefused(extra={"left": left})


def set_pin(unit: Unit, password: str, pin: str | None, device_token: str | None) -> None:
    """The actor's own PIN, or none any more. Raises Forbidden, Invalid, TooManyAttempts."""
    person = _own(unit.session, unit)
    _require_password(unit, person, password)
    person.pin_hash = None if pin is None else pins.hash_pin(pin)
    unit.session.flush()
    if pin is not None and device_token:
        found = StaffFound(person.org_id, person.id)
        devices.trust(unit.services.engine, tokens.digest(device_token), found, clock.now(), full=False)


def has_pin(unit: Unit) -> bool:
    return _own(unit.session, unit).pin_hash is not None


def _own(session: Session, unit: Unit) -> StaffMember:
    if unit.session_id is None or unit.actor.staff_id is None:
        raise Forbidden("Only a person who is signed in has a PIN.")
    return session.get_one(StaffMember, (unit.actor.org_id, unit.actor.staff_id))


def _require_password(unit: Unit, person: StaffMember, password: str) -> None:
    engine, now = unit.services.engine, clock.now()
    counters = throttle.shared("own-password", str(person.id), FREE_PASSWORDS)
    if wait := throttle.claim(engine, counters, now):
        raise TooManyAttempts(f"Wait {wait} seconds.", {"retry_after_seconds": wait})
    if not passwords.verify(password, person.password_hash):
        raise Invalid("password: this is not your password.")
    throttle.settle(engine, counters, success=True)
