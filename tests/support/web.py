"""A real web server for tests: uvicorn on a free loopback port, in a thread of the test process."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

START_TIMEOUT = 30.0


@dataclass(frozen=True)
class LiveServer:
    """A running server. `client()` gives an HTTP client bound to its address."""

    url: str
    app: Any

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=options.pop("timeout", 30.0), **options)


@contextlib.contextmanager
def serving(create: Callable[[], Any], **options: Any) -> Iterator[LiveServer]:
    """Serve the app that `create` returns until the block ends; its shutdown handlers run.

    `options` are the server's own.
    """
    app = create()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    ours: dict[str, Any] = {"log_level": "error", "access_log": False, "lifespan": "on", "ws": "none"}
    config = uvicorn.Config(app, **(ours | options))
    server = uvicorn.Server(config)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            server.run(sockets=[listener])
        except Exception as error:  # noqa: BLE001 - shown by the waiting thread
            failures.append(error)

    thread = threading.Thread(target=run, name="live-server", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the web server did not start") from (failures[0] if failures else None)
        time.sleep(0.01)
    try:
        host, port = listener.getsockname()[:2]
        yield LiveServer(f"http://{host}:{port}", app)
    finally:
        server.should_exit = True
        thread.join(timeout=START_TIMEOUT)
        listener.close()
        assert not thread.is_alive(), "the web server did not stop"
