"""The state folder: who may read the secrets, and whether the servers' account can do its work."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from medspa.kernel.settings import DSN_FILE, Settings
from medspa.local.doctor.finding import Finding, ok, problem
from medspa.local.environment import SECRETS_FILE
from medspa.local.files import UnreadableState, readable_by_others
from medspa.local.prepare import local_environment


def check(settings: Settings) -> Iterator[Finding]:
    home = settings.home.absolute()
    if not home.exists():
        yield ok("state folder", f"{home} is not there yet; it is made at the first start")
        return
    yield _folder(home)
    yield from secret_files(settings)
    yield from _data_folders(settings)


def secret_files(settings: Settings) -> Iterator[Finding]:
    """Every file whose content is a secret; absent ones are not mentioned."""
    home = settings.home.absolute()
    for path in (
        home / SECRETS_FILE,
        home / DSN_FILE,
        settings.master_key_path,
        settings.audit_key_path,
        settings.processor_key_file,
        settings.processor_events_file,
    ):
        if path is None or not path.exists():
            continue
        if readable_by_others(path):
            yield problem(str(path), "others may read this secret", f"chmod 600 {path}")
        else:
            yield ok(str(path), "readable by its owner only")


def _folder(home: Path) -> Finding:
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & (stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH):
        return problem("state folder", f"{home} has mode {mode:04o}", f"chmod 711 {home}")
    return ok("state folder", f"{home} has mode {mode:04o}")


def _data_folders(settings: Settings) -> Iterator[Finding]:
    environment = local_environment(settings)
    try:
        running = environment.running()
    except UnreadableState as error:
        yield problem("servers", "a state file is damaged", str(error))
        return
    for name, cluster in environment.clusters.items():
        if not cluster.is_initialized():
            yield ok(f"{name} server", "not created yet")
            continue
        mode = stat.S_IMODE(cluster.data.stat().st_mode)
        if mode != stat.S_IRWXU:
            yield problem(
                f"{name} server", f"its data folder has mode {mode:04o}", f"chmod 700 {cluster.data}"
            )
        else:
            yield ok(f"{name} server", "running" if running[name] else "stopped")
