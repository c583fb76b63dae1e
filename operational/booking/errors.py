"""What can go wrong when time is asked for. Details name subjects' kinds, never another client."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from medspa.kernel.errors import DomainError, TryAgain
from operational.database_errors import RETRYABLE, sqlstate_of


class SlotTaken(DomainError):
    """Another visit holds the time of a provider, room or device. `taken` says which kinds, per item."""

    code = "slot-taken"
    title = "This time is taken"


class NeedsOverride(DomainError):
    """Only soft rules stand in the way. `rules` are what `overrides` would have to name."""

    code = "needs-override"
    title = "This time is free only by squeezing in"


class InThePast(DomainError):
    status = 422
    code = "in-the-past"
    title = "This time has passed"


class LocationClosed(DomainError):
    status = 422
    code = "location-closed"
    title = "The location is not open for the whole visit"


class OutsideShift(DomainError):
    status = 422
    code = "outside-shift"
    title = "No shift of the provider covers this time"


class ProviderAway(DomainError):
    """Approved time off: an absence, a break, a meeting."""

    status = 422
    code = "provider-away"
    title = "The provider is away at this time"


class ResourceDown(DomainError):
    status = 422
    code = "resource-down"
    title = "The room or device is out of service at this time"


class AgeLimit(DomainError):
    status = 422
    code = "age-limit"
    title = "The service is not for clients of this age"


class ProviderNotEligible(DomainError):
    """Inactive, not a provider, or without a valid credential for the service there on that date."""

    status = 422
    code = "provider-not-eligible"
    title = "This provider may not perform this service here on that date"


class NoProvider(DomainError):
    status = 422
    code = "no-provider"
    title = "Nobody may perform this service here on that date"


class ResourceNotSuitable(DomainError):
    status = 422
    code = "resource-not-suitable"
    title = "A room or device is missing or does not serve this service"


class NotBookable(DomainError):
    """The service or location is retired."""

    status = 422
    code = "not-bookable"
    title = "This cannot be booked any more"


class ClientNotBookable(DomainError):
    code = "client-not-bookable"
    title = "No visit may be booked for this client"


class ImpossibleVisit(DomainError):
    """The items contradict each other."""

    status = 422
    code = "impossible-visit"
    title = "The items of this visit cannot take place as asked"


class WrongState(DomainError):
    code = "wrong-state"
    title = "The appointment is not in a state that allows this"


class NothingMoved(DomainError):
    """`results` say why of each visit."""

    code = "nothing-moved"
    title = "None of these visits could be moved"


class TooLate(DomainError):
    code = "too-late"
    title = "A change can be undone within a minute"


class NotStarted(DomainError):
    code = "not-started"
    title = "The appointment has not started yet"


class FeeStands(DomainError):
    code = "fee-stands"
    title = "A fee was charged for this appointment; credit all of it or void it first"


class ShiftInUse(DomainError):
    code = "shift-in-use"
    title = "Visits are booked in this shift; move them first"


class ShiftOverlaps(DomainError):
    code = "shift-overlaps"
    title = "The provider already has a shift at this time"


class HoldUsed(DomainError):
    """Booked with or released before; or it is of another location."""

    code = "hold-used"
    title = "This hold keeps no time any more"


@contextlib.contextmanager
def translating() -> Iterator[None]:
    """Turn what the database refuses on the booking path into problems. Never retries: the caller decides.

    A retry on deadlock feeds the storm that caused it.
    """
    try:
        yield
    except DBAPIError as error:
        state = sqlstate_of(error)
        if state in RETRYABLE:
            raise TryAgain("Nothing was changed. Send the request again in a moment.") from None
        if state == "23P01":
            # Under row security the database does not say which claim it was.
            raise SlotTaken("Choose another time.") from None
        raise
