"""Row identifiers. Nothing about what a row means belongs here."""

from __future__ import annotations

import uuid

import uuid_utils


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): time-ordered, so inserts stay at the right edge of the index."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


def new_client_key() -> uuid.UUID:
    """A random UUIDv4, derived from nothing about the person (45 CFR 164.514(c))."""
    return uuid.uuid4()
