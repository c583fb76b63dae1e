"""How long a committed payment takes to reach the published marts, under steady traffic.

A store that has lived the demonstration's day; a till takes a payment over HTTP every PAUSE seconds while the
pipeline runs again and again in this process: land (in a process that stays), load, build, check, publish.
Run: `python -m benchmarks.commit_to_mart [payments]`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from benchmarks.harness import folder, quantile, timed
from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.settings import Settings
from medspa.local.demo import practice as setup
from medspa.local.demo import story
from medspa.local.demo.desk import SimulatedClock
from medspa.local.demo.server import serving
from medspa.local.demo.visits import Day, invoice, pay
from medspa.local.environment import LocalEnvironment
from operational.organization.bootstrap import create_organization
from operational.privacy.token_keys import export_token_keys
from pipelines.resident import ResidentLanding
from pipelines.run import run_pipeline

GOAL_SECONDS = 5.0
PAUSE = 1.0
PUBLISHED = "select count(*) from marts.fct_payment"


@contextlib.contextmanager
def _stores() -> Iterator[Settings]:
    with folder() as place, contextlib.ExitStack() as stack:
        environment = LocalEnvironment(place / "var")
        dsns = environment.ensure()
        stack.callback(environment.destroy)
        importlib.import_module("operational.migrations.runner").migrate(dsns["operational"]["owner"])
        importlib.import_module("pipelines.load.schema").migrate(dsns["warehouse"]["owner"])
        yield Settings(
            home=place / "var", mode="demo", operational=dsns["operational"], warehouse=dsns["warehouse"]
        )


class Till:
    """Takes payments until it is told to stop; remembers when each was committed."""

    def __init__(self, day: Day, client_id: str) -> None:
        self._day, self._client = day, client_id
        self._stop = threading.Event()
        self.committed: list[float] = []
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Till:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        sunscreen = self._day.practice.products["Sunscreen"]
        try:
            while not self._stop.wait(PAUSE):
                bill = invoice(self._day, self._client, retail=[{"product_id": sunscreen, "quantity": 1}])
                pay(self._day, "cash", bill["id"], tendered_minor=5_000)
                self.committed.append(time.monotonic())
        except Exception as error:  # noqa: BLE001 - shown by the measuring thread
            self.failure = error


def run(payments: float = 60) -> dict[str, Any]:
    """Lag of each payment, and how long the runs took."""
    with _stores() as settings:
        engine = make_engine(settings.operational_dsn("owner"))
        made = create_organization(
            engine, name="Practice", slug="practice", owner_label="Owner", owner_email="owner@mail.example"
        )
        engine.dispose()
        day = clock.now().date() - dt.timedelta(days=1)
        with clock.frozen(clock.now()), serving(settings) as http:
            simulated = SimulatedClock(setup.TIMEZONE, clock.now())
            simulated.at(day - dt.timedelta(days=82), "09:00")
            clock.install(simulated)
            practice = setup.set_up(http, made.api_key, simulated, day - dt.timedelta(days=365), day)
            told = story.live(practice, day)
            simulated.at(day + dt.timedelta(days=1), "09:00")
            till = Day(practice, "NORTH", day + dt.timedelta(days=1)).open(story.NORTH_FLOAT)
            return _measure(settings, made.org_id, Till(till, told.due_clients[0]), int(payments))


def _measure(settings: Settings, org_id: uuid.UUID, till: Till, payments: int) -> dict[str, Any]:
    with ResidentLanding(settings, lambda: export_token_keys(settings)) as landing:
        return _repeat(settings, org_id, till, payments, landing)


def _repeat(
    settings: Settings, org_id: uuid.UUID, till: Till, payments: int, landing: ResidentLanding
) -> dict[str, Any]:
    def once() -> float:
        return timed(lambda: run_pipeline(settings, land=landing, level="batch"))

    first = once()
    with psycopg.connect(settings.warehouse_dsn("reporting"), autocommit=True) as reader:
        reader.execute("select set_config('medspa.org_id', %s, false)", (str(org_id),))
        before = _count(reader)
        lags: list[float] = []
        runs: list[float] = []
        with till:
            _warm_up(once, till)
            # What was paid while the statements were written waited for them, which steady traffic does not.
            warm = len(till.committed)
            while len(lags) < payments:
                runs.append(once())
                if till.failure is not None:
                    raise till.failure
                published = time.monotonic()
                seen = _count(reader) - before
                lags += [published - at for at in till.committed[warm + len(lags) : seen]]
    return {
        "payments": len(lags),
        "p50 s": round(quantile(lags, 0.5), 2),
        "p95 s": round(quantile(lags, 0.95), 2),
        "least s": round(min(lags), 2),
        "most s": round(max(lags), 2),
        "run s": {"median": round(quantile(runs, 0.5), 2), "longest": round(max(runs), 2)},
        "first full run s": round(first, 1),
        "goal s": GOAL_SECONDS,
    }


def _warm_up(once: Callable[[], float], till: Till) -> None:
    """Until a run has carried a payment: the first has the statements written, once per project version."""
    while not till.committed:
        time.sleep(PAUSE)
    once()


def _count(reader: psycopg.Connection[Any]) -> int:
    row = reader.execute(PUBLISHED).fetchone()
    if row is None:
        raise RuntimeError("no count")
    return int(row[0])


if __name__ == "__main__":
    print(json.dumps(run(*(float(one) for one in sys.argv[1:2])), indent=2))
