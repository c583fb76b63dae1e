"""The envelope of every answer: request id, size limit, security headers, access log, last resort for errors.

Plain ASGI, so that streams pass through. No area's rules belong here.
"""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medspa.kernel.ids import new_id
from operational.pages import is_page, problem_page
from operational.problems import describe, on_unexpected, problem, problem_body, shown

_access = logging.getLogger("medspa.access")
_log = logging.getLogger("medspa.http")
_DRAIN_FACTOR = 8
"""A body over the limit is read and dropped up to this many times the limit, so that the sender, still
writing, gets to read the answer instead of a reset connection."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
    "img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}
# Answers may hold protected health information unless an endpoint says otherwise.
DEFAULT_CACHE_CONTROL = "no-store"


class Envelope:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, https: bool) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.headers = dict(SECURITY_HEADERS)
        if https:
            self.headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id, self.headers)
        started = time.perf_counter()
        try:
            declared = Headers(scope=scope).get("content-length", "")
            if declared.isdigit() and int(declared) > self.max_body_bytes:
                await _drain(receive, self.max_body_bytes * _DRAIN_FACTOR)
                await self._too_large(Request(scope))(scope, receive, answer.send)
            else:
                await self.app(scope, _limited(receive, self.max_body_bytes), answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing may reach the server's own log
            if answer.status:
                _log.error("answer to %s was cut off: %s", request_id, describe(error))
                raise ConnectionAbortedError("the answer was cut off") from None
            await shown(on_unexpected)(Request(scope), error)(scope, receive, answer.send)
        finally:
            _log_access(scope, request_id, answer.status, started)

    def _too_large(self, request: Request) -> ASGIApp:
        detail = f"Send at most {self.max_body_bytes} bytes."
        body = problem_body(413, "too-large", "The body is too large", detail)
        return problem_page(request, body, {}) if is_page(request) else problem(body)


class _Answer:
    """Passes the answer on, with our headers added, and remembers its status."""

    def __init__(self, send: Send, request_id: uuid.UUID, headers: dict[str, str]) -> None:
        self._send = send
        self._request_id = request_id
        self._headers = headers
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            framed = "frame-ancestors" in headers.get("content-security-policy", "")
            for name, value in self._headers.items():
                # A page that says itself who may frame it is not contradicted: older browsers read this one.
                if not (framed and name == "x-frame-options"):
                    headers.setdefault(name, value)
            headers.setdefault("cache-control", DEFAULT_CACHE_CONTROL)
            headers["x-request-id"] = str(self._request_id)
        await self._send(message)


def _limited(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return limited


async def _drain(receive: Receive, limit: int) -> None:
    dropped = 0
    while dropped < limit:
        message = await receive()
        dropped += len(message.get("body", b""))
        if not message.get("more_body"):
            return


def _log_access(scope: Scope, request_id: uuid.UUID, status: int, started: float) -> None:
    """The route's template, never the address: addresses carry ids, tokens and query strings."""
    route: Any = scope.get("route")
    path = getattr(route, "path", "-")
    spent = (time.perf_counter() - started) * 1000
    _access.info("%s %s %s %.1fms %s", scope["method"], path, status or "-", spent, request_id)
