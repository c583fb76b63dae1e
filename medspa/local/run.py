"""Bringing everything up in the foreground or background, and down again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from medspa.kernel.settings import Settings, load_settings
from medspa.local import supervisor
from medspa.local.files import PRIVATE_FOLDER, TRAVERSE_ONLY, make_folder
from medspa.local.plan import services
from medspa.local.prepare import local_environment, prepared
from medspa.local.services import ServiceFailed, tail
from medspa.ui.render import built

BACKGROUND_TIMEOUT = 300.0

Say = Callable[[str], None]


def run_in_foreground(say: Say) -> None:
    """Prepare the databases and keep every service running until a signal; then stop all of it."""
    before = load_settings()
    if not built():
        raise ServiceFailed("What pages run in a browser is not bundled here; run `make setup` first.")
    supervisor.refuse_second(before.home)
    try:
        settings = prepared()
        supervisor.Supervisor(settings.home.absolute(), services(settings), say).run()
    finally:
        local_environment(before).stop()


def run_in_background(say: Say) -> None:
    """Start `medspa up` as a process of its own and return when it is ready. Raises ServiceFailed."""
    home = load_settings().home.absolute()
    supervisor.refuse_second(home)
    log = _log_file(home)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "medspa", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "MEDSPA_HOME": str(home)},
            start_new_session=True,
        )
    deadline = time.monotonic() + BACKGROUND_TIMEOUT
    while not supervisor.read_record(home).get("ready"):
        if process.poll() is not None:
            raise ServiceFailed(f"medspa up ended with exit code {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            process.terminate()
            raise ServiceFailed(f"medspa up was not ready within {BACKGROUND_TIMEOUT:.0f} s; see {log}")
        time.sleep(0.2)
    for name, record in supervisor.read_record(home)["services"].items():
        if record["url"]:
            say(f"{name:<12} {record['url']}")


def stop(settings: Settings) -> bool:
    """Stop services and embedded servers. False when nothing was running."""
    home = settings.home.absolute()
    if not home.is_dir():
        return False
    stopped = supervisor.stop_everything(home)
    environment = local_environment(settings)
    serving = any(environment.running().values())
    environment.stop()
    return stopped or serving


def _log_file(home: Path) -> Path:
    make_folder(home, TRAVERSE_ONLY)
    return make_folder(home / "log", PRIVATE_FOLDER) / "up.log"
