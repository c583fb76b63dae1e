"""How public pages answer: their layout, who may frame them, and their errors in words.

They carry no navigation and no cookie. What is on them is pages.py's and booking_pages.py's.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError

from medspa.kernel.errors import DomainError, TryAgain
from medspa.ui.render import POLICY
from medspa.ui.values import clock_time, hours_of, money
from operational.database_errors import RETRYABLE, sqlstate_of
from operational.online.place import Place
from operational.pages import PageRoute, page
from operational.routing import AreaRouter

AREA = "operational.online"
_NO_FRAME, _FORMS = "frame-ancestors 'none'", "form-action 'self'"
_NOT_HERE = "There is nothing to book at this address. It may have been typed wrongly, or booking is closed."
_WORDS = {
    "link-unusable": "This link cannot be used any more. It is old, was used, or was copied wrongly.",
    "not-found": _NOT_HERE,
}


class PublicRoute(PageRoute):
    """What an address or a form lacks is said as everything else is to the public: without our navigation."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answering(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                told = "Something in the address or the form is missing. Please go back and try again."
                heading = "This page needs something more"
                return public_page(request, "sorry.html", None, 422, heading=heading, told=told)

        return answering


def public_router() -> AreaRouter:
    return AreaRouter(include_in_schema=False, route_class=PublicRoute)


def public_page(
    request: Request,
    template: str,
    place: Place | None,
    status: int = 200,
    *,
    embedded: bool = False,
    card_origin: str = "",
    headers: dict[str, str] | None = None,
    **shown: Any,
) -> Response:
    """A page for anybody. `embedded`: the organization's own sites may frame it; nobody else ever."""
    values = {
        "weekday": weekday,
        "at": at,
        "minor": functools.partial(_minor, place),
        "embedded": embedded,
        "spoken": spoken,
    }
    answer = page(
        AREA, template, request, None, status, clock_hours=hours_of(place.currency) if place else 12,
        place=place, **values, **shown,
    )  # fmt: skip
    policy = POLICY
    if card_origin:
        # Browsers hold a redirect that follows a form to the form's policy.
        policy = policy.replace(_FORMS, f"{_FORMS} {card_origin}")
    if embedded and place is not None and place.origins:
        policy = policy.replace(_NO_FRAME, f"frame-ancestors {' '.join(place.origins)}")
        del answer.headers["X-Frame-Options"]
    answer.headers["Content-Security-Policy"] = policy
    # Addresses of public pages carry tokens: they are told to nobody.
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex" if "token" in request.path_params else "all"
    answer.headers.update(headers or {})
    return answer


def public(route: Callable[..., Response]) -> Callable[..., Response]:
    """A route whose errors are said in words, on a page without anybody's navigation."""

    @functools.wraps(route)
    def answering(*args: Any, **values: Any) -> Response:
        request: Request = values["request"]
        try:
            return route(*args, **values)
        except DomainError as error:
            return problem(request, error)
        except DBAPIError as error:
            if sqlstate_of(error) not in RETRYABLE:
                raise
            return problem(request, TryAgain("Nothing was changed. Please try again."))

    answering.__signature__ = inspect.signature(route, eval_str=True)  # type: ignore[attr-defined]
    return answering


def problem(request: Request, error: DomainError) -> Response:
    told = _WORDS.get(error.code, error.detail)
    if told == error.title:
        told = _NOT_HERE if error.code == "not-offered" else ""
    wait = error.extra.get("retry_after_seconds")
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return public_page(
        request, "sorry.html", None, error.status, heading=error.title, told=told, headers=headers
    )


def spoken(phone: str) -> str:
    """A number as people read it out; one of another country as it is kept."""
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", phone)
    return phone if found is None else "({}) {}-{}".format(*found.groups())


def weekday(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def at(instant: datetime) -> str:
    """The time of day; with the zone where an hour comes twice."""
    said = clock_time(instant)
    twice = instant.replace(fold=0).utcoffset() != instant.replace(fold=1).utcoffset()
    return f"{said} {instant.tzname()}" if twice else said


def _minor(place: Place | None, amount_minor: int) -> str:
    return money(amount_minor, place.currency if place else "")
