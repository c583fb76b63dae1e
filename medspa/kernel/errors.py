"""The error every area raises and the problem document it becomes (RFC 9457).

HTTP handlers live with the app; an area's own errors live in its errors.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

PROBLEM_TYPE_PREFIX = "urn:medspa:problem:"


class DomainError(Exception):
    """Something the caller can understand and fix.

    `detail` is shown to the caller: it says what to fix and never carries an identifying value.
    `extra` members are added to the problem document (ids, limits, links).
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "conflict"
    title: ClassVar[str] = "The request conflicts with the current state"

    def __init__(self, detail: str = "", extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(self.code)
        self.detail = detail or self.title
        self.extra: dict[str, Any] = dict(extra or {})

    def problem(self) -> dict[str, Any]:
        return {
            "type": PROBLEM_TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


class NotFound(DomainError):
    """No such record in this organization (another organization's id answers the same)."""

    status = 404
    code = "not-found"
    title = "Not found"


class Forbidden(DomainError):
    status = 403
    code = "forbidden"
    title = "You do not have permission for this"


class Unauthenticated(DomainError):
    status = 401
    code = "unauthenticated"
    title = "Sign in to continue"


class Invalid(DomainError):
    """A value that is well-formed but not acceptable; `detail` names the field and what to send."""

    status = 422
    code = "invalid"
    title = "A value is not acceptable"


class StaleVersion(DomainError):
    status = 412
    code = "stale-version"
    title = "Somebody changed this record since you read it"


class TryAgain(DomainError):
    """A lock could not be had in time; nothing was changed."""

    status = 409
    code = "try-again"
    title = "Somebody else is changing the same thing; try again"
