"""Which processor a process talks to, and the secret its events are signed with. From settings only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from medspa.kernel.settings import Settings
from operational.checkout.processor.inprocess import InProcessProcessor

_FOLDER = "processor"
SECRET_BYTES = 32


def open_processor(settings: Settings) -> InProcessProcessor:
    return InProcessProcessor(settings.home / _FOLDER / "books.sqlite")


def webhook_secret(settings: Settings) -> bytes:
    """The secret shared with the processor; made at first use, readable by its owner only."""
    path = settings.home / _FOLDER / "webhook.secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path)
    return path.read_bytes()


def _create(path: Path) -> None:
    """Written aside and linked into place, so that of two processes one wins and none reads half."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_bytes(SECRET_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
