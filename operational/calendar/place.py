"""The location that a form is about: the one it was shown for, whatever the device is set to meanwhile."""

from __future__ import annotations

import uuid

from fastapi import Request, Response

from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import Permission
from operational.calendar.errors import LocationNotOpen
from operational.identity.unit import Unit
from operational.models import Location
from operational.pages import YEAR_SECONDS, chosen_place, keep, redirect
from operational.shell.around import PLACE_COOKIE, places


def place_meant(
    request: Request,
    unit: Unit,
    location_id: uuid.UUID | None,
    permission: Permission = Permission.BOOKING_READ,
) -> Location:
    """`location_id`, or where none is named the one that the device is set to. Raises LocationNotOpen."""
    if location_id is None:
        place = chosen_place(request, unit)
        if place is None:
            raise Forbidden("You work at no location.")
    else:
        place = next((one for one in places(unit.session, unit.actor) if one.id == location_id), None)
        if place is None:
            raise LocationNotOpen("Nothing was done. Open the page again at a location of yours.")
    unit.actor.require(permission, place.id)
    return place


def onward(request: Request, address: str, place: Location, said: str) -> Response:
    """To a list after something was written at `place`: the device is set to it and the list shows it."""
    answer = redirect(address, request, said)
    keep(request, answer, PLACE_COOKIE, str(place.id), YEAR_SECONDS)
    return answer
