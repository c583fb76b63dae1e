"""A benchmark's server in a process of its own, so that the measuring client does not slow it down."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from medspa.kernel.settings import Settings

START_SECONDS = 30.0


@contextlib.contextmanager
def serving(module: str, settings: Settings) -> Iterator[int]:
    """`python -m <module> --serve <port>` over these settings, until the block ends; its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "MEDSPA_HOME": str(settings.home),
        "MEDSPA_OPERATIONAL_APP_DSN": settings.operational_dsn("app"),
        "MEDSPA_WEB_PROCESSES": str(settings.web_processes),
    }
    process = subprocess.Popen([sys.executable, "-m", module, "--serve", str(port)], env=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)
