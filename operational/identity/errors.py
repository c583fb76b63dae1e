"""Errors of sign-in, sessions, keys and roles."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class CsrfMissing(DomainError):
    status = 403
    code = "csrf"
    title = "Writes with a session cookie must send the header X-CSRF-Token"

    def __init__(self) -> None:
        super().__init__(
            "Send the token of your sign-in as the header X-CSRF-Token. Signing in (POST /v1/session)"
            " and GET /v1/session answer it as csrf_token."
        )


class SignInFailed(DomainError):
    """One answer for every reason, so that it tells nothing about which accounts exist."""

    status = 401
    code = "sign-in-failed"
    title = "E-mail address, password or code is wrong"


class SecondFactorRequired(DomainError):
    status = 401
    code = "second-factor-required"
    title = "Send the six digits of your authenticator app as `code`"


class EnrolmentRequired(DomainError):
    status = 403
    code = "second-factor-enrolment-required"
    title = "Set up an authenticator app first: POST /v1/session/totp"


class TooManyAttempts(DomainError):
    """Try again after `retry_after_seconds`; nothing was checked."""

    status = 429
    code = "too-many-attempts"
    title = "Too many attempts; wait and try again"


class GrantNotHeld(DomainError):
    status = 403
    code = "grant-not-held"
    title = "You cannot grant a permission that you do not hold yourself"


class LastOwner(DomainError):
    status = 409
    code = "last-owner"
    title = "This would leave nobody who can manage staff and roles everywhere"


class LinkSpent(DomainError):
    status = 410
    code = "link-spent"
    title = "This link is used, expired or revoked"


class AlreadyEnrolled(DomainError):
    status = 409
    code = "second-factor-enrolled"
    title = "An authenticator app is set up already; a manager can start a new enrolment"
