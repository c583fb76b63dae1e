"""The machine: Python, installed packages, disk, ports, time zone data, the servers' account."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from medspa.kernel.settings import Settings
from medspa.local.accounts import AccountUnavailable, ServerAccount
from medspa.local.binaries import Programs, ServerProgramFailed
from medspa.local.doctor.finding import Finding, ok, problem, warning
from medspa.local.services import find, is_free
from medspa.local.supervisor import read_record

OLDEST_PYTHON = (3, 11)
FREE_BYTES_NEEDED = 2_000_000_000
LOCK_FILE = "requirements.lock"
_PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)(?:\s*;\s*(.+?))?\s*\\?$", re.IGNORECASE)


def check(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield _packages()
    yield _programs()
    yield _disk(settings.home)
    yield from _ports(settings)
    yield _time_zones()


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return problem("Python", version, "Use Python 3.11 or newer.")
    return ok("Python", version)


def _packages() -> Finding:
    """Compare what is installed with the lock file of the source tree, when there is one."""
    lock = Path(__file__).parents[3] / LOCK_FILE
    if not lock.is_file():
        return ok("packages", "installed without a source tree; nothing to compare with")
    wrong = [name for name, version in _locked(lock) if _installed(name) != version]
    if wrong:
        shown = ", ".join(wrong[:5]) + (", …" if len(wrong) > 5 else "")
        return problem("packages", f"{len(wrong)} differ from {LOCK_FILE}: {shown}", "Run `make setup`.")
    return ok("packages", f"as in {LOCK_FILE}")


def _locked(lock: Path) -> Iterator[tuple[str, str]]:
    """The pinned packages that are for every platform; those with a marker may rightly be absent."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        match = _PINNED.match(line.strip())
        if match and not match.group(3):
            yield match.group(1), match.group(2)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _programs() -> Finding:
    try:
        account = ServerAccount.current()
        version = Programs.locate(account).run("postgres", "--version").strip()
    except (AccountUnavailable, ServerProgramFailed) as error:
        return problem("PostgreSQL programs", "do not run", str(error))
    return ok("PostgreSQL programs", version)


def _disk(home: Path) -> Finding:
    place = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    seen = f"{free / 1e9:.1f} GB free"
    if free < FREE_BYTES_NEEDED:
        return problem("disk", seen, "Free some space, or set MEDSPA_HOME to a folder on another disk.")
    return ok("disk", seen)


def _ports(settings: Settings) -> Iterator[Finding]:
    if find(read_record(settings.home)) is not None:
        yield ok("ports", "medspa is up and holds them")
        return
    for name, host in (("port", settings.host), ("dagster_port", "127.0.0.1")):
        number: int = getattr(settings, name)
        subject = f"port {number}"
        if number == 0 or is_free(host, number):
            yield ok(subject, "free")
        elif name in settings.model_fields_set:
            yield problem(subject, "in use", f"Free it, or set MEDSPA_{name.upper()} to another one.")
        else:
            yield warning(
                subject, "in use", f"The next free one will be taken; set MEDSPA_{name.upper()} to choose."
            )


def _time_zones() -> Finding:
    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return problem("time zones", "no zone data found", "Install the package tzdata (it is in the lock).")
    return ok("time zones", "zone data found")
