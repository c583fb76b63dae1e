"""The application in the test's own process: a client that speaks HTTP to it, lifespan included."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.testclient import TestClient

from medspa.kernel.settings import Settings
from operational.app import connected, create_app

_idle: dict[tuple[object, ...], list[FastAPI]] = {}
"""Applications that no client uses, by the settings they are built with."""


@contextlib.contextmanager
def client_of(settings: Settings, app: FastAPI | None = None) -> Iterator[TestClient]:
    """A client of `app`, or of one over `settings`. Errors of the server are answers, never exceptions."""
    with contextlib.ExitStack() as stack:
        served = app or stack.enter_context(lent(settings))
        yield stack.enter_context(TestClient(served, raise_server_exceptions=False))


@contextlib.contextmanager
def lent(settings: Settings) -> Iterator[FastAPI]:
    """An application over `settings` that nobody else uses.

    To make one and to build its routes costs a second, so one is connected again and again.
    """
    idle = _idle.setdefault((settings.public_url, settings.max_body_bytes), [])
    served = idle.pop() if idle else create_app(settings)
    served.router.lifespan_context = connected(settings)
    yield served
    # Not after a failure: that application is let go of.
    idle.append(served)
