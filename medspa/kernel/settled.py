"""What a server process keeps for as long as it runs is not looked through for garbage again and again.

The routes and models of the web side are many objects: one look at all of them stops every answer for a
quarter of a second, about once in twenty pages of a large calendar.
"""

from __future__ import annotations

import gc
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def settled(app: ASGIApp) -> ASGIApp:
    """The app of a process of its own: what is there when it has started stays out of later collections."""

    async def run(scope: Scope, receive: Receive, send: Send) -> Any:
        async def told(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                gc.collect()
                gc.freeze()
            await send(message)

        await app(scope, receive, told if scope["type"] == "lifespan" else send)

    return run
