"""The application in the test's own process: a client that speaks HTTP to it, lifespan included."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.testclient import TestClient

from medspa.kernel.settings import Settings
from operational.app import create_app


@contextlib.contextmanager
def client_of(settings: Settings, app: FastAPI | None = None) -> Iterator[TestClient]:
    """A client of `app`, or of a fresh one. Errors of the server are answers, never exceptions."""
    with TestClient(app or create_app(settings), raise_server_exceptions=False) as client:
        yield client
