"""A browser over the lived day: a page for anybody, and one for the owner, who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser

from medspa.kernel import clock
from tests.support import browser
from tests.support.browser import Seen
from tests.support.lived import Lived
from tests.support.web import LiveServer

Visit = Callable[..., Seen]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="package")
def owner_cookie(web: LiveServer, lived: Lived) -> dict[str, Any]:
    """What a browser keeps after the owner's sign-in, done over the API: the pages of it have a test."""
    with web.client() as http:
        typed = {"email": "owner@lived.example", "password": lived.made.password}
        csrf = http.post("/v1/session", json=typed).raise_for_status().json()["csrf_token"]
        http.headers["X-CSRF-Token"] = csrf
        begun = http.post("/v1/session/totp").raise_for_status().json()
        confirmed = {
            "enrolment_token": begun["enrolment_token"],
            "code": pyotp.TOTP(begun["secret"]).at(clock.now()),
        }
        http.post("/v1/session/totp/confirm", json=confirmed).raise_for_status()
        return {"name": "medspa_session", "value": http.cookies["medspa_session"], "url": web.url}


@pytest.fixture
def visit(chromium: Browser, web: LiveServer) -> Iterator[Visit]:
    """`visit(cookie, scripts=False)`: a new page in a browser of its own that keeps nothing."""
    with ExitStack() as stack:

        def open_page(cookie: dict[str, Any] | None = None, *, scripts: bool = True) -> Seen:
            context = browser.context(chromium, scripts=scripts)
            stack.callback(context.close)
            if cookie:
                context.add_cookies([cookie])  # type: ignore[list-item]
            return browser.opened(context, web.url)

        yield open_page
