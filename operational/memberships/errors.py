"""What memberships refuse."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class NotPossibleNow(DomainError):
    """A cancelled membership stays cancelled, a frozen one is not frozen again."""

    status = 409
    code = "membership-state"
    title = "This is not possible in the state of the membership"


class NothingDue(DomainError):
    status = 409
    code = "nothing-due"
    title = "No dues are owed on this membership"


class DuesNotCovered(DomainError):
    """The client's deposits are less than the dues; take a deposit first."""

    status = 409
    code = "dues-not-covered"
    title = "The client's deposits do not cover the dues"
