"""Forms of people who are not signed in: taken only from the browser that was sent the page.

A cookie alone, which another site can make a browser send, is not enough. What forms do is the pages'.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import Form, Request, Response

from operational.identity import tokens
from operational.identity.credentials import Presented, recognise
from operational.identity.dependencies import cookie_name, idle, request_id_of, services_of
from operational.identity.errors import CsrfMissing
from operational.identity.session_endpoints import set_cookie
from operational.identity.unit import Unit, open_unit
from operational.pages import page

AREA = "operational.identity"
FORM_COOKIE = "medspa_form"
OTHER_BROWSER = "This form is not from this browser's last visit, or cookies are off. Please send it again."
Field = Annotated[str, Form(max_length=4_000)]


def form_page(
    request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
) -> Response:
    """A page with a form of its own, whose field `form_token` goes back with it."""
    settings = services_of(request).settings
    name = cookie_name(settings, FORM_COOKIE)
    kept = request.cookies.get(name) or tokens.new_token()
    answer = page(AREA, template, request, None, status, form_token=tokens.csrf_token(kept), **shown)
    answer.headers.update(headers or {})
    set_cookie(settings, answer, name, kept, None)
    return answer


def require_same_browser(request: Request, form_token: str) -> None:
    """Raises CsrfMissing unless the form is from a page that this browser was sent."""
    kept = request.cookies.get(cookie_name(services_of(request).settings, FORM_COOKIE))
    if not kept or not tokens.matches(form_token, tokens.digest(tokens.csrf_token(kept))):
        raise CsrfMissing


def own_unit(request: Request, method: str, csrf: str) -> AbstractContextManager[Unit]:
    """The unit of work of whoever's cookie this is, by the API's own rules. Raises Unauthenticated."""
    services = services_of(request)
    cookie = request.cookies.get(cookie_name(services.settings))
    who = Presented(method, cookie=cookie, csrf=csrf)
    known = recognise(services.engine, who, idle(services.settings), half_signed_in=True)
    return open_unit(services, request_id_of(request), known.org_id, known.load, session_id=known.session_id)
