"""Keys in private files outside the database: made once, 0600, never replaced."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

KEY_BYTES = 32


class KeyFileUnusable(RuntimeError):
    """A key file is missing, malformed or readable by others; the message names the file and the remedy."""


def read_key(path: Path) -> bytes:
    """The 32 bytes in a key file (base64, one line). Raises KeyFileUnusable."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise KeyFileUnusable(f"{path} cannot be read: {error.strerror}.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileUnusable(f"{path} can be read by others: chmod 600 {path}")
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFileUnusable(f"{path} does not hold {KEY_BYTES} bytes as base64; restore it from its copy.")
    return key


def make_key(path: Path) -> bytes:
    """The key in `path`; a new random one when there is no file yet. Safe when processes race.

    A file that exists is never replaced: what it wrapped would be lost.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            Path(temporary).unlink()
        sync_folder(path.parent)
    return read_key(path)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
