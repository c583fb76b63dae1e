"""What the calendar's pages refuse themselves; what booking refuses is booking's."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class LocationNotOpen(DomainError):
    """A form is of a location that the actor does not work at (any more), or that was closed."""

    status = 403
    code = "location-not-open"
    title = "This location is not open to you"
