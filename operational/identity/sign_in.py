"""Sign-in with password and second factor, sign-out. Throttling and lookup live in operational.directory."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession, session_scope
from operational.directory import devices, lookup, throttle
from operational.identity import passwords, tokens, totp
from operational.identity.errors import SecondFactorRequired, SignInFailed, TooManyAttempts
from operational.identity.unit import Services
from operational.models.staff import AuthSession, StaffMember

_log = logging.getLogger("medspa.security")

SESSION_LIFETIME = timedelta(hours=12)
"""A working day; idling ends a session much earlier."""
MAX_ORGANIZATIONS = 5
"""Organizations of one address that are tried when the request names none: each costs one Argon2."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody sends to sign in."""

    email: str
    password: str
    code: str | None
    organization: str | None
    """The short name; needed only by those who work for several with one password."""
    address: str
    device_token: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The new session's tokens. Only their digests are stored."""

    org_id: uuid.UUID
    staff_id: uuid.UUID
    session_token: str
    device_token: str
    complete: bool
    """False until the staff member has enrolled a second factor; such a session may do nothing else."""

    @property
    def csrf_token(self) -> str:
        return tokens.csrf_token(self.session_token)


def sign_in(services: Services, attempt: Attempt) -> SignedIn:
    """A new session. Raises TooManyAttempts, SignInFailed, SecondFactorRequired."""
    engine, now = services.engine, clock.now()
    account = tokens.email_digest(attempt.email)
    device = tokens.digest(attempt.device_token) if attempt.device_token else None
    counters = throttle.counters(engine, account, device, attempt.address, now)
    wait = throttle.claim(engine, counters, now)
    if wait:
        _log.warning("sign-in delayed by %s s", wait)
        raise TooManyAttempts(f"Wait {wait} seconds.", {"retry_after_seconds": wait})
    found = _with_password(services, _candidates(services, account, attempt.organization), attempt.password)
    if found is None:
        _log.warning("sign-in refused: address or password")
        raise SignInFailed
    with session_scope(engine, found.org_id) as session:
        staff = session.get_one(StaffMember, (found.org_id, found.staff_id))
        if staff.totp_secret is not None:
            if attempt.code is None:
                throttle.settle(engine, counters, success=False)
                raise SecondFactorRequired
            _check_code(services, session, staff, attempt.code)
        complete = staff.totp_secret is not None
        signed_in = open_session(session, found, attempt.address, attempt.device_token, complete=complete)
    throttle.settle(engine, counters, success=True)
    _log.info("signed in: staff %s", found.staff_id)
    if signed_in.complete:
        throttle.remember_device(engine, tokens.digest(signed_in.device_token), account, now)
        devices.trust(engine, tokens.digest(signed_in.device_token), found, now, full=True)
    return signed_in


def _check_code(services: Services, session: TenantSession, staff: StaffMember, code: str) -> None:
    try:
        totp.check(session, services.vault, staff.id, staff.totp_secret or b"", code)
    except SignInFailed:
        _log.warning("sign-in refused: code of staff %s", staff.id)
        raise


def _candidates(services: Services, account: str, organization: str | None) -> Sequence[lookup.StaffFound]:
    found = lookup.by_email(services.engine, account)
    if organization is not None:
        chosen = lookup.organization_by_slug(services.engine, organization)
        found = [one for one in found if one.org_id == chosen]
    return found[:MAX_ORGANIZATIONS]


def _with_password(
    services: Services, candidates: Sequence[lookup.StaffFound], password: str
) -> lookup.StaffFound | None:
    if not candidates:
        passwords.verify(password, None)
    for one in candidates:
        with session_scope(services.engine, one.org_id) as session:
            stored = session.scalar(select(StaffMember.password_hash).where(StaffMember.id == one.staff_id))
        if passwords.verify(password, stored):
            return one
    return None


def open_session(
    session: TenantSession,
    found: lookup.StaffFound,
    address: str,
    device_token: str | None,
    *,
    complete: bool,
) -> SignedIn:
    """A session of somebody who has shown who they are."""
    now = clock.now()
    signed_in = SignedIn(
        org_id=found.org_id,
        staff_id=found.staff_id,
        session_token=tokens.new_token(),
        device_token=device_token or tokens.new_token(),
        complete=complete,
    )
    session.add(
        AuthSession(
            org_id=found.org_id,
            staff_id=found.staff_id,
            token_digest=tokens.digest(signed_in.session_token),
            csrf_digest=tokens.digest(signed_in.csrf_token),
            address=address,
            last_seen_at=now,
            expires_at=now + SESSION_LIFETIME,
            second_factor_at=now if complete else None,
        )
    )
    session.flush()
    return signed_in


def end_sessions(session: Session, staff_id: uuid.UUID, *, keep: uuid.UUID | None = None) -> None:
    """End the live sessions of a staff member, but for `keep`."""
    statement = update(AuthSession).where(AuthSession.staff_id == staff_id, AuthSession.ended_at.is_(None))
    if keep is not None:
        statement = statement.where(AuthSession.id != keep)
    session.execute(statement.values(ended_at=clock.now()))


def end_session(session: Session, session_id: uuid.UUID) -> None:
    session.execute(update(AuthSession).where(AuthSession.id == session_id).values(ended_at=clock.now()))


def complete_session(session: Session, session_id: uuid.UUID) -> None:
    """The second factor was shown: the session now carries its owner's permissions."""
    session.execute(
        update(AuthSession).where(AuthSession.id == session_id).values(second_factor_at=clock.now())
    )
