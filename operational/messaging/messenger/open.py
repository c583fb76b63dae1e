"""Which messengers a process talks to, and what their reports are signed with. From settings only."""

from __future__ import annotations

import functools
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from medspa.kernel.settings import SettingMissing, Settings
from medspa.kernel.vocabulary import Channel
from operational.messaging.messenger.inprocess import InProcessMessenger
from operational.messaging.messenger.port import Messenger
from operational.messaging.messenger.smtp import SmtpMessenger
from operational.messaging.messenger.twilio import TwilioMessenger

_FOLDER = "messenger"


@dataclass(frozen=True, slots=True)
class Messengers:
    """One for each channel."""

    sms: Messenger
    email: Messenger

    def of(self, channel: Channel) -> Messenger:
        return self.sms if channel is Channel.SMS else self.email


def open_messengers(settings: Settings) -> Messengers:
    """Raises SettingMissing when a chosen one lacks its secret."""
    inprocess = open_inprocess(settings)
    return Messengers(
        sms=_twilio(settings) if settings.sms == "twilio" else inprocess,
        email=_smtp(settings) if settings.email == "smtp" else inprocess,
    )


def open_inprocess(settings: Settings, *, durable: bool = True) -> InProcessMessenger:
    return InProcessMessenger(settings.home / _FOLDER / "books.sqlite", durable=durable)


def report_secret(settings: Settings) -> str:
    """What reports and incoming texts are signed with."""
    if settings.sms == "twilio":
        return _read(settings.sms_token_file, "SMS_TOKEN")
    return _own_secret(settings.home / _FOLDER / "reports.secret")


def _twilio(settings: Settings) -> TwilioMessenger:
    if not settings.sms_account:
        raise SettingMissing("Set MEDSPA_SMS_ACCOUNT to the account's SID.")
    return _connected(settings.sms_url, settings.sms_account, _read(settings.sms_token_file, "SMS_TOKEN"))


@functools.cache
def _connected(base_url: str, account: str, token: str) -> TwilioMessenger:
    """One per process: it keeps its connections open between calls."""
    return TwilioMessenger(base_url, account, token)


def _smtp(settings: Settings) -> SmtpMessenger:
    if not settings.smtp_host:
        raise SettingMissing("Set MEDSPA_SMTP_HOST to the name of the mail server.")
    password = _read(settings.smtp_password_file, "SMTP_PASSWORD") if settings.smtp_user else ""
    return SmtpMessenger(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user, password
    )


def _read(path: Path | None, name: str) -> str:
    if path is None or not path.is_file():
        raise SettingMissing(f"Set MEDSPA_{name}_FILE to the file that holds the messenger's secret.")
    return path.read_text().strip()


def _own_secret(path: Path) -> str:
    """Made at first use, readable by its owner only; of two processes one wins and none reads half."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
