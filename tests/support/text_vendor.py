"""A local server that speaks the text vendor's protocol: form-encoded messages, lists, errors.

Numbers choose what happens: what ends with 21 is no number, with 29 is too busy, with 55 is taken and
answered too late, with 57 breaks before anything is done.
"""

from __future__ import annotations

import asyncio
import base64
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from medspa.kernel import clock

ACCOUNT, TOKEN = "AC0123", "vendor-token"
HANG_SECONDS = 1.0
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def create_vendor() -> FastAPI:
    app = FastAPI()
    app.state.messages = []
    expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()

    def problem(status: int, code: int) -> Response:
        return JSONResponse({"code": code, "message": "no", "status": status}, status)

    @app.post(PATH)
    async def send(request: Request) -> Response:
        if request.headers.get("authorization") != expected:
            return problem(401, 20003)
        form = dict(parse_qsl((await request.body()).decode()))
        to = form["To"]
        if to.endswith("21"):
            return problem(400, 21211)
        if to.endswith("29"):
            return problem(429, 20429)
        if to.endswith("57"):
            return Response("<html>bad gateway</html>", 502)
        made: dict[str, Any] = {
            "sid": f"SM{len(app.state.messages):032x}", "to": to, "from": form["From"], "body": form["Body"],
            "status": "queued", "error_code": None, "date_created": format_datetime(clock.now()),
        }  # fmt: skip
        app.state.messages.append(made)
        if to.endswith("55"):
            await asyncio.sleep(HANG_SECONDS)
        return JSONResponse(made, 201)

    @app.get(PATH)
    async def listed(request: Request) -> Response:
        if request.headers.get("authorization") != expected:
            return problem(401, 20003)
        asked = request.query_params
        found = [
            one for one in app.state.messages if one["to"] == asked["To"] and one["from"] == asked["From"]
        ]
        return JSONResponse({"messages": found[::-1]})

    return app
