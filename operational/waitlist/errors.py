"""What can go wrong on the waitlist."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class NotWaiting(DomainError):
    status = 409
    code = "not-waiting"
    title = "This wish has been fulfilled or taken back"


class PolicyNotAccepted(DomainError):
    """It was not accepted, or was changed since it was shown."""

    status = 422
    code = "policy-not-accepted"
    title = "The cancellation policy is part of taking a time"


class OfferGone(DomainError):
    """Expired, answered, or somebody was faster. The same for all, so that a link tells nothing."""

    status = 410
    code = "offer-gone"
    title = "This time is no longer free"
