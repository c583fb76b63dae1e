"""Pages of the operational side: made like the API's answers, from the same units of work, for people.

A route of a page is a PageRoute: whoever is not signed in is sent to sign in, and every other error is said
in words (problems.py asks `is_page`). What a page shows is its area's; how it looks, medspa.ui's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment

from medspa.kernel.errors import PROBLEM_TYPE_PREFIX
from medspa.kernel.vocabulary import Permission
from medspa.ui.render import HEADERS, environment, render
from medspa.ui.shell import Shell
from medspa.ui.values import clock_time, day, quantity, title
from operational.identity.dependencies import cookie_name, services_of
from operational.identity.tokens import csrf_token
from operational.identity.unit import Unit

HOME = "/reports"
SIGN_IN, AUTHENTICATOR = "/sign-in", "/sign-in/authenticator"
LONGEST = 2_000
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


def page_router() -> APIRouter:
    return APIRouter(include_in_schema=False, route_class=PageRoute)


def is_page(request: Request) -> bool:
    return isinstance(request.scope.get("route"), PageRoute)


def page(
    package: str, template: str, request: Request, unit: Unit | None, status: int = 200, **context: Any
) -> HTMLResponse:
    """A template of `package`, under the navigation of whoever `unit` is for."""
    here = _address(request)
    shown = render(_templates(package), template, shell=_shell(request, unit), **{"here": here, **context})
    return HTMLResponse(shown, status, HEADERS)


def redirect(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, HEADERS)


def problem_page(request: Request, document: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """A problem document for people."""
    code = str(document["type"]).removeprefix(PROBLEM_TYPE_PREFIX)
    if code in _SIGN_IN and request.method in ("GET", "HEAD"):
        return redirect(f"{_SIGN_IN[code]}?next={quote(_address(request), safe='')}")
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


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _shell(request: Request, unit: Unit | None) -> Shell | None:
    if unit is None:
        return None
    cookie = request.cookies.get(cookie_name(services_of(request).settings))
    token = csrf_token(cookie) if cookie and unit.session_id else None
    return Shell(token, unit.actor.may(Permission.REPORT_FINANCE))


@cache
def _templates(package: str) -> Environment:
    made = environment(package)
    made.globals |= {"day": day, "time": clock_time, "title": title, "quantity": quantity}
    return made
