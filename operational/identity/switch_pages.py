"""The pages of a device that several people use: the lock screen where they switch, and one's own PIN."""

from __future__ import annotations

import uuid
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.errors import DomainError, Invalid, Unauthenticated
from operational.directory.lookup import StaffFound, by_session
from operational.identity import sign_in, switching, tokens
from operational.identity.dependencies import Slot, cookie_name, idle, services_of, signed_in
from operational.identity.forms import AREA, OTHER_BROWSER, Field, form_page, own_unit, require_same_browser
from operational.identity.pins import LONGEST, SHORTEST
from operational.identity.session_endpoints import DEVICE_COOKIE, forget_session, keep_session
from operational.identity.unit import Unit
from operational.pages import SIGN_IN, own_path, page, page_router, redirect

pages = page_router()
SWITCH, PIN = "/switch", "/pin"
Anybody = Annotated[Unit, Depends(signed_in(), scope="function")]


@pages.post("/lock")
def lock(request: Request, _slot: Slot, csrf_token: Field = "", next: Field = "") -> Response:  # noqa: A002
    """Ends the session, or finds it ended; whoever is next finds the people of this device, or sign-in."""
    try:
        with own_unit(request, "POST", csrf_token) as unit:
            if unit.session_id is not None:
                sign_in.end_session(unit.session, unit.session_id)
    except Unauthenticated:
        pass
    answer = redirect(f"{SWITCH}?next={quote(own_path(next), safe='')}")
    forget_session(services_of(request).settings, answer)
    return answer


@pages.get(SWITCH)
def show_people(request: Request, _slot: Slot) -> Response:
    onward = own_path(request.query_params.get("next"))
    if not switching.known_here(services_of(request), device_of(request)):
        return redirect(full_sign_in(onward))
    return _people(request, onward)


@pages.post(SWITCH)
def take_pin(
    request: Request,
    _slot: Slot,
    person: Field = "",
    pin: Field = "",
    form_token: Field = "",
    next: Field = "",  # noqa: A002 - the field's name
) -> Response:
    onward, services = own_path(next), services_of(request)
    try:
        require_same_browser(request, form_token)
        chosen = StaffFound(*(uuid.UUID(one) for one in person.split(":", 1)))
        address = request.client.host if request.client else ""
        opened = switching.switch(services, device_of(request) or "", chosen, pin, address)
    except (ValueError, TypeError):
        return _people(request, onward, person, {"person": "Choose who you are."}, 422)
    except switching.PinRefused as error:
        left = int(error.extra["left"])
        told = f"That is not the PIN. {left} more tries." if left else "Sign in with your password, please."
        return _people(request, onward, person, {"pin": told}, error.status)
    except DomainError as error:
        return _people(request, onward, person, {"": OTHER_BROWSER}, error.status)
    _end_former(request)
    answer = redirect(onward)
    keep_session(request, answer, opened)
    return answer


@pages.get(PIN)
def show_pin(request: Request, unit: Anybody) -> Response:
    return _own(request, unit, {})


@pages.post(PIN)
def take_own_pin(
    request: Request, unit: Anybody, password: Field = "", pin: Field = "", remove: Field = ""
) -> Response:
    chosen = None if remove else pin
    try:
        switching.set_pin(unit, password, chosen, device_of(request))
    except Invalid as error:
        field, _, words = error.detail.partition(": ")
        return _own(request, unit, {field: words}, 422)
    said = "Your PIN is removed." if chosen is None else "Your PIN is set. Lock from the menu of your name."
    return redirect(PIN, request, said)


def device_of(request: Request) -> str | None:
    return request.cookies.get(cookie_name(services_of(request).settings, DEVICE_COOKIE))


def full_sign_in(onward: str) -> str:
    return f"{SIGN_IN}?full=1&next={quote(onward, safe='')}"


def _end_former(request: Request) -> None:
    """Whose session this browser had is signed out, wherever they work."""
    services = services_of(request)
    cookie = request.cookies.get(cookie_name(services.settings))
    if not cookie:
        return
    former = by_session(services.engine, tokens.digest(cookie), clock.now(), idle(services.settings))
    if former is not None:
        with session_scope(services.engine, former.org_id) as session:
            sign_in.end_session(session, former.session_id)


def _people(
    request: Request, onward: str, person: str = "", wrong: dict[str, str] | None = None, status: int = 200
) -> Response:
    known = switching.known_here(services_of(request), device_of(request))
    shown: dict[str, Any] = {
        "known": known,
        "several": len({one.org_id for one in known}) > 1,
        "chosen": person,
    }
    return form_page(
        request, "switch.html", status, next=onward, wrong=wrong or {}, full=full_sign_in(onward), **shown
    )


def _own(request: Request, unit: Unit, wrong: dict[str, str], status: int = 200) -> Response:
    has = switching.has_pin(unit)
    return page(
        AREA, "pin.html", request, unit, status, wrong=wrong, has=has, shortest=SHORTEST, longest=LONGEST
    )
