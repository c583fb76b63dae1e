"""What all request and answer models share. Fields of one area live with the area."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Sent(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """An answer, read from a row or a dataclass."""

    model_config = ConfigDict(from_attributes=True)


Money = Annotated[int, Field(ge=0, le=1_000_000_000_000, description="Minor units (cents).")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"])]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")]
Days = Annotated[int, Field(ge=-3650, le=3650)]
