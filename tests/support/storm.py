"""Many writers at one moment over real HTTP: threads with a connection each, released by a barrier."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Call:
    """A request one writer sends in one round."""

    method: str
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    round: int
    writer: int
    status: int
    problem: Mapping[str, Any] | None
    seconds: float


def storm(url: str, rounds: Sequence[Sequence[Call]]) -> list[Answer]:
    """Send every round's calls at once, a writer each; the next round starts when all have an answer.

    Returns every answer. An error of the transport fails the storm.
    """
    writers = len(rounds[0])
    barrier = threading.Barrier(writers)
    answers: list[Answer] = []
    failures: list[BaseException] = []

    def work(writer: int) -> None:
        try:
            with httpx.Client(base_url=url, timeout=90.0) as client:
                client.get("/healthz")
                for number, calls in enumerate(rounds):
                    call = calls[writer]
                    barrier.wait()
                    started = time.perf_counter()
                    got = client.request(call.method, call.path, json=call.body, headers=call.headers)
                    spent = time.perf_counter() - started
                    problem = got.json() if got.status_code >= 400 else None
                    answers.append(Answer(number, writer, got.status_code, problem, spent))
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise next(
            (one for one in failures if not isinstance(one, threading.BrokenBarrierError)), failures[0]
        )
    return answers


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
