"""Drawers and the opening of their sessions. What moves during a session is in drawer_movements.py,
the count in drawer_count.py.

The float is cash of account 1000 for as long as it lies in the drawer: leaving it there over night and
opening with it posts nothing. Only a float that differs from what the last count left is posted.
"""

from __future__ import annotations

import enum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel.clock import now
from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, DrawerKind, DrawerStatus, LedgerEvent, Permission
from operational.identity.access import Actor
from operational.ledger.days import open_business_date
from operational.ledger.errors import DrawerAlreadyOpen, FloatDiffers
from operational.ledger.post import Line, post
from operational.models import Drawer, DrawerSession, Location


class FloatSource(enum.StrEnum):
    """Where the difference between the float left and the float found went or came from."""

    BANK = "bank"
    SAFE = "safe"
    OVER_SHORT = "over_short"


_FLOAT_ACCOUNT = {
    FloatSource.BANK: Account.BANK,
    FloatSource.SAFE: Account.CASH_IN_TRANSIT,
    FloatSource.OVER_SHORT: Account.CASH_OVER_SHORT,
}


def create_drawer(session: Session, actor: Actor, location_id: UUID, name: str) -> Drawer:
    """A new physical drawer of a location."""
    actor.require(Permission.ORGANIZATION_MANAGE, location_id)
    location_of(session, location_id)
    drawer = Drawer(
        org_id=actor.org_id, id=new_id(), location_id=location_id, name=name, kind=DrawerKind.PHYSICAL
    )
    session.add(drawer)
    session.flush()
    return drawer


def open_session(
    session: Session,
    actor: Actor,
    drawer_id: UUID,
    opening_float_minor: int,
    float_source: FloatSource | None = None,
) -> DrawerSession:
    """Open a physical drawer with its float on the open business day.

    The first float of a drawer comes from the bank unless said otherwise. Later, a float that differs
    from what was left needs a `float_source`, else FloatDiffers. Raises DrawerAlreadyOpen.
    """
    org_id = organization_of(session)
    drawer = session.get(Drawer, (org_id, drawer_id), populate_existing=True, with_for_update=True)
    if drawer is None or drawer.kind is not DrawerKind.PHYSICAL:
        raise NotFound("There is no such drawer.")
    actor.require(Permission.DRAWER_OPERATE, drawer.location_id)
    if opening_float_minor < 0:
        raise Invalid("opening_float_minor: a float is zero or more.")
    if _open_session_of(session, drawer_id) is not None:
        raise DrawerAlreadyOpen("Count the open session of this drawer first.")
    left = _float_left(session, drawer_id)
    difference = opening_float_minor - (left or 0)
    if difference and left is not None and float_source is None:
        raise FloatDiffers(
            "Say where the difference comes from or went to: bank, safe or over_short.",
            {"float_left_minor": left, "opening_float_minor": opening_float_minor},
        )
    opened = _new_session(session, drawer, opening_float_minor, actor.staff_id)
    if float_source is FloatSource.OVER_SHORT:
        opened.opening_over_short_minor = difference
    session.flush()
    if difference:
        other = _FLOAT_ACCOUNT[float_source or FloatSource.BANK]
        post(
            session,
            event=LedgerEvent.FLOAT_FUNDED,
            source_kind="drawer_session",
            source_id=opened.id,
            business_date=opened.business_date,
            staff_id=actor.staff_id,
            lines=[
                Line(Account.CASH_DRAWER, difference, drawer.location_id),
                Line(other, -difference, drawer.location_id),
            ],
        )
    return opened


def virtual_session(session: Session, location_id: UUID, kind: DrawerKind) -> DrawerSession:
    """The session that today's online or billing takings of a location belong to; made on first use.

    It holds no cash, so it closes by itself: with its day, or here when a later day has begun.
    """
    if kind is DrawerKind.PHYSICAL:
        raise Invalid("A physical drawer is opened with its float.")
    today = open_business_date(session, location_id)
    org_id = organization_of(session)
    session.flush()
    session.execute(
        insert(Drawer)
        .values(
            org_id=org_id,
            id=new_id(),
            location_id=location_id,
            name=kind.value,
            kind=kind.value,
            created_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["org_id", "location_id", "name"])
    )
    # The row lock makes a second request wait until the first has made or rolled over the session.
    drawer = session.scalars(
        select(Drawer)
        .where(Drawer.org_id == org_id, Drawer.location_id == location_id, Drawer.kind == kind)
        .with_for_update()
    ).one()
    found = _open_session_of(session, drawer.id)
    if found is not None and found.business_date < today:
        close_virtual(found)
        session.flush()
        found = None
    if found is None:
        found = _new_session(session, drawer, 0, None)
        session.flush()
    return found


def close_virtual(found: DrawerSession) -> None:
    """Close a session that never held cash: nothing to count."""
    found.status = DrawerStatus.CLOSED
    found.closed_at = now()
    found.expected_minor = found.counted_minor = found.over_short_minor = found.float_left_minor = 0


def location_of(session: Session, location_id: UUID) -> Location:
    location = session.get(Location, (organization_of(session), location_id))
    if location is None:
        raise NotFound("There is no such location.")
    return location


def _new_session(
    session: Session, drawer: Drawer, opening_float_minor: int, opened_by: UUID | None
) -> DrawerSession:
    opened = DrawerSession(
        org_id=drawer.org_id,
        id=new_id(),
        drawer_id=drawer.id,
        location_id=drawer.location_id,
        business_date=open_business_date(session, drawer.location_id),
        status=DrawerStatus.OPEN,
        currency=location_of(session, drawer.location_id).currency,
        opened_at=now(),
        opened_by=opened_by,
        opening_float_minor=opening_float_minor,
    )
    session.add(opened)
    return opened


def _open_session_of(session: Session, drawer_id: UUID) -> DrawerSession | None:
    return session.scalars(
        select(DrawerSession)
        .where(
            DrawerSession.org_id == organization_of(session),
            DrawerSession.drawer_id == drawer_id,
            DrawerSession.status == DrawerStatus.OPEN,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def _float_left(session: Session, drawer_id: UUID) -> int | None:
    """What the last count left in the drawer; None: it was never counted."""
    return session.scalars(
        select(DrawerSession.float_left_minor)
        .where(
            DrawerSession.org_id == organization_of(session),
            DrawerSession.drawer_id == drawer_id,
            DrawerSession.status == DrawerStatus.CLOSED,
        )
        .order_by(DrawerSession.closed_at.desc(), DrawerSession.id.desc())
        .limit(1)
    ).one_or_none()
