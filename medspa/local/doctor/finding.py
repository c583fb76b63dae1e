"""One thing the doctor looked at."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Works, but not as it should."""
    PROBLEM = "problem"
    """Does not work, or must not run this way."""


@dataclass(frozen=True)
class Finding:
    """What was looked at and what was seen; `remedy` says what to do unless all is well."""

    level: Level
    subject: str
    seen: str
    remedy: str = ""


def ok(subject: str, seen: str) -> Finding:
    return Finding(Level.OK, subject, seen)


def warning(subject: str, seen: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, subject, seen, remedy)


def problem(subject: str, seen: str, remedy: str) -> Finding:
    return Finding(Level.PROBLEM, subject, seen, remedy)
