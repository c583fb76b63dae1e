"""Which processor a process talks to, and how its events are signed and read. From settings only."""

from __future__ import annotations

import functools
import os
import re
import secrets
from pathlib import Path

from medspa.kernel.settings import SettingMissing, Settings
from operational.checkout.processor import inprocess, stripe
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.port import CardProcessor
from operational.checkout.processor.signature import HEADER
from operational.checkout.processor.stripe_reports import ACCOUNT_NAMES
from operational.checkout.webhooks import Source

_FOLDER = "processor"
SECRET_BYTES = 32
VENDOR_HEADER = "Stripe-Signature"


def open_processor(settings: Settings) -> CardProcessor:
    if settings.processor == "stripe":
        return _stripe(settings.processor_url, _read(settings.processor_key_file, "KEY"))
    return open_inprocess(settings)


def account_names(settings: Settings) -> re.Pattern[str] | None:
    """What the processor may call a merchant account; None: it goes by any name."""
    return ACCOUNT_NAMES if settings.processor == "stripe" else None


@functools.cache
def _stripe(base_url: str, secret_key: str) -> stripe.StripeProcessor:
    """One per process: it keeps its connections open between calls."""
    return stripe.StripeProcessor(base_url, secret_key)


def open_inprocess(settings: Settings, *, durable: bool = True) -> InProcessProcessor:
    return InProcessProcessor(settings.home / _FOLDER / "books.sqlite", durable=durable)


def event_source(settings: Settings) -> Source:
    if settings.processor == "stripe":
        secret = _read(settings.processor_events_file, "EVENTS").encode()
        return Source(VENDOR_HEADER, secret, stripe.read_event)
    return Source(HEADER, webhook_secret(settings), inprocess.read_event)


def _read(path: Path | None, name: str) -> str:
    if path is None or not path.is_file():
        raise SettingMissing(
            f"Set MEDSPA_PROCESSOR_{name}_FILE to the file that holds the processor's secret."
        )
    return path.read_text().strip()


def webhook_secret(settings: Settings) -> bytes:
    """The secret shared with the in-process processor; made at first use, readable by its owner only."""
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
