"""One origin: each path goes to the app that owns it, whole, and both apps start and stop."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from medspa.kernel.settings import Settings
from medspa.local.web import OneOrigin, server_options
from tests.support.web import serving


def _app(name: str, events: list[str]) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        events.append(f"{name} starts")
        yield
        events.append(f"{name} stops")

    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{name} {request.scope['root_path']}{request.url.path}")

    return Starlette(routes=[Route("/{path:path}", answer)], lifespan=lifespan)


def test_paths_go_to_their_owner_unchanged_and_both_apps_live_as_long_as_the_server() -> None:
    events: list[str] = []

    with serving(lambda: OneOrigin(_app("desk", events), _app("reports", events))) as server:
        with server.client() as client:
            answers = {
                path: client.get(path).text for path in ("/", "/v1/clients", "/reportsx", "/v1/reportsx")
            }
            owned = {
                path: client.get(path).text for path in ("/reports", "/v1/reports", "/v1/reports/ar-aging")
            }
        started = list(events)

    assert answers == {path: f"desk {path}" for path in answers}
    assert owned == {path: f"reports {path}" for path in owned}
    assert started == ["desk starts", "reports starts"]
    assert events[2:] == ["reports stops", "desk stops"]


@pytest.mark.parametrize(
    ("trusted", "told", "seen"),
    [
        ("", "203.0.113.9", "127.0.0.1"),
        ("10.0.0.0/8", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        # What the client itself wrote stands before what our proxies added.
        ("127.0.0.1, 10.1.0.0/16", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(
    trusted: str, told: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")

    async def who(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.client.host if request.client else "")

    app = Starlette(routes=[Route("/", who)])
    options = server_options(Settings(trusted_proxies=trusted))
    with serving(lambda: app, **options) as server, server.client() as client:
        assert client.get("/", headers={"X-Forwarded-For": told}).text == seen


@pytest.mark.parametrize("listed", ["*", "0.0.0.0/0", "10.0.0.0/8, ::/0", "proxy.example"])
def test_a_proxy_is_named_by_its_address_and_not_everybody_is_one(listed: str) -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies=listed)


def test_a_server_that_stopped_answers_nobody() -> None:
    with serving(lambda: OneOrigin(_app("desk", []), _app("reports", []))) as server:
        url = server.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
