"""What can go wrong for somebody who books for themselves. Nothing here tells whether anybody is a client."""

from __future__ import annotations

from medspa.kernel.errors import DomainError

LATER = "Please try again later, or call the practice."
"""To whoever may not book one visit more, whatever the reason."""


class NotOffered(DomainError):
    """No such page, not open to the public, or a service that is not offered there."""

    status = 404
    code = "not-offered"
    title = "This cannot be booked here"


class TooBusy(DomainError):
    """So many are choosing a time at once that no more is kept for the moment."""

    status = 429
    code = "too-busy"
    title = "Many people are booking right now"


class NotYours(DomainError):
    """What was sent does not look like a person's form."""

    status = 422
    code = "form-unlikely"
    title = "Please send the form once more"


class TimeGone(DomainError):
    code = "time-gone"
    title = "This time has just been taken"


class NotNow(DomainError):
    """The booking is not where this step belongs."""

    code = "not-now"
    title = "This step has been done already"


class AgeNotMet(DomainError):
    status = 422
    code = "age-not-met"
    title = "This treatment has an age limit"


class CardPageClosed(DomainError):
    """The processor has no card for this booking: the page was left or has expired."""

    code = "card-page-closed"
    title = "No card was given"


class FeeChanged(DomainError):
    """What was agreed to is not what it costs by now."""

    code = "fee-changed"
    title = "The fee has changed since you saw it"
