"""Errors for people: who is not signed in goes to the sign-in page, the rest is said in words."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from medspa.kernel.errors import DomainError
from medspa.ui.render import HEADERS
from reporting_api.pages.page import page

PREFIX = "/reports"
_SIGN_IN = {
    "unauthenticated": "/sign-in",
    "second-factor-enrolment-required": "/sign-in/authenticator",
}
_WORDS = {
    "forbidden": "Your role does not include this. Who manages roles at your organization can give it.",
    "report-unknown": "The list of reports has those that exist.",
    "no-published-data": (
        "Figures appear here after the pipeline has run once for your organization, and passed its checks."
    ),
    "not-found": "There is nothing at this address.",
}


def is_page(request: Request) -> bool:
    path = request.url.path
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def problem_page(request: Request, status: int, code: str, title: str, detail: str) -> Response:
    """For an error of a page; who is behind the request may be unknown here."""
    if code in _SIGN_IN and request.method in ("GET", "HEAD"):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{_SIGN_IN[code]}?next={quote(asked, safe='')}", 303, HEADERS)
    told = _WORDS.get(code, detail)
    try:
        viewer = request.app.state.authorizer.viewer(request)
    except DomainError:
        viewer = None
    return page("problem.html", viewer, status, heading=title, told=told)
