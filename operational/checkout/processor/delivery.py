"""Sending the in-process processor's events, as a vendor would: signed, in order, again until taken."""

from __future__ import annotations

from collections.abc import Callable

from medspa.kernel import clock
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.signature import sign

Send = Callable[[bytes, str], bool]
"""Takes a body and its signature; True when the receiver answered that it has it."""


def deliver(processor: InProcessProcessor, secret: bytes, send: Send) -> int:
    """Send what is undelivered until the first that is not taken; how many were."""
    delivered = 0
    for sequence, body in processor.undelivered():
        if not send(body, sign(secret, body, clock.now())):
            break
        processor.mark_delivered(sequence)
        delivered += 1
    return delivered
