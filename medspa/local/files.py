"""Files that hold secrets or state of this machine: private modes, atomic writes, process locks.

What is written into them is decided by the callers.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
TRAVERSE_ONLY = 0o711
"""`var/`: the database servers' own user may pass through it, and nobody else may list it."""


class UnreadableState(RuntimeError):
    """A state file is not what this program wrote; the message names the file, never its content."""


def make_folder(path: Path, mode: int = PRIVATE_FOLDER) -> Path:
    """Create a folder (parents keep the process's default mode) and set its own mode."""
    path.mkdir(parents=True, exist_ok=True)
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file so that readers see the old or the new content, also after a power cut."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_private_json(path: Path, value: Any) -> None:
    write_private(path, json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is no file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        raise UnreadableState(
            f"{path} is not valid JSON (line {error.lineno}); restore it or remove it"
        ) from None
    if not isinstance(value, dict):
        raise UnreadableState(f"{path} does not hold a JSON object; restore it or remove it")
    return value


def readable_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an advisory lock on a file: one process at a time inside the block."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
