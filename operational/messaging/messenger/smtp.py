"""The adapter of a mail server: SMTP with TLS. What was handed over carries our key as its Message-ID.

A mail server cannot be asked what became of a message: a connection that breaks after the text was sent
leaves an outcome that a person has to judge.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from medspa.kernel import clock
from operational.messaging.messenger.port import UNKNOWN, Outcome, Outgoing, Result

TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class SmtpMessenger:
    """E-mail through one server; a connection for each message."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    timeout: float = TIMEOUT

    def send(self, message: Outgoing) -> Result:
        try:
            text = _mail(message).as_bytes()
        except Exception:  # noqa: BLE001 - the library's parser of headers raises IndexError and others too
            return Result(Outcome.REFUSED, code="unusable")
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException):
            return Result(Outcome.UNAVAILABLE, code="unreachable")
        try:
            return self._hand_over(server, message, text)
        finally:
            server.close()

    def lookup(self, message: Outgoing, since: datetime) -> Result | None:  # noqa: ARG002 - nobody to ask
        return UNKNOWN

    def _connect(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, message: Outgoing, text: bytes) -> Result:
        try:
            server.ehlo_or_helo_if_needed()
            for code, _ in (server.mail(message.sender), server.rcpt(message.to)):
                if code not in (250, 251):
                    return _refused(code)
        except (OSError, smtplib.SMTPException):
            return Result(Outcome.UNAVAILABLE, code="unreachable")
        try:
            code, _ = server.data(text)
        except smtplib.SMTPDataError as error:
            # The server would not even take the text.
            return _refused(error.smtp_code)
        except (OSError, smtplib.SMTPException):
            return UNKNOWN
        return Result(Outcome.ACCEPTED, reference=_reference(message)) if code == 250 else _refused(code)


def _refused(code: int) -> Result:
    outcome = Outcome.UNAVAILABLE if 400 <= code < 500 else Outcome.REFUSED
    return Result(outcome, code=f"smtp_{code}")


def _reference(message: Outgoing) -> str:
    return f"<{message.key}@{message.sender.rpartition('@')[2]}>"


def _mail(message: Outgoing) -> EmailMessage:
    """Raises ValueError for an address that is not plain: what it encodes would be written as headers."""
    for address in (message.sender, message.to):
        if not address.isascii() or "=?" in address:
            raise ValueError("the address is not plain")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = message.sender, message.to, message.subject or ""
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = _reference(message)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail
