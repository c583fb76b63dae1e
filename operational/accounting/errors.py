"""What can go wrong when a batch is numbered and kept."""

from __future__ import annotations

from medspa.kernel.errors import DomainError, NotFound


class DayNotClosed(DomainError):
    code = "day-not-closed"
    title = "A day of this batch is not closed"


class DayAlreadyExported(DomainError):
    code = "day-already-exported"
    title = "A day of this batch is in an earlier batch"


class BatchUnknown(NotFound):
    code = "export-batch-unknown"
    title = "There is no export batch of this number"
