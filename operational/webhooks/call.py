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
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from operational.webhooks.errors import AddressRefused

HEADER = "Medspa-Signature"
TIMEOUT = 10.0
"""Seconds for one call as a whole, however slowly the other side answers."""
LONGEST_ANSWER = 10_000
_CARRIERS = [ipaddress.ip_network(one) for one in ("64:ff9b::/96", "2002::/16")]
"""NAT64 and 6to4."""


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
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise AddressRefused("url: this is no name of a host.") from None
    with contextlib.suppress(ValueError):
        if not _is_public(parts.hostname):
            raise AddressRefused("url: this address is not on the public internet.")
    return parts


def call(url: str, body: bytes, headers: dict[str, str], *, inside: bool) -> Answer:
    """POST once. Anything but a 2xx answer within the time is a failure; a redirect is one too."""
    until = time.monotonic() + TIMEOUT
    try:
        parts = checked(url, inside=inside)
        connection = _connect(parts, until, inside=inside)
    except AddressRefused:
        return Answer("address")
    except TimeoutError:
        return Answer("timeout")
    except (OSError, ValueError):
        return Answer("unreachable")
    # A timeout of a socket counts from each byte anew: the end of the whole call is set beside it.
    cut = threading.Timer(until - time.monotonic(), _cut, [connection.sock])
    cut.start()
    try:
        code = _exchange(connection, parts, body, headers)
    except TimeoutError:
        code = "timeout"
    except (OSError, http.client.HTTPException, ValueError):
        code = "unreachable"
    finally:
        cut.cancel()
        connection.close()
    return Answer("timeout" if time.monotonic() >= until else code)


def _exchange(
    connection: http.client.HTTPConnection, parts: SplitResult, body: bytes, headers: dict[str, str]
) -> str:
    if isinstance(connection.sock, ssl.SSLSocket):
        connection.sock.do_handshake()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    answer.read(LONGEST_ANSWER)
    return "ok" if 200 <= answer.status < 300 else f"status_{answer.status}"


def _left(until: float) -> float:
    """Raises TimeoutError when nothing is."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _cut(connected: socket.socket) -> None:
    """End what is being read or written. At the socket beneath: TLS would first go on in the clear."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _connect(parts: SplitResult, until: float, *, inside: bool) -> http.client.HTTPConnection:
    """Connected, and of TLS not a word said yet."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    pinned = _pinned(host, port, inside=inside)
    raw = socket.create_connection((pinned, port), timeout=_left(until))
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(
                raw, server_hostname=host, do_handshake_on_connect=False
            )
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
    if not inside and not all(_is_public(one) for one in addresses):
        raise AddressRefused
    return addresses[0]


def _is_public(address: str) -> bool:
    """Raises ValueError for what is no address. Those that carry an IPv4 address inside may lead anywhere."""
    found = ipaddress.ip_address(address)
    return found.is_global and not any(found in network for network in _CARRIERS)
