"""What keeps programs from filling public forms, without a script, a cookie or a third party.

A field that people do not see, the age of the form, and counters per address (of digests, for an hour).
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from fastapi import Request
from sqlalchemy.orm import Session

from medspa.kernel import clock
from operational.directory import throttle
from operational.identity.dependencies import services_of
from operational.identity.errors import TooManyAttempts
from operational.online.errors import NotYours
from operational.privacy.errors import SealedElsewhere
from operational.privacy.vault import Vault

YOUNGEST, OLDEST = timedelta(seconds=2), timedelta(hours=12)
FREE_HOLDS, FREE_FORMS, FREE_LINKS = 15, 10, 20
"""A household, an office or a phone network share an address."""
_PURPOSE = "form"


def count(request: Request, kind: str, free: int) -> None:
    """One more of a kind from this address. Raises TooManyAttempts."""
    against = throttle.of_address(f"online-{kind}", address_of(request), free)
    wait = throttle.claim(services_of(request).engine, against, clock.now())
    if wait:
        raise TooManyAttempts(f"Wait {wait} seconds.", {"retry_after_seconds": wait})


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def agent_of(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")[:400]


def check_trap(trap: str) -> None:
    """Of a field that is hidden from people and screen readers: programs fill it in. Raises NotYours."""
    if trap:
        raise NotYours("The form was filled in by a program. Call the practice if you are none.")


def check_age(begun: datetime) -> None:
    """A person takes a while to write. Raises NotYours."""
    if clock.now() - begun < YOUNGEST:
        raise NotYours("That was quick. Send it once more.")


def stamp(session: Session, vault: Vault) -> str:
    """When a form was made, sealed, so that no program makes one up."""
    sealed = vault.seal_for_organization(session, clock.now().isoformat().encode(), purpose=_PURPOSE)
    return base64.urlsafe_b64encode(sealed).decode()


def check_stamp(session: Session, vault: Vault, given: str) -> None:
    """Raises NotYours for a form that was not made here, a moment ago, or long ago."""
    try:
        sealed = base64.urlsafe_b64decode(given.encode())
        made = datetime.fromisoformat(
            vault.unseal_for_organization(session, sealed, purpose=_PURPOSE).decode()
        )
    except (SealedElsewhere, InvalidTag, ValueError, binascii.Error):
        raise NotYours("Send it once more.") from None
    check_age(made)
    if clock.now() - made > OLDEST:
        raise NotYours("The page was open for long. Send it once more.")
