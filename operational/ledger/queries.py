"""Reads of drawers, sessions and days. Balances are in balances.py, figures in close_figures.py."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import DrawerStatus
from operational.models import BusinessDay, Drawer, DrawerMovement, DrawerSession


def drawers(location_id: UUID, org_id: UUID) -> Select[Any]:
    return select(Drawer).where(Drawer.org_id == org_id, Drawer.location_id == location_id)


def sessions(
    location_id: UUID, org_id: UUID, business_date: date | None, status: DrawerStatus | None
) -> Select[Any]:
    query = select(DrawerSession).where(
        DrawerSession.org_id == org_id, DrawerSession.location_id == location_id
    )
    if business_date is not None:
        query = query.where(DrawerSession.business_date == business_date)
    if status is not None:
        query = query.where(DrawerSession.status == status)
    return query


def movements(session_id: UUID, org_id: UUID) -> Select[Any]:
    return select(DrawerMovement).where(
        DrawerMovement.org_id == org_id, DrawerMovement.drawer_session_id == session_id
    )


def drawer_session(session: Session, session_id: UUID) -> DrawerSession:
    """Raises NotFound, also for a session of a location out of scope."""
    found = session.get(DrawerSession, (organization_of(session), session_id))
    if found is None:
        raise NotFound("There is no such drawer session.")
    return found


def day(session: Session, location_id: UUID, business_date: date) -> BusinessDay | None:
    """The day's row; None while nothing was posted on it."""
    return session.scalars(
        select(BusinessDay).where(
            BusinessDay.org_id == organization_of(session),
            BusinessDay.location_id == location_id,
            BusinessDay.business_date == business_date,
        )
    ).one_or_none()


def days(location_id: UUID, org_id: UUID) -> Select[Any]:
    return select(BusinessDay).where(BusinessDay.org_id == org_id, BusinessDay.location_id == location_id)
