"""Pages of the operational side: made like the API's answers, from the same units of work, for people.

A route of a page is a PageRoute: whoever is not signed in is sent to sign in, and every other error is said
in words (problems.py asks `is_page`). What a page shows is its area's; how it looks, medspa.ui's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment

from medspa.kernel.errors import PROBLEM_TYPE_PREFIX
from medspa.ui.render import HEADERS, environment, render
from medspa.ui.shell import LOOK_COOKIE, Shell, look
from medspa.ui.values import (
    clock_of,
    clock_time,
    day,
    hours_of,
    minute_of_day,
    quantity,
    title,
    wall_time,
    weekday,
)
from operational.identity import tokens
from operational.identity.dependencies import cookie_name, is_secure, services_of
from operational.identity.unit import Unit
from operational.models.organization import Location
from operational.routing import AreaRouter
from operational.shell.around import PLACE_COOKIE, SAID_COOKIE, place_of, shell_of

HOME = "/"
"""Leads to the first page that is open to whoever asks."""
SIGN_IN, AUTHENTICATOR = "/sign-in", "/sign-in/authenticator"
PART = "X-Fragment"
"""Asked for with this header, answered with it: a refusal that is a part of a page says so itself."""
LONGEST = 2_000
LONGEST_SAID = 200
SAID_SECONDS, YEAR_SECONDS = 60, 365 * 24 * 3600
_SIGN_IN = {"unauthenticated": SIGN_IN, "second-factor-enrolment-required": AUTHENTICATOR}
_WORDS = {
    "forbidden": (
        "This is not for your role",
        "Who manages roles at your organization can give you what this page needs.",
    ),
    "validation": ("There is no such page", "The address may have been cut short."),
}
Back = Annotated[str, Query(description="The address to return to, sent by the page that leads here.")]


class PageRoute(APIRoute):
    """Answers with a page, its errors too."""


def page_router() -> AreaRouter:
    return AreaRouter(include_in_schema=False, route_class=PageRoute)


def is_page(request: Request) -> bool:
    """Whether a person is to read the answer: at the address of a page, or at none that we know."""
    if (route := request.scope.get("route")) is not None:
        return isinstance(route, PageRoute)
    wants = request.headers.get("accept", "")
    return "text/html" in wants and not request.url.path.startswith("/v1/")


def page(
    package: str,
    template: str,
    request: Request,
    unit: Unit | None,
    status: int = 200,
    *,
    clock_hours: int = 12,
    **context: Any,
) -> HTMLResponse:
    """A template of `package`, under the navigation of whoever `unit` is for; `clock_hours`: for nobody."""
    shell = _shell(request, unit)
    hours = shell.hours if shell else clock_hours
    shown = {"here": address(request), "look": look(request.cookies.get(LOOK_COOKIE)), "shell": shell}
    with clock_of(hours):
        body = render(_templates(package), template, **{**shown, "clock_hours": hours, **context})
    answer = HTMLResponse(body, status, HEADERS)
    if shell and shell.said:
        answer.delete_cookie(_cookie(request, SAID_COOKIE), path="/")
    return answer


def fragment(
    package: str, template: str, request: Request, unit: Unit, status: int = 200, **context: Any
) -> HTMLResponse:
    """A part of a page, for a script of ours that asked for it. What surrounds pages is not read for it."""
    here = address(request)
    shown = {"here": here, "shell": Shell(here, _csrf_token(request, unit)), **context}
    place = chosen_place(request, unit)
    with clock_of(hours_of(place.currency) if place else 12):
        body = render(_templates(package), template, **shown)
    return HTMLResponse(body, status, {**HEADERS, PART: "1"})


def redirect(path: str, request: Request | None = None, said: str = "") -> RedirectResponse:
    """`said`: what came of it, shown once on the next page of this browser. Never a value of anybody's."""
    answer = RedirectResponse(path, 303, HEADERS)
    if request is not None and said:
        keep(request, answer, SAID_COOKIE, quote(said), SAID_SECONDS)
    return answer


def keep(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    """A cookie of this device that scripts cannot read."""
    secure = is_secure(services_of(request).settings)
    options: dict[str, Any] = {"path": "/", "secure": secure, "httponly": True, "samesite": "lax"}
    answer.set_cookie(_cookie(request, name), value, max_age=seconds, **options)


def chosen_place(request: Request, unit: Unit) -> Location | None:
    """The location that this device is set to, or the first that is open to the actor; None without any."""
    return place_of(unit.session, unit.actor, request.cookies.get(_cookie(request, PLACE_COOKIE)))


def problem_page(request: Request, document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """A problem document for people."""
    code = str(document["type"]).removeprefix(PROBLEM_TYPE_PREFIX)
    if code in _SIGN_IN and request.method in ("GET", "HEAD"):
        return redirect(f"{_SIGN_IN[code]}?next={quote(address(request), safe='')}")
    heading, told = _WORDS.get(code, (document["title"], document["detail"]))
    status = int(document["status"])
    answer = page("medspa.ui", "problem.html", request, None, status, heading=heading, told=told)
    answer.headers.update(headers)
    return answer


def own_path(asked: str | None) -> str:
    """`asked` when it is an address of ours, else the first page. Nothing can lead to another site."""
    if not asked or len(asked) > LONGEST or not asked.startswith("/") or asked.startswith("//"):
        return HOME
    if "\\" in asked or not asked.isascii() or not asked.isprintable() or " " in asked:
        return HOME
    parts = urlsplit(asked)
    return HOME if parts.scheme or parts.netloc else asked


def address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _shell(request: Request, unit: Unit | None) -> Shell | None:
    if unit is None:
        return None
    kept = {name: request.cookies.get(_cookie(request, name)) for name in (PLACE_COOKIE, SAID_COOKIE)}
    said = unquote(kept[SAID_COOKIE] or "")[:LONGEST_SAID]
    chosen = look(request.cookies.get(LOOK_COOKIE))
    return shell_of(
        unit.session,
        unit.actor,
        address(request),
        _csrf_token(request, unit),
        idle_minutes=unit.settings.session_idle_minutes,
        place=kept[PLACE_COOKIE],
        look=chosen,
        said=said,
    )


def _csrf_token(request: Request, unit: Unit) -> str | None:
    """What forms of this browser's session carry; None without a session, as with an API key."""
    cookie = request.cookies.get(cookie_name(unit.settings))
    return tokens.csrf_token(cookie) if cookie and unit.session_id else None


def _cookie(request: Request, name: str) -> str:
    return cookie_name(services_of(request).settings, name)


@cache
def _templates(package: str) -> Environment:
    made = environment(package)
    made.globals |= {
        "day": day,
        "weekday": weekday,
        "time": clock_time,
        "wall_time": wall_time,
        "minute_of_day": minute_of_day,
        "title": title,
        "quantity": quantity,
    }
    return made
