"""Closing a business day: in order, with nothing open, its figures frozen under a hash.

Whoever posts holds the day's row with FOR SHARE; the close takes it FOR UPDATE, so each posting is
either in the figures or on a later day. The close queues with the desks for its turn, so that it waits only
for those who came before it. A close is final: what comes later posts to the open day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel.clock import business_date as business_date_of
from medspa.kernel.clock import now
from medspa.kernel.database import organization_of
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import DayStatus, DrawerKind, DrawerStatus, Permission
from operational.identity.access import Actor
from operational.ledger.close_blockers import Blocker, blockers_of, unclosed_before, warnings_of
from operational.ledger.close_figures import Figure, figures_of, figures_sha256
from operational.ledger.days import ensure_open
from operational.ledger.drawers import close_virtual, location_of
from operational.ledger.errors import DayBlocked, DayNotBegun
from operational.ledger.recognition import recognise
from operational.models import BusinessDay, Drawer, DrawerSession, Location

_TURN = text("select ledger_close_turn(:location_id)")
# One statement: a day has some twenty figures, and years of days are closed when a practice moves in.
_KEEP = text(
    "insert into day_close_figure (org_id, id, business_day_id, location_id, business_date, measure, key,"
    " amount_minor, created_at) select :org_id, f.id, :business_day_id, :location_id, :business_date,"
    " f.measure, f.key, f.amount_minor, :created_at from unnest(cast(:ids as uuid[]),"
    " cast(:measures as text[]), cast(:keys as text[]), cast(:amounts as bigint[]))"
    " as f(id, measure, key, amount_minor)"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would block a close, what is left to decide, and the figures as they stand."""

    blockers: list[Blocker]
    warnings: list[Blocker]
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class DayClosing:
    """A closed day, the idle days that closed with it, its frozen figures, and what is left to decide."""

    day: BusinessDay
    figures: list[Figure]
    idle_days: list[date]
    warnings: list[Blocker]


def preview_close(session: Session, actor: Actor, location_id: UUID, business_date: date) -> Preview:
    """What would block the close now, and the figures as they stand. Locks nothing.

    No figures while a drawer is uncounted: they would tell what it should hold before it is counted.
    """
    actor.require(Permission.DAY_CLOSE, location_id)
    _require_begun(location_of(session, location_id), business_date)
    session.flush()
    before = unclosed_before(session, location_id, business_date)
    blockers = blockers_of(session, location_id, business_date, before)
    uncounted = any(blocker.code == "session_uncounted" for blocker in blockers)
    figures = [] if uncounted else figures_of(session, location_id, business_date)
    return Preview(blockers, warnings_of(session, location_id, business_date), figures)


def close_day(session: Session, actor: Actor, location_id: UUID, business_date: date) -> DayClosing:
    """Close a day for good, and the days before it on which nothing happened.

    Raises DayNotBegun when it lies ahead and DayBlocked with what must be resolved first; the database
    refuses a day that is closed already (DayClosed).
    """
    actor.require(Permission.DAY_CLOSE, location_id)
    location = location_of(session, location_id)
    _require_begun(location, business_date)
    # Before any day is locked: no day may appear behind this close.
    session.flush()
    session.execute(_TURN, {"location_id": location_id})
    session.execute(
        select(Location.id)
        .where(Location.org_id == actor.org_id, Location.id == location_id)
        .with_for_update(key_share=True)
    )
    open_days = _hold_open_days(session, location_id, business_date)
    if business_date not in open_days:
        # Refused by the database when it is closed.
        ensure_open(session, location_id, business_date)
        open_days = _hold_open_days(session, location_id, business_date)
    before = unclosed_before(session, location_id, business_date)
    blockers = blockers_of(session, location_id, business_date, before)
    if blockers:
        raise DayBlocked(
            "Resolve what is listed, then close again.",
            {"blockers": [blocker.as_member() for blocker in blockers]},
        )
    idle = [day for day, _ in before]
    for day in idle:
        _freeze(session, actor, location, open_days.get(day) or _new_day(session, location, day))
    closing = open_days[business_date]
    figures = _freeze(session, actor, location, closing)
    return DayClosing(closing, figures, idle, warnings_of(session, location_id, business_date))


def _require_begun(location: Location, business_date: date) -> None:
    if business_date > business_date_of(now(), location.timezone, location.cutover_hour):
        raise DayNotBegun(f"{business_date} has not begun at this location.")


def _hold_open_days(session: Session, location_id: UUID, until: date) -> dict[date, BusinessDay]:
    """The open days up to `until`, held so that nothing is posted to them meanwhile."""
    days = session.scalars(
        select(BusinessDay)
        .where(
            BusinessDay.org_id == organization_of(session),
            BusinessDay.location_id == location_id,
            BusinessDay.business_date <= until,
            BusinessDay.status == DayStatus.OPEN,
        )
        .order_by(BusinessDay.business_date)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return {day.business_date: day for day in days}


def _new_day(session: Session, location: Location, business_date: date) -> BusinessDay:
    day = BusinessDay(
        org_id=location.org_id,
        id=new_id(),
        location_id=location.id,
        business_date=business_date,
        status=DayStatus.OPEN,
    )
    session.add(day)
    session.flush()
    return day


def _freeze(session: Session, actor: Actor, location: Location, day: BusinessDay) -> list[Figure]:
    _close_virtual_sessions(session, location.id, day.business_date)
    recognise(session, location, day.business_date, actor.staff_id)
    figures = sorted(figures_of(session, location.id, day.business_date))
    if figures:
        _keep(session, day, figures)
    day.status = DayStatus.CLOSED
    day.closed_at = now()
    day.closed_by = actor.staff_id
    day.figures_sha256 = figures_sha256(
        day.org_id, location.id, day.business_date, location.currency, figures
    )
    session.flush()
    return figures


def _keep(session: Session, day: BusinessDay, figures: list[Figure]) -> None:
    measures, keys, amounts = zip(*figures, strict=True)
    values = {
        "org_id": day.org_id, "business_day_id": day.id, "location_id": day.location_id,
        "business_date": day.business_date, "created_at": now(), "ids": [new_id() for _ in figures],
        "measures": list(measures), "keys": list(keys), "amounts": list(amounts),
    }  # fmt: skip
    session.execute(_KEEP, values)


def _close_virtual_sessions(session: Session, location_id: UUID, business_date: date) -> None:
    """They hold no cash. The day is held, so nobody can be taking a payment into one of them."""
    open_ones = session.scalars(
        select(DrawerSession)
        .join(Drawer, (Drawer.org_id == DrawerSession.org_id) & (Drawer.id == DrawerSession.drawer_id))
        .where(
            DrawerSession.org_id == organization_of(session),
            DrawerSession.location_id == location_id,
            DrawerSession.business_date <= business_date,
            DrawerSession.status == DrawerStatus.OPEN,
            Drawer.kind != DrawerKind.PHYSICAL,
        )
        .with_for_update(of=DrawerSession)
    ).all()
    for found in open_ones:
        close_virtual(found)
    session.flush()
