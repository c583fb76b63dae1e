"""A local mail server: SMTP with STARTTLS and a password. The receiver's name chooses what happens.

`nobody` does not exist, `later` is to be tried later, `refused` is told so after the text, `broken` is cut
off after the text was taken.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from medspa.kernel import clock

USER, PASSWORD = "practice", "mail-password"


class MailServer(socketserver.ThreadingTCPServer):
    """What it took, as bytes; the port it listens on."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.context = context
        self.taken: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    """One connection. What a verb is answered with is a method of its name."""

    server: MailServer

    def handle(self) -> None:
        self.connection: Any = self.request
        self.reader = self.connection.makefile("rb")
        self.secure = self.known = self.over = False
        self.to = ""
        self.say("220 mail.example")
        try:
            while not self.over and (line := self.reader.readline()):
                word = line.decode(errors="replace").strip()
                answer = getattr(self, f"on_{word.split()[0].lower()}", None)
                self.say("250 ok") if answer is None else answer(word)
        finally:
            self.reader.close()
            self.connection.close()

    def say(self, line: str) -> None:
        self.connection.sendall(line.encode() + b"\r\n")

    def on_ehlo(self, _word: str) -> None:
        self.connection.sendall(b"250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")

    def on_starttls(self, _word: str) -> None:
        self.say("220 go on")
        self.reader.close()
        try:
            self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.over = True  # The client does not trust us.
        self.reader, self.secure = self.connection.makefile("rb"), True

    def on_auth(self, word: str) -> None:
        told = base64.b64decode(word.split()[2]).split(b"\0")
        self.known = self.secure and told[1:] == [USER.encode(), PASSWORD.encode()]
        self.say("235 welcome" if self.known else "535 no")

    def on_mail(self, _word: str) -> None:
        self.say("250 ok" if self.known else "530 sign in")

    def on_rcpt(self, word: str) -> None:
        self.to = word.partition("<")[2].partition("@")[0]
        self.say({"nobody": "550 no such user", "later": "451 later"}.get(self.to, "250 ok"))

    def on_data(self, _word: str) -> None:
        self.say("354 go on")
        body = b""
        while (part := self.reader.readline()) != b".\r\n":
            body += part
        if self.to == "refused":
            self.say("554 no")
            return
        self.server.taken.append(body)
        self.over = self.to == "broken"
        if not self.over:
            self.say("250 taken")

    def on_quit(self, _word: str) -> None:
        self.say("221 bye")
        self.over = True


@contextmanager
def serving_mail(folder: Path) -> Iterator[tuple[MailServer, ssl.SSLContext]]:
    """The running server, and the context of a client that trusts it."""
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with MailServer(context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server, ssl.create_default_context(cafile=str(certificate))
        finally:
            server.shutdown()
            thread.join()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
