"""The second factor: enrolment of an authenticator app and checking its codes (RFC 6238), each once."""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid
from operational.identity.errors import SignInFailed
from operational.models.staff import StaffMember
from operational.privacy.vault import Vault

STEP_SECONDS = 30
WINDOW = 1
"""Steps before and after the current one that are accepted, for clocks that differ."""
ENROLMENT_LIFETIME = timedelta(minutes=10)
PENDING, STORED = "totp_enrolment", "totp_secret"

# One statement decides who used the step: of two sign-ins with one code, one wins.
_TAKE_STEP = text(
    "update staff_member set totp_last_step = :step where id = :staff"
    " and (totp_last_step is null or cast(totp_last_step as bigint) < cast(:step as bigint)) returning id"
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the authenticator app needs, and what to send back with its first code."""

    secret: str
    otpauth_uri: str
    enrolment_token: str


def begin(session: Session, vault: Vault, staff: StaffMember) -> Enrolment:
    """A fresh secret, not stored: the sealed token carries it until a code confirms it."""
    secret = pyotp.random_base32()
    expires = clock.now() + ENROLMENT_LIFETIME
    content = {"secret": secret, "staff": str(staff.id), "expires": expires.timestamp()}
    sealed = vault.seal_for_organization(session, json.dumps(content).encode(), purpose=PENDING)
    uri = pyotp.TOTP(secret).provisioning_uri(name=staff.label, issuer_name="medspa")
    return Enrolment(secret, uri, base64.urlsafe_b64encode(sealed).decode())


def confirm(session: Session, vault: Vault, staff: StaffMember, enrolment_token: str, code: str) -> None:
    """Store the secret once a code proves that the app has it. Raises Invalid for a wrong token or code."""
    secret = _unseal(session, vault, staff.id, enrolment_token)
    step = matching_step(secret, code, clock.now())
    if step is None:
        raise Invalid("code: this is not the code that the app shows now; check the clock of your phone.")
    staff.totp_secret = vault.seal_for_organization(session, secret.encode(), purpose=STORED)
    staff.totp_last_step = str(step)
    session.flush()


def check(session: Session, vault: Vault, staff_id: uuid.UUID, sealed: bytes, code: str) -> None:
    """Accept a code once. Raises SignInFailed for a wrong code and for one that was used before."""
    secret = vault.unseal_for_organization(session, sealed, purpose=STORED).decode()
    step = matching_step(secret, code, clock.now())
    if step is None:
        raise SignInFailed
    taken = session.execute(_TAKE_STEP, {"step": str(step), "staff": staff_id}).first()
    if taken is None:
        raise SignInFailed


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, within the window; None when it is none of them."""
    generator = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - WINDOW, current + WINDOW + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def _unseal(session: Session, vault: Vault, staff_id: uuid.UUID, token: str) -> str:
    refusal = Invalid("enrolment_token: it is expired or not yours; start again with POST /v1/session/totp.")
    try:
        sealed = base64.urlsafe_b64decode(token)
        content = json.loads(vault.unseal_for_organization(session, sealed, purpose=PENDING))
    except (DomainError, ValueError):
        raise refusal from None
    if content["staff"] != str(staff_id) or content["expires"] < clock.now().timestamp():
        raise refusal
    return str(content["secret"])
