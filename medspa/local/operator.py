"""Who acts on the command line: the operating-system user, for one organization, with every permission.

Being able to read the state folder's secrets is the authorization; everything done is audited under the
user's name.
"""

from __future__ import annotations

import datetime as dt
import getpass
import re
import uuid
from dataclasses import dataclass

from sqlalchemy import Engine, select

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import ActorKind, Permission
from operational.directory import lookup
from operational.identity.access import EVERYWHERE, Actor
from operational.models import Location

_OPERATORS = uuid.UUID("5d1c6b0e-7a3f-5a58-9a40-3f4c8e2f6d11")
"""Namespace of operators' ids: the same user gets the same id on every run."""


def organization(engine: Engine, named: str | None) -> uuid.UUID:
    """The organization with this id or slug; unnamed: the only one. Raises NotFound or Invalid."""
    known = lookup.organizations(engine)
    if not named:
        if len(known) == 1:
            return known[0]
        if not known:
            raise NotFound("There is no organization yet: run `medspa demo`, or create one.")
        raise Invalid("There are several organizations: name one with --org.")
    try:
        wanted: uuid.UUID | None = uuid.UUID(named)
    except ValueError:
        wanted = lookup.organization_by_slug(engine, named)
    if wanted not in known:
        raise NotFound("No organization has this id or slug.")
    return wanted


@dataclass(frozen=True, slots=True)
class PlaceToday:
    """A location and the business date it is there now."""

    id: uuid.UUID
    name: str
    business_date: dt.date


def places(engine: Engine, org_id: uuid.UUID, named: str = "") -> list[PlaceToday]:
    """The location with this id or code; unnamed: all active ones, by code. Raises NotFound for none."""
    with session_scope(engine, org_id) as session:
        known = session.scalars(select(Location).where(Location.org_id == org_id).order_by(Location.code))
        found = [
            PlaceToday(one.id, one.name, clock.business_date(clock.now(), one.timezone, one.cutover_hour))
            for one in known
            if (named in (str(one.id), one.code) if named else one.active)
        ]
    if not found:
        raise NotFound(
            "No location has this id or code."
            if named
            else "The organization has no active location whose date it could be: give the date."
        )
    return found


def today(engine: Engine, org_id: uuid.UUID, named: str = "") -> dt.date:
    """The business date there now, or the latest one of all active locations. Raises NotFound."""
    return max(one.business_date for one in places(engine, org_id, named))


def actor(org_id: uuid.UUID, command: str) -> Actor:
    """The operating-system user as an actor of `medspa <command>`."""
    user = re.sub(r"[^a-z0-9._-]", "_", getpass.getuser().lower())[:40]
    return Actor(
        org_id=org_id,
        kind=ActorKind.OPERATOR,
        id=uuid.uuid5(_OPERATORS, user),
        staff_id=None,
        origin=f"cli:{command}:{user}",
        permissions={EVERYWHERE: frozenset(Permission)},
    )
