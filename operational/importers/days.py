"""Business days of history: made for what is moved in, and closed in order with it, their figures frozen.

They are marked as imported, so that accounting batches leave them out: the books of those days were kept
elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import DayStatus, DrawerKind, DrawerStatus
from operational.importers.rows import Rows
from operational.importers.store import Known, Place
from operational.ledger.close_figures import figures_of, figures_sha256
from operational.models import BusinessDay, DayCloseFigure, Drawer, DrawerSession

_REPLAN = text("set local plan_cache_mode = force_custom_plan")


class Days:
    """The days that something is moved in to, each with the virtual session its money belongs to."""

    def __init__(self, known: Known, rows: Rows) -> None:
        self._known = known
        self._rows = rows
        self._days: dict[dt.date, UUID] = {}
        self._sessions: dict[dt.date, UUID] = {}

    def use(self, day: dt.date) -> dt.date:
        if day not in self._days:
            self._days[day] = self._rows.add(
                BusinessDay,
                location_id=self._known.place.id,
                business_date=day,
                status=DayStatus.OPEN.value,
                imported=True,
            )
        return day

    def session(self, day: dt.date) -> UUID:
        """The session that holds no cash: what the payments of that day name."""
        if day not in self._sessions:
            place = self._known.place
            if self._known.drawer_id is None:
                kind = DrawerKind.BILLING.value
                self._known.drawer_id = self._rows.add(Drawer, location_id=place.id, name=kind, kind=kind)
            at = place.instant(day, None)
            self._sessions[day] = self._rows.add(
                DrawerSession,
                drawer_id=self._known.drawer_id,
                location_id=place.id,
                business_date=day,
                status=DrawerStatus.CLOSED.value,
                currency=place.currency,
                opened_at=at,
                opening_float_minor=0,
                closed_at=at,
                expected_minor=0,
                counted_minor=0,
                over_short_minor=0,
                float_left_minor=0,
            )
        return self._sessions[day]

    @property
    def in_order(self) -> list[tuple[dt.date, UUID]]:
        return sorted(self._days.items())


def close(session: Session, org_id: UUID, place: Place, days: Iterable[tuple[dt.date, UUID]]) -> None:
    """Close them in order, each with the figures that a close would freeze."""
    # Plans made while the tables were empty would read all of history for each day.
    session.execute(_REPLAN)
    for day, day_id in days:
        figures = sorted(figures_of(session, place.id, day))
        frozen = Rows(org_id, clock.now())
        for measure, key, amount in figures:
            values: dict[str, Any] = {"measure": measure, "key": key, "amount_minor": amount}
            frozen.add(
                DayCloseFigure, business_day_id=day_id, location_id=place.id, business_date=day, **values
            )
        frozen.insert(session, DayCloseFigure)
        digest = figures_sha256(org_id, place.id, day, place.currency, figures)
        session.execute(
            update(BusinessDay)
            .where(BusinessDay.org_id == org_id, BusinessDay.id == day_id)
            .values(status=DayStatus.CLOSED, closed_at=clock.now(), figures_sha256=digest)
            .execution_options(synchronize_session=False)
        )
