"""The loss report: what became of every row, by number and reason. It holds no value of any row."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


class Outcome(enum.StrEnum):
    """What became of a row."""

    IMPORTED = "imported"
    MERGED = "merged"
    """It told of something that another row or an existing record tells already."""
    KNOWN = "known"
    """An earlier import took it."""
    REFUSED = "refused"


class RowRefused(Exception):
    """A row that cannot be taken, with the code of the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class FileReport:
    """The rows of one file."""

    name: str
    outcomes: dict[int, tuple[Outcome, str]] = field(default_factory=dict)
    """Row number → outcome and, where it is not imported, the reason."""

    def tell(self, row: int, outcome: Outcome, reason: str = "") -> None:
        self.outcomes[row] = (outcome, reason)

    def count(self, outcome: Outcome) -> int:
        return sum(1 for found, _ in self.outcomes.values() if found is outcome)


@dataclass
class LossReport:
    """Every row of every file. `read` is counted by the reader, the outcomes by who decided them."""

    files: dict[str, FileReport] = field(default_factory=dict)
    read: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    """What the files cannot tell and what was therefore not moved in."""

    def file(self, name: str) -> FileReport:
        return self.files.setdefault(name, FileReport(name))

    def total(self, outcome: Outcome) -> int:
        return sum(one.count(outcome) for one in self.files.values())

    @property
    def rows_read(self) -> int:
        return sum(self.read.values())

    def check(self) -> None:
        """Every row that was read has an outcome. A bug otherwise."""
        for name, rows in self.read.items():
            if len(self.file(name).outcomes) != rows:
                raise AssertionError(f"{name}: {rows} rows read, {len(self.file(name).outcomes)} told of")

    def as_json(self) -> dict[str, Any]:
        """For programs: totals, reasons, and row numbers of what was not imported."""
        return {
            "rows_read": self.rows_read,
            **{one.value: self.total(one) for one in Outcome},
            "left_out": self.left_out,
            "files": [
                {
                    "file": one.name,
                    "rows_read": self.read[one.name],
                    **{outcome.value: one.count(outcome) for outcome in Outcome},
                    "reasons": dict(
                        sorted(Counter(f"{o.value}: {r}" for o, r in one.outcomes.values() if r).items())
                    ),
                    "rows": [
                        {"row": row, "outcome": outcome.value, "reason": reason}
                        for row, (outcome, reason) in sorted(one.outcomes.items())
                        if outcome in (Outcome.REFUSED, Outcome.MERGED)
                    ],
                }
                for one in self.files.values()
            ],
        }
