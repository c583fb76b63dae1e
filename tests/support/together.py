"""Calls released at one moment, a thread each; what each answered or raised."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")
ROUNDS = int(os.environ.get("ROUNDS", "12"))
"""How often a race is run. Its control shows the fault within fewer; ROUNDS=100 for a longer look."""


def together(calls: Sequence[Callable[[], Answer]]) -> list[Answer | Exception]:
    """Run all calls at once. Every call opens its own connection inside; results are in their order."""
    barrier = threading.Barrier(len(calls))
    results: list[Answer | Exception] = [RuntimeError("did not run")] * len(calls)

    def work(place: int) -> None:
        barrier.wait(timeout=30)
        try:
            results[place] = calls[place]()
        except Exception as error:  # noqa: BLE001
            results[place] = error

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
