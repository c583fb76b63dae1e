"""Optimistic concurrency: an editable row's `version` as ETag, and If-Match on every change of it."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import Header, Response

from medspa.kernel.errors import DomainError, StaleVersion

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag you read. Required, or the answer is 428.")
]


class VersionMissing(DomainError):
    status = 428
    code = "if-match-required"
    title = "Send the record's ETag as If-Match, so that nobody's change is overwritten"


class HasVersion(Protocol):
    @property
    def version(self) -> int: ...


def etag(row: HasVersion) -> str:
    return f'"{row.version}"'


def set_etag(response: Response, row: HasVersion) -> None:
    response.headers["ETag"] = etag(row)


def check_if_match(row: HasVersion, header: str | None) -> None:
    """Raises VersionMissing (428) without a header and StaleVersion (412) when the row has moved on.

    Read the row `with_for_update()` before, else two writers can pass with the same ETag.
    """
    if header is None:
        raise VersionMissing
    if etag(row) not in [one.strip() for one in header.split(",")]:
        raise StaleVersion("Read the record again, apply your change to it, and send its new ETag.")
