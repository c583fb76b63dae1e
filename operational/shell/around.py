"""The shell of a page for somebody: read in two statements, beside whatever the page itself reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from medspa.ui.shell import LOOKS, Place, Shell
from medspa.ui.values import hours_of
from operational import notices
from operational.identity.access import Actor
from operational.models.organization import Location
from operational.navigation import ways

PLACE_COOKIE = "medspa_place"
SAID_COOKIE = "medspa_said"


def shell_of(
    session: Session,
    actor: Actor,
    here: str,
    csrf_token: str | None,
    *,
    idle_minutes: int,
    place: str | None = None,
    look: str = LOOKS[0],
    said: str = "",
) -> Shell:
    """`place`: the location that the device is set to; taken when it is one of the actor's."""
    open_places = places(session, actor)
    chosen = choose(open_places, place)
    person, organization, unread = "", "", 0
    if actor.staff_id is not None and csrf_token is not None:
        person, organization, unread = notices.person(session, actor)
    return Shell(
        here=here,
        csrf_token=csrf_token,
        entries=ways(actor),
        person=person,
        organization=organization,
        places=[Place(str(one.id), one.name) for one in open_places],
        place=str(chosen.id) if chosen else None,
        unread=unread,
        hours=hours_of(chosen.currency) if chosen else 12,
        may_search=csrf_token is not None and actor.may(Permission.CLIENT_READ),
        idle_minutes=idle_minutes,
        look=look,
        said=said,
    )


def places(session: Session, actor: Actor) -> Sequence[Location]:
    """The open locations at which the actor has any permission, by name."""
    found = session.scalars(select(Location).where(Location.active).order_by(Location.name, Location.id))
    allowed = actor.locations
    return [one for one in found if allowed is None or one.id in allowed]


def choose(open_places: Sequence[Location], kept: str | None) -> Location | None:
    """The location that the device was set to, while it is open to this actor; else the first one."""
    first = open_places[0] if open_places else None
    return next((one for one in open_places if str(one.id) == kept), first)


def place_of(session: Session, actor: Actor, kept: str | None) -> Location | None:
    """The location that a page is about; None for who works nowhere."""
    return choose(places(session, actor), kept)
