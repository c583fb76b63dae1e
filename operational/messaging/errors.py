"""What can go wrong when segments are read and messages are set up."""

from __future__ import annotations

from medspa.kernel.errors import DomainError, NotFound


class SegmentNotPublished(NotFound):
    code = "segment-not-published"
    title = "This segment has not been published"


class OutcomeKnown(DomainError):
    status = 409
    code = "outcome-known"
    title = "What became of this message is known already"


class NumberTaken(DomainError):
    status = 409
    code = "number-taken"
    title = "Another organization writes from this number"
