"""Signatures of the processor's events: HMAC-SHA256 over time and body, within a tolerance.

The header is `t=<unix seconds>,v1=<hex>`; several v1 are allowed while a secret is replaced.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from operational.checkout.errors import SignatureRefused

TOLERANCE_SECONDS = 300
HEADER = "Processor-Signature"


def _mac(secret: bytes, timestamp: int, body: bytes) -> str:
    return hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def sign(secret: bytes, body: bytes, at: datetime) -> str:
    timestamp = int(at.timestamp())
    return f"t={timestamp},v1={_mac(secret, timestamp, body)}"


def verify(secret: bytes, body: bytes, header: str | None, now: datetime) -> None:
    """Raises SignatureRefused for a missing, malformed, wrong or old signature; one answer for all."""
    parts = [part.partition("=") for part in (header or "").split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    macs = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not times[0].strip().isdecimal() or len(times[0]) > 12:
        raise SignatureRefused
    timestamp = int(times[0])
    if abs(now.timestamp() - timestamp) > TOLERANCE_SECONDS:
        raise SignatureRefused
    expected = _mac(secret, timestamp, body)
    if not any(hmac.compare_digest(expected, mac) for mac in macs if mac.isascii()):
        raise SignatureRefused
