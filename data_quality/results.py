"""What a check says. Rows are named by token only; nothing else of a row leaves a check."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Level = Literal["batch", "full"]
"""`batch`: the days that the build wrote, before every publication. `full`: everything, certifies."""


@dataclass(frozen=True)
class Result:
    """Two sides that must be equal. Without an organization it concerns all of them.

    A passed comparison is reported once per organization with the sums of its groups; a failed one per
    organization, location, day and subject.
    """

    tieout: str
    org_id: uuid.UUID | None
    location_id: uuid.UUID | None
    business_date: dt.date | None
    subject: str
    left_minor: int
    right_minor: int
    passed: bool
    groups: int = 1
    rows: tuple[str, ...] = ()
    """Tokens of rows that make the difference, at most a few."""

    @property
    def difference_minor(self) -> int:
        return self.left_minor - self.right_minor


class Sink(Protocol):
    """Where results are kept for good: a port to the operational store, given by the composition root."""

    def __call__(self, batch_id: int, results: Sequence[Result]) -> None: ...
