"""Words of the chart: intents, sources, record states, units, lot movements."""

from __future__ import annotations

import enum

__all__ = ["Intent", "LotMovementKind", "NoteStatus", "SignatureMethod", "TreatmentSource", "UnitKind"]


class Intent(enum.StrEnum):
    """Why a treatment was given. Only a full treatment starts a cycle."""

    FULL = "full"
    TOUCH_UP = "touch_up"
    CORRECTION = "correction"
    DISSOLVE = "dissolve"
    REVIEW = "review"


class TreatmentSource(enum.StrEnum):
    """Where a treatment record comes from."""

    CHARTED = "charted"
    IMPORTED = "imported"
    ELSEWHERE = "elsewhere"


class NoteStatus(enum.StrEnum):
    """A draft may be edited by its author; a signed record only gains dated addenda."""

    DRAFT = "draft"
    SIGNED = "signed"


class UnitKind(enum.StrEnum):
    """What a quantity counts. Units of different products are not interchangeable."""

    EACH = "each"
    UNIT = "unit"
    SYRINGE = "syringe"
    VIAL = "vial"
    SESSION = "session"


class LotMovementKind(enum.StrEnum):
    """Why the stock of a lot moved: received = charted + wasted + on hand."""

    RECEIVED = "received"
    CHARTED = "charted"
    WASTED = "wasted"


class SignatureMethod(enum.StrEnum):
    """How a consent was signed."""

    DRAWN = "drawn"
    TYPED = "typed"
