"""One signed call to another system: to a public address that is looked up once, over TLS, no redirects.

The name is resolved before connecting and the connection goes to that very address, so that nobody can answer
a check with one address and the call with another.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from operational.webhooks.errors import AddressRefused

HEADER = "Medspa-Signature"
TIMEOUT = 10.0
LONGEST_ANSWER = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to, as a code: `ok`, `status_500`, `timeout`, `unreachable`, `address`."""

    code: str

    @property
    def taken(self) -> bool:
        return self.code == "ok"


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """`t=<unix seconds>,v1=<HMAC-SHA256 of "t.body" in hex>`."""
    timestamp = int(at.timestamp())
    mac = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={mac}"


def checked(url: str, *, inside: bool) -> SplitResult:
    """The parts of an address that may be called. `inside` allows http and private ones (tests only).

    Raises AddressRefused. A name is looked up when it is called, not here.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("url: this is no address.") from None
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise AddressRefused("url: send https://host/path, without user, password or fragment.")
    if inside:
        return parts
    if parts.scheme != "https" or port not in (None, 443, 8443):
        raise AddressRefused("url: send an https address, at port 443 or 8443.")
    with contextlib.suppress(ValueError):
        if not ipaddress.ip_address(parts.hostname).is_global:
            raise AddressRefused("url: this address is not on the public internet.")
    return parts


def call(url: str, body: bytes, headers: dict[str, str], *, inside: bool) -> Answer:
    """POST once. Anything but a 2xx answer within the time is a failure; a redirect is one too."""
    try:
        parts = checked(url, inside=inside)
        connection = _connect(parts, inside=inside)
    except AddressRefused:
        return Answer("address")
    except TimeoutError:
        return Answer("timeout")
    except OSError:
        return Answer("unreachable")
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read(LONGEST_ANSWER)
        return Answer("ok" if 200 <= answer.status < 300 else f"status_{answer.status}")
    except TimeoutError:
        return Answer("timeout")
    except (OSError, http.client.HTTPException, ValueError):
        return Answer("unreachable")
    finally:
        connection.close()


def _connect(parts: SplitResult, *, inside: bool) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    pinned = _pinned(host, port, inside=inside)
    raw = socket.create_connection((pinned, port), timeout=TIMEOUT)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        else:
            connection.sock = raw
    except BaseException:
        raw.close()
        raise
    return connection


def _pinned(host: str, port: int, *, inside: bool) -> str:
    """One address of the host. A name with any address inside is refused whole."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not inside and not all(ipaddress.ip_address(one).is_global for one in addresses):
        raise AddressRefused
    return addresses[0]
