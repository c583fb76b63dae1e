"""Requests and answers of drawers and days. The expected amount of a drawer is shown once it is counted."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from medspa.kernel.vocabulary import DayStatus, DrawerKind, DrawerMovementKind, DrawerStatus, LedgerEvent
from operational.ledger.close import DayClosing, Preview
from operational.ledger.close_blockers import Blocker
from operational.ledger.close_figures import Figure
from operational.ledger.drawer_count import deposit_minor
from operational.ledger.drawers import FloatSource
from operational.ledger.post_close import Change
from operational.models import BusinessDay, Drawer, DrawerMovement, DrawerSession
from operational.schemas import Sent
from operational.text import Line

# Ten million in a currency with two decimals: more than any drawer holds.
MAX_CASH = 1_000_000_000
Amount = Annotated[int, Field(gt=0, le=MAX_CASH)]


class Request(Sent):
    """What is sent to drawers and days."""


class NewDrawer(Request):
    name: Line


class OpenSession(Request):
    opening_float_minor: Annotated[int, Field(ge=0, le=MAX_CASH)]
    float_source: FloatSource | None = Field(
        default=None, description="Where a float that differs from what the last count left came from."
    )


class NewMovement(Request):
    kind: DrawerMovementKind
    amount_minor: Amount
    reason: Annotated[
        str, Field(pattern=r"^[a-z_]{1,40}$", description="A code that fits the kind.", examples=["safe"])
    ]
    provider_id: uuid.UUID | None = Field(default=None, description="Whose tips are paid.")


class Pieces(Request):
    denomination_minor: Annotated[int, Field(gt=0, le=MAX_CASH)]
    pieces: Annotated[int, Field(ge=0, le=MAX_CASH)]


class Count(Request):
    """A blind count: one entry per denomination, before the expected amount is shown."""

    pieces: Annotated[list[Pieces], Field(max_length=40)]
    float_left_minor: Annotated[int, Field(ge=0, le=MAX_CASH)]


class DrawerOut(BaseModel):
    id: uuid.UUID
    location_id: uuid.UUID
    name: str
    kind: DrawerKind

    @classmethod
    def of(cls, row: Drawer) -> DrawerOut:
        return cls(id=row.id, location_id=row.location_id, name=row.name, kind=row.kind)


class SessionOut(BaseModel):
    id: uuid.UUID
    drawer_id: uuid.UUID
    location_id: uuid.UUID
    business_date: date
    status: DrawerStatus
    currency: str
    opened_at: datetime
    opening_float_minor: int
    opening_over_short_minor: int = Field(description="Float found less float left, when put to over/short.")
    closed_at: datetime | None
    expected_minor: int | None
    counted_minor: int | None
    over_short_minor: int | None = Field(description="Counted less expected, and what the opening found.")
    float_left_minor: int | None
    deposit_minor: int | None

    @classmethod
    def of(cls, row: DrawerSession) -> SessionOut:
        names = (name for name in cls.model_fields if name != "deposit_minor")
        return cls(deposit_minor=deposit_minor(row), **{name: getattr(row, name) for name in names})


class MovementOut(BaseModel):
    id: uuid.UUID
    drawer_session_id: uuid.UUID
    kind: DrawerMovementKind
    amount_minor: int
    reason: str
    provider_id: uuid.UUID | None

    @classmethod
    def of(cls, row: DrawerMovement) -> MovementOut:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class FigureOut(BaseModel):
    measure: str
    key: str = Field(description="What the measure is split by; empty for a total.")
    amount_minor: int

    @classmethod
    def of(cls, figure: Figure) -> FigureOut:
        return cls(measure=figure[0], key=figure[1], amount_minor=figure[2])


class DayOut(BaseModel):
    """A business day; the frozen figures and their hash once it is closed."""

    location_id: uuid.UUID
    business_date: date
    status: DayStatus
    currency: str
    closed_at: datetime | None
    figures_sha256: str | None
    figures: list[FigureOut]
    intact: bool | None = Field(description="The frozen figures match their hash and the books.")

    @classmethod
    def of(
        cls,
        location_id: uuid.UUID,
        business_date: date,
        currency: str,
        day: BusinessDay | None,
        figures: list[Figure],
        intact: bool | None,
    ) -> DayOut:
        return cls(
            location_id=location_id,
            business_date=business_date,
            status=day.status if day else DayStatus.OPEN,
            currency=currency,
            closed_at=day.closed_at if day else None,
            figures_sha256=day.figures_sha256 if day else None,
            figures=[FigureOut.of(figure) for figure in figures],
            intact=intact,
        )


class BlockerOut(BaseModel):
    code: str
    message: str
    count: int
    links: list[str]

    @classmethod
    def of(cls, blocker: Blocker) -> BlockerOut:
        return cls.model_validate(blocker.as_member())


class PreviewOut(BaseModel):
    """What blocks the close, and the figures so far: none while a drawer is uncounted, which would tell
    what it should hold."""

    blockers: list[BlockerOut]
    warnings: list[BlockerOut] = Field(description="Left to decide; the day closes with them.")
    figures: list[FigureOut]

    @classmethod
    def of(cls, preview: Preview) -> PreviewOut:
        return cls(
            blockers=[BlockerOut.of(one) for one in preview.blockers],
            warnings=[BlockerOut.of(one) for one in preview.warnings],
            figures=[FigureOut.of(figure) for figure in preview.figures],
        )


class ClosedOut(DayOut):
    idle_days: list[date] = Field(description="Earlier days without business that closed with this one.")
    warnings: list[BlockerOut] = Field(description="Left to decide; the day closed with them.")

    @classmethod
    def closed(cls, closing: DayClosing, currency: str) -> ClosedOut:
        day = closing.day
        shown = DayOut.of(day.location_id, day.business_date, currency, day, closing.figures, True)
        warnings = [BlockerOut.of(one) for one in closing.warnings]
        return cls(idle_days=closing.idle_days, warnings=warnings, **shown.model_dump())


class ChangeOut(BaseModel):
    entry_id: uuid.UUID
    event: LedgerEvent
    business_date: date
    invoice_id: uuid.UUID
    receivable_minor: int
    is_correction: bool

    @classmethod
    def of(cls, change: Change) -> ChangeOut:
        return cls(**{name: getattr(change, name) for name in cls.model_fields})
