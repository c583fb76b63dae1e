"""The real adapters against local servers that speak their protocols."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from medspa.kernel import clock
from medspa.kernel.settings import SettingMissing, Settings
from operational.messaging.messenger.open import open_messengers
from operational.messaging.messenger.port import (
    UNKNOWN,
    MessengerSignature,
    Outcome,
    Outgoing,
    Result,
)
from operational.messaging.messenger.smtp import SmtpMessenger
from operational.messaging.messenger.twilio import TwilioMessenger, signature, verify
from tests.support.mail_server import PASSWORD, USER, MailServer, serving_mail
from tests.support.text_vendor import ACCOUNT, TOKEN, create_vendor
from tests.support.web import serving

TEXT = Outgoing(key="k1", sender="+12125550100", to="+12125550123", text="Hello & welcome, {x} ü")
MAIL = Outgoing(
    key="0190-k1",
    sender="hello@practice.example",
    to="ada@client.example",
    text="Grüße\n.\n",
    subject="Sälutation",
)


@pytest.fixture(scope="module")
def vendor() -> Iterator[Any]:
    app = create_vendor()
    with serving(lambda: app) as served:
        yield served


@pytest.fixture
def texts(vendor: Any) -> Iterator[TwilioMessenger]:
    messenger = TwilioMessenger(vendor.url, ACCOUNT, TOKEN, httpx.Timeout(0.4, connect=0.4))
    yield messenger
    messenger._client.close()


def test_a_text_is_handed_over_and_found_again(vendor: Any, texts: TwilioMessenger) -> None:
    since = clock.now()
    sent = texts.send(TEXT)
    assert sent.outcome is Outcome.ACCEPTED
    assert vendor.app.state.messages[-1]["body"] == TEXT.text
    assert texts.lookup(TEXT, since) == sent
    assert texts.lookup(replace(TEXT, text="another"), since) is None
    assert texts.lookup(TEXT, since + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+12125550121", Result(Outcome.REFUSED, code="error_21211")),
        ("+12125550129", Result(Outcome.UNAVAILABLE, code="busy")),
        ("+12125550155", UNKNOWN),
        ("+12125550157", UNKNOWN),
    ],
)
def test_what_the_text_vendor_answers(texts: TwilioMessenger, number: str, expected: Result) -> None:
    begun = clock.now()
    assert texts.send(replace(TEXT, to=number)) == expected
    if number.endswith("55"):  # It was taken all the same, and can be found.
        found = texts.lookup(replace(TEXT, to=number), begun)
        assert found is not None
        assert found.outcome is Outcome.ACCEPTED


def test_a_vendor_nobody_reaches_has_certainly_nothing() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        texts = TwilioMessenger(f"http://127.0.0.1:{port}", ACCOUNT, TOKEN, httpx.Timeout(0.4))
        assert texts.send(TEXT).outcome is Outcome.UNAVAILABLE
        assert texts.lookup(TEXT, clock.now()) == UNKNOWN
        assert SmtpMessenger("127.0.0.1", port, "none", timeout=0.4).send(MAIL).outcome is Outcome.UNAVAILABLE


def test_posts_are_signed_over_address_and_fields() -> None:
    # The example of Twilio's own documentation.
    url = "https://example.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310",
        "To": "+18005551212",
    }  # fmt: skip
    assert signature("12345", url, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    verify("12345", url, form, "L/OH5YylLD5NRKLltdqwSvS0BnU=")
    with pytest.raises(MessengerSignature):
        verify("12345", url, {**form, "Digits": "1"}, "L/OH5YylLD5NRKLltdqwSvS0BnU=")


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MailServer, SmtpMessenger]]:
    with serving_mail(tmp_path_factory.mktemp("mail")) as (server, context):
        yield server, SmtpMessenger("127.0.0.1", server.port, "starttls", USER, PASSWORD, context, 3.0)


def test_a_mail_travels_under_tls_with_our_key(mail: tuple[MailServer, SmtpMessenger]) -> None:
    server, messenger = mail
    assert messenger.send(MAIL) == Result(Outcome.ACCEPTED, "<0190-k1@practice.example>")
    taken = email.message_from_bytes(server.taken[-1], policy=email.policy.default)
    assert (taken["Message-ID"], taken["Subject"]) == ("<0190-k1@practice.example>", "Sälutation")
    assert taken.get_content().startswith("Grüße\n")


@pytest.mark.parametrize(
    ("name", "expected", "arrives"),
    [
        ("nobody", Result(Outcome.REFUSED, code="smtp_550"), 0),
        ("later", Result(Outcome.UNAVAILABLE, code="smtp_451"), 0),
        ("refused", Result(Outcome.REFUSED, code="smtp_554"), 0),
        ("broken", UNKNOWN, 1),
    ],
)
def test_what_a_mail_server_answers(
    mail: tuple[MailServer, SmtpMessenger], name: str, expected: Result, arrives: int
) -> None:
    server, messenger = mail
    before = len(server.taken)
    assert messenger.send(replace(MAIL, to=f"{name}@client.example")) == expected
    assert len(server.taken) - before == arrives


def test_a_server_that_is_not_trusted_gets_nothing(mail: tuple[MailServer, SmtpMessenger]) -> None:
    server, messenger = mail
    before = len(server.taken)
    assert replace(messenger, context=None).send(MAIL).outcome is Outcome.UNAVAILABLE
    assert replace(messenger, password="wrong").send(MAIL).outcome is Outcome.UNAVAILABLE
    assert len(server.taken) == before


def test_a_header_cannot_be_smuggled_in(mail: tuple[MailServer, SmtpMessenger]) -> None:
    before = len(mail[0].taken)
    sent = mail[1].send(replace(MAIL, subject="x\nBcc: eve@example.com"))
    assert sent == Result(Outcome.REFUSED, code="unusable")
    assert len(mail[0].taken) == before


@pytest.mark.parametrize(
    "address", ["=?utf-8?q??=@e.com", "a@=?utf-8?q?b=0d=0aBcc=3ax?=.cc", "ä@e.com", "a" * 40 + "\n@e.com"]
)
def test_an_address_that_cannot_be_written_is_refused(address: str) -> None:
    """Before anybody is connected to: there is no such server."""
    messenger = SmtpMessenger("", 0, "none")
    for mail in (replace(MAIL, to=address), replace(MAIL, sender=address)):
        assert messenger.send(mail) == Result(Outcome.REFUSED, code="unusable")


def test_settings_say_which_and_what_is_missing(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("t\n")
    made = open_messengers(
        Settings(
            home=tmp_path,
            sms="twilio",
            sms_account="AC1",
            sms_token_file=secret,
            email="smtp",
            smtp_host="m",
        )
    )
    assert isinstance(made.sms, TwilioMessenger)
    assert isinstance(made.email, SmtpMessenger)
    with pytest.raises(SettingMissing) as no_token:
        open_messengers(Settings(home=tmp_path, sms="twilio", sms_account="AC1"))
    with pytest.raises(SettingMissing) as no_host:
        open_messengers(Settings(home=tmp_path, email="smtp"))
    assert "MEDSPA_SMS_TOKEN_FILE" in str(no_token.value.detail)
    assert "MEDSPA_SMTP_HOST" in str(no_host.value.detail)
