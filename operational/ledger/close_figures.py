"""The figures of a day: as they stand, as the close froze them, and the hash that proves it.

Each figure is a measure, a key it is split by (empty for a total) and an amount in minor units.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from operational.ledger.drawers import location_of
from operational.models import BusinessDay, DayCloseFigure

FIGURES_VERSION = 1
"""Of the hashed form; a change of it must leave the hashes of closed days verifiable."""
Figure = tuple[str, str, int]
_FIGURES = text("select measure, key, amount_minor from day_figures(:location_id, :business_date)")


def figures_of(session: Session, location_id: UUID, business_date: date) -> list[Figure]:
    """The figures as the postings and documents give them now."""
    rows = session.execute(_FIGURES, {"location_id": location_id, "business_date": business_date}).all()
    return [(row.measure, row.key, row.amount_minor) for row in rows]


def frozen_figures(session: Session, day: BusinessDay) -> list[Figure]:
    """The figures as the close wrote them."""
    rows = session.execute(
        select(DayCloseFigure.measure, DayCloseFigure.key, DayCloseFigure.amount_minor).where(
            DayCloseFigure.org_id == day.org_id, DayCloseFigure.business_day_id == day.id
        )
    ).all()
    return sorted((row.measure, row.key, row.amount_minor) for row in rows)


def figures_sha256(
    org_id: UUID, location_id: UUID, business_date: date, currency: str, figures: Sequence[Figure]
) -> str:
    """SHA-256 of the figures in canonical JSON: sorted, no spaces, whole minor units."""
    document = {
        "business_date": business_date.isoformat(),
        "currency": currency,
        "figures": [list(figure) for figure in sorted(figures)],
        "location_id": str(location_id),
        "org_id": str(org_id),
        "version": FIGURES_VERSION,
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_intact(session: Session, day: BusinessDay) -> bool:
    """Whether a closed day's frozen figures are those that its hash was made of, and still come out so."""
    location = location_of(session, day.location_id)
    frozen = frozen_figures(session, day)
    made_of = figures_sha256(day.org_id, day.location_id, day.business_date, location.currency, frozen)
    again = sorted(figures_of(session, day.location_id, day.business_date))
    return day.figures_sha256 == made_of and again == frozen
