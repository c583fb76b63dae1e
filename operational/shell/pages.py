"""The first page, the device's look and location, and the notifications of whoever is signed in."""

from __future__ import annotations

import uuid
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response

from medspa.kernel.errors import Unauthenticated
from medspa.kernel.vocabulary import Permission
from medspa.ui.shell import LOOK_COOKIE, LOOKS
from operational import navigation, notices
from operational.identity.dependencies import signed_in
from operational.identity.forms import Field
from operational.identity.unit import Unit
from operational.pages import HOME, YEAR_SECONDS, chosen_place, keep, own_path, page, page_router, redirect
from operational.shell.around import PLACE_COOKIE, choose, places

AREA = "operational.shell"
NOTIFICATIONS = "/notifications"
pages = page_router()
Anybody = Annotated[Unit, Depends(signed_in(), scope="function")]


@pages.get(HOME)
def show_first(request: Request, unit: Anybody) -> Response:
    """To the first way that is open; to set-up while there is no location."""
    ways = navigation.ways(unit.actor)
    manages = unit.actor.may(Permission.ORGANIZATION_MANAGE)
    if manages and not places(unit.session, unit.actor):
        return redirect("/setup")
    return redirect(ways[0].path) if ways else page(AREA, "nowhere.html", request, unit)


@pages.post("/look")
def choose_look(request: Request, _unit: Anybody, look: Field = "", next: Field = "") -> Response:  # noqa: A002
    """Kept on this device, for whoever uses it."""
    answer = redirect(own_path(next))
    keep(request, answer, LOOK_COOKIE, look if look in LOOKS else LOOKS[0], YEAR_SECONDS)
    return answer


@pages.post("/place")
def choose_place(request: Request, unit: Anybody, location_id: Field = "", next: Field = "") -> Response:  # noqa: A002
    """The location that pages are about from now on, on this device; only one of the person's own is kept."""
    chosen = choose(places(unit.session, unit.actor), location_id)
    answer = redirect(own_path(next))
    if chosen is not None:
        keep(request, answer, PLACE_COOKIE, str(chosen.id), YEAR_SECONDS)
    return answer


@pages.get(NOTIFICATIONS)
def show_notifications(request: Request, unit: Anybody) -> Response:
    found = notices.listed(unit.session, _person(unit).actor)
    return page(AREA, "notifications.html", request, unit, notices=found, zone=_zone(request, unit))


@pages.post(NOTIFICATIONS)
def read_all(request: Request, unit: Anybody) -> Response:
    notices.mark_read(unit.session, _person(unit).actor)
    return redirect(NOTIFICATIONS, request, "Marked as read.")


@pages.post(f"{NOTIFICATIONS}/{{notice_id}}")
def open_notification(unit: Anybody, notice_id: uuid.UUID) -> Response:
    """Marks it as read, and leads to the page about it."""
    onward = notices.leads_to(unit.session, _person(unit).actor, notice_id)
    notices.mark_read(unit.session, unit.actor, notice_id)
    return redirect(onward)


def _zone(request: Request, unit: Unit) -> ZoneInfo:
    place = chosen_place(request, unit)
    return ZoneInfo(place.timezone if place else "UTC")


def _person(unit: Unit) -> Unit:
    """Raises Unauthenticated for a key: notices are for people."""
    if unit.session_id is None:
        raise Unauthenticated
    return unit
