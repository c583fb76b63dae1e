"""A server process that has started: what it keeps is collected no more, answers go through unchanged."""

from __future__ import annotations

import gc

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from medspa.kernel.settled import settled


@pytest.mark.parametrize("wrapped", [True, False])
def test_what_is_there_at_the_start_is_frozen(wrapped: bool) -> None:
    before = gc.get_freeze_count()
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    try:
        with TestClient(settled(app) if wrapped else app) as http:
            assert http.get("/").text == "here"
            assert (gc.get_freeze_count() > before) == wrapped
    finally:
        gc.unfreeze()
