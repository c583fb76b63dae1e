"""Where webhooks may go, what they are signed with, and calendars as RFC 5545 wants them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operational.webhooks.call import call, checked, signature
from operational.webhooks.errors import AddressRefused
from operational.webhooks.feed import Busy, escaped, folded, written

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks", "https://127.0.0.1/x", "https://[::1]/x", "https://10.1.2.3/", "ftp://a.example",
        "https://169.254.169.254/latest", "https://user:pass@example.com/", "https://example.com:22/", "https:///x",
        "https://[::ffff:127.0.0.1]/", "https://example.com:99999/", "https://a..b/",
        f"https://{'a' * 64}.example/", "https://[64:ff9b::808:808]/", "https://[2002:808:808::1]/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked(url, inside=False)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.5", "::1", "169.254.169.254", "fd00::1", "0.0.0.0"])
def test_a_name_with_an_address_inside_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """What a name resolves to is decided where the connection is made, of all its addresses."""

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        found = ["93.184.216.34", inside]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    def connected(*_: Any, **__: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", connected)
    assert call("https://rebound.example/x", b"{}", {}, inside=False).code == "address"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connected(address: tuple[str, int], **_: Any) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", connected)
    assert call("https://rebound.example/x", b"{}", {}, inside=False).code == "unreachable"
    assert asked == ["rebound.example", ("93.184.216.34", 443)]


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_a_name_that_cannot_be_looked_up_is_unreachable(host: str) -> None:
    assert call(f"http://{host}/", b"{}", {}, inside=True).code == "unreachable"


@pytest.mark.parametrize(
    "begin", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
def test_a_call_ends_in_time_however_slowly_it_is_answered(
    monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr("operational.webhooks.call.TIMEOUT", 0.4)

    def answer(server: socket.socket) -> None:
        taken, _ = server.accept()
        with taken, contextlib.suppress(OSError):
            taken.sendall(begin)
            for _ in range(30):
                time.sleep(0.1)
                taken.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        slow = threading.Thread(target=answer, args=(server,))
        slow.start()
        begun = time.monotonic()
        code = call(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, inside=True).code
        took = time.monotonic() - begun
        slow.join()
    assert code == "timeout"
    assert took < 2


def test_signatures_are_over_time_and_body() -> None:
    # As another implementation makes it.
    mac = "62ed493bc8ee26c7144deff36d8e5ce8d22b0e0959360c2bac9166d3859b1aeb"
    assert signature(b"s", b"{}", AT) == f"t=1772463600,v1={mac}"
    assert signature(b"s", b"{}", AT) != signature(b"t", b"{}", AT)
    assert signature(b"s", b"{}", AT) != signature(b"s", b"{ }", AT)


@settings(max_examples=40)
@given(st.text(max_size=300))
def test_lines_are_folded_and_come_back_whole(text: str) -> None:
    line = "SUMMARY:" + escaped(text.replace("\r", "").replace("\x00", ""))
    parts = folded(line)
    assert all(len(part.encode()) <= 75 for part in parts)
    assert all(part.startswith(" ") for part in parts[1:])
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line


def test_a_calendar_is_in_utc_with_escaped_text() -> None:
    busy = Busy("i1@medspa", AT, AT.replace(hour=16), 3, "Busy; very, \\ so\n", None, confirmed=True)
    lines = written([busy], AT).split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART:20260302T150000Z" in lines
    assert "DTEND:20260302T160000Z" in lines
    assert r"SUMMARY:Busy\; very\, \\ so\n" in lines
