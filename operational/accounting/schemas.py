"""What the accounting endpoints answer."""

from __future__ import annotations

import datetime as dt
import uuid

from pydantic import BaseModel


class BatchFileShown(BaseModel):
    format: str
    filename: str
    sha256: str
    bytes: int


class BatchShown(BaseModel):
    """A numbered accounting batch: closed days of one legal entity, written once."""

    id: uuid.UUID
    legal_entity_id: uuid.UUID
    number: int
    basis: str
    first_date: dt.date
    last_date: dt.date
    content_sha256: str
    files: list[BatchFileShown]
