"""Throttling of sign-in by account, address and known device; of links by address and by link.

Nobody is locked out. Somebody who guesses at an account slows down strangers, not its owner: a device that
signed in before has a counter of its own, and so has a link that exists.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import math
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from medspa.kernel.ids import new_id

FREE_PER_ACCOUNT = 3
FREE_PER_DEVICE = 10
FREE_PER_ADDRESS = 50
"""A whole practice signs in from one address."""
DEVICE_LIFETIME = timedelta(days=180)

_CLAIM = text("select directory.claim_attempt(:id, :keys, :free, :now)")
_SETTLE = text("select directory.settle_attempt(:id, :keys, :forget)")
_KNOWN = text("select directory.device_known(:device, :email, :now)")
_REMEMBER = text("select directory.remember_device(:device, :email, :expires)")


def network(address: str) -> str:
    """What stands for an address: of IPv6 its /64, for one subscriber has all addresses of it."""
    with contextlib.suppress(ValueError):
        known = ipaddress.ip_address(address)
        if isinstance(known, ipaddress.IPv6Address):
            whole = ipaddress.ip_network((known.packed[:8] + bytes(8), 64))
            return str(known.ipv4_mapped or whole)
    return address


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters an attempt goes against, with the failures each allows without delay."""

    own: dict[str, int]
    """The account's or the known device's: forgotten when the attempt succeeds."""
    shared: dict[str, int]
    """The address's: a success takes back its own attempt only."""
    attempt: uuid.UUID = field(default_factory=new_id)

    @property
    def all(self) -> dict[str, int]:
        return {**self.own, **self.shared}


def counters(
    engine: Engine, email_digest: str, device_digest: str | None, address: str, now: datetime
) -> Counters:
    """A known device has its own counter and is not held up by what others do to account or address."""
    if device_digest is not None:
        values = {"device": device_digest, "email": email_digest, "now": now}
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.execute(_KNOWN, values).scalar_one():
                return Counters({_key("device", device_digest + email_digest): FREE_PER_DEVICE}, {})
    return Counters(
        {_key("account", email_digest): FREE_PER_ACCOUNT},
        {_key("address", network(address)): FREE_PER_ADDRESS},
    )


def shared(purpose: str, name: str, free: int) -> Counters:
    """One counter for something else that strangers may try: by what they try."""
    return Counters({}, {_key(purpose, name): free})


def of_address(purpose: str, address: str, free: int) -> Counters:
    """The same by where they try from."""
    return shared(purpose, network(address), free)


def claim(engine: Engine, against: Counters, now: datetime) -> int:
    """0: the attempt may go on and counts as failed until it is settled. Else the seconds to wait."""
    free = list(against.all.values())
    values = {"id": against.attempt, "keys": list(against.all), "free": free, "now": now}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        wait: float = connection.execute(_CLAIM, values).scalar_one()
    return math.ceil(wait)


def settle(engine: Engine, against: Counters, *, success: bool) -> None:
    """The attempt was no failure: take it back, and after a full success forget the own counter."""
    forget = list(against.own) if success else []
    values = {"id": against.attempt, "keys": list(against.all), "forget": forget}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_SETTLE, values)


def remember_device(engine: Engine, device_digest: str, email_digest: str, now: datetime) -> None:
    values = {"device": device_digest, "email": email_digest, "expires": now + DEVICE_LIFETIME}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_REMEMBER, values)
