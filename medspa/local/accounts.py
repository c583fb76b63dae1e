"""The system account that owns the embedded database servers, and what that account can reach.

PostgreSQL refuses to run as root; as anybody else the servers run as the caller. Never changes the
mode of a folder it did not create: what the account cannot reach is placed elsewhere by the callers.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SYSTEM_USER = "medspa-db"


class AccountUnavailable(RuntimeError):
    """The servers' account is missing and could not be created; the message says what to do."""


@dataclass(frozen=True)
class ServerAccount:
    """Who runs the servers. `switched` is true when that is not the calling user."""

    uid: int
    gid: int
    groups: frozenset[int]
    switched: bool

    @classmethod
    def current(cls) -> ServerAccount:
        """The caller, or as root the servers' own account, created at first use."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), frozenset({os.getegid(), *os.getgroups()}), switched=False)
        entry = _system_entry()
        return cls(entry.pw_uid, entry.pw_gid, frozenset({entry.pw_gid}), switched=True)

    def process_options(self) -> dict[str, Any]:
        """Arguments for subprocess that make a child run as this account."""
        if not self.switched:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_pass(self, folder: Path) -> bool:
        """Whether every folder from the root down to `folder` lets this account through."""
        resolved = folder.resolve()
        return all(self._may_enter(part) for part in (resolved, *resolved.parents) if part.exists())

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid in self.groups:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def take(self, path: Path) -> None:
        """Make this account the owner of a path (only needed, and only possible, as root)."""
        if self.switched:
            os.chown(path, self.uid, self.gid)


def _system_entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise AccountUnavailable(
            f"PostgreSQL does not run as root. Create a system user named {SYSTEM_USER}, or run medspa as "
            "an ordinary user."
        )
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        # Another process may have created it meanwhile, so the account is asked for, not the exit code.
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise AccountUnavailable(
            f"useradd could not create the system user {SYSTEM_USER}: {done.stderr.strip()}. "
            "Create it, or run medspa as an ordinary user."
        ) from None
