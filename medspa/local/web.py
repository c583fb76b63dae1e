"""One web origin: reporting at /reports, /v1/reports and /v1/metrics, the operational app everywhere else.

Both apps declare their full paths; nothing is stripped, so their links and API documents are right. Run
as `python -m medspa.local.web` by the supervisor.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from medspa.kernel.logging import configure
from medspa.kernel.settings import Settings, load_settings
from medspa.kernel.settled import settled

REPORTING_PREFIXES = ("/reports", "/v1/reports", "/v1/metrics")
GRACE_SECONDS = 10


class OneOrigin:
    """Sends each request to the app that owns its path, and runs the start and stop of both."""

    def __init__(self, operational: Starlette, reporting: Starlette) -> None:
        self.operational = operational
        self.reporting = reporting
        self._lifespan = Starlette(lifespan=self._run_both)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._owner(scope["path"])(scope, receive, send)

    def _owner(self, path: str) -> ASGIApp:
        owned = any(path == prefix or path.startswith(f"{prefix}/") for prefix in REPORTING_PREFIXES)
        return self.reporting if owned else self.operational

    @contextlib.asynccontextmanager
    async def _run_both(self, _app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for app in (self.operational, self.reporting):
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield


def create_web_app(settings: Settings) -> OneOrigin:
    """The whole web side over the databases of the settings."""
    from medspa.local.reporting import create_reporting_app
    from medspa.local.web_docs import document_together
    from operational.app import create_app

    operational, reporting = create_app(settings), create_reporting_app(settings)
    document_together(operational, reporting)
    return OneOrigin(operational, reporting)


def server_options(settings: Settings) -> dict[str, Any]:
    """How the web server runs. Its own access log is off: it would hold query strings."""
    return {
        "access_log": False,
        "log_config": None,
        "log_level": "warning",
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        # Never left out: the server would take them from a variable of its own.
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }


def process() -> ASGIApp:
    """The web side in one process of the server, over the settings of its environment."""
    configure()
    return settled(create_web_app(load_settings()))


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM. With several processes each has its own connections; one that dies is replaced."""
    configure()
    uvicorn.run(
        "medspa.local.web:process",
        factory=True,
        workers=settings.web_processes,
        host=host,
        port=port,
        **server_options(settings),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the web side of medspa.")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    serve(load_settings(), arguments.host, arguments.port)


if __name__ == "__main__":
    main()
