"""Writers who fire at once over HTTP, and every kind of contest among them. Run by contest.py."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from benchmarks.harness import quantile
from tests.factories.booking import violations
from tests.factories.contest import CONTESTS, WRITERS, Arena, same_provider
from tests.support.databases import Database
from tests.support.storm import Call

DEADLOCKS = text("select deadlocks from pg_stat_database where datname = current_database()")


@dataclass(frozen=True)
class Shot:
    """One request, ready to send."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


def fire(port: int, rounds: list[list[Shot]]) -> tuple[float, list[tuple[int, int, float]]]:
    """(elapsed seconds, (round, status, seconds) of every request): writers meet at each round's start."""
    barrier = threading.Barrier(WRITERS)
    answers: list[tuple[int, int, float]] = []

    failures: list[Exception] = []

    def work(writer: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
        try:
            for number, shots in enumerate(rounds):
                shot = shots[writer]
                barrier.wait()
                started = time.perf_counter()
                connection.request(shot.method, shot.path, shot.body, shot.headers)
                answer = connection.getresponse()
                answer.read()
                answers.append((number, answer.status, time.perf_counter() - started))
        except Exception as error:  # noqa: BLE001 - raised again below
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began, answers


def product_shots(
    place: Arena, number: int, kind: Callable[[Arena, int], list[Call]] = same_provider
) -> list[Shot]:
    json_headers = {"Content-Type": "application/json"}
    return [
        Shot(call.method, call.path, json.dumps(call.body).encode(), {**call.headers, **json_headers})
        for call in kind(place, number)
    ]


def each_kind(port: int, place: Arena, slots: int, first: int, database: Database) -> dict[str, object]:
    """Every kind of contest once on slots of its own: how it ended, by the database's word."""
    found: dict[str, object] = {}
    for number, (name, kind) in enumerate(CONTESTS.items()):
        # One slot apart: a visit of a partial overlap reaches into the slot after its own.
        start = first + number * (slots + 1)
        before = deadlocks(database)
        _, answers = fire(port, [product_shots(place, start + n, kind) for n in range(slots)])
        statuses = Counter(status for _, status, _ in answers)
        found[name] = {
            "slots": slots,
            "answers": dict(statuses),
            "p95 ms": round(quantile([seconds for _, _, seconds in answers], 0.95) * 1000, 1),
            "longest ms": round(max(seconds for _, _, seconds in answers) * 1000, 1),
            "violations": sum(violations(database)),
            "deadlocks": deadlocks(database) - before,
        }
    return found


def deadlocks(database: Database) -> int:
    with database.session("admin") as session:
        found: int = session.execute(DEADLOCKS).scalar_one()
    return found
