"""What can go wrong with households and merges."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class SameRecord(DomainError):
    status = 422
    code = "same-record"
    title = "Choose another record: one cannot be merged into itself"


class MergeBlocked(DomainError):
    """`conflicts` says what must be settled first."""

    code = "merge-blocked"
    title = "These records cannot be merged yet"


class MergeStands(DomainError):
    """`reasons` says what came to rest on the merge since."""

    code = "merge-stands"
    title = "This merge can no longer be undone"


class AlreadyUndone(DomainError):
    code = "already-undone"
    title = "This merge was undone before"


class InAnotherHousehold(DomainError):
    code = "in-another-household"
    title = "This client belongs to another household; take them out of it first"


class NotOfThisHousehold(DomainError):
    status = 422
    code = "not-of-this-household"
    title = "Who pays must be another member of the household, one who pays for themselves"
