"""What the use and the return of prepaid value refuse."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class NotCovered(DomainError):
    """The entitlement is for something else, of somebody else, expired or used up."""

    status = 409
    code = "not-covered"
    title = "This is not covered by the package or credit"


class NothingToReturn(DomainError):
    status = 409
    code = "nothing-to-return"
    title = "This line took nothing from a package or credit, or it was given back"


class NothingLeft(DomainError):
    status = 409
    code = "nothing-left"
    title = "Nothing is left of this package or credit"
