"""Style sheets, scripts and the icon of pages, at /assets. Pages themselves are the areas'."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import Response

from medspa.kernel.errors import NotFound
from medspa.ui.render import ASSETS, BUILT, asset, built

KEPT = "public, max-age=31536000, immutable"
"""The address carries the content's digest."""


def install(app: FastAPI) -> None:
    @app.get("/assets/{name}", include_in_schema=False)
    def serve(name: str) -> Response:
        if name not in ASSETS or (name in BUILT and not built()):
            raise NotFound
        return Response(asset(name), media_type=ASSETS[name], headers={"cache-control": KEPT})
