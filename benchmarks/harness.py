"""What benchmarks share: clusters of their own, timing side by side, figures with their spread.

A figure is a ratio of two things measured in alternating rounds of one run, never an absolute promise.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from medspa.kernel.settings import Settings
from medspa.local import roles
from medspa.local.environment import LocalEnvironment
from operational.migrations.runner import migrate
from tests.support.databases import Database, on_database, reachable_folder, remove_abandoned

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """One measured value with its spread over the run's repetitions, and what it should be."""

    what: str
    value: float
    low: float
    high: float
    goal: str
    met: bool
    unit: str = "×"

    @property
    def mark(self) -> str:
        """Nothing for what is only shown."""
        return ("met" if self.met else "MISSED") if self.goal else ""

    def line(self) -> str:
        spread = f"{self.low:g} to {self.high:g}" if self.low != self.high else ""
        return f"{self.what:<58} {self.value:>9g} {self.unit:<4} {spread:<20} {self.goal:<8} {self.mark}"


@dataclass(frozen=True)
class Benchmark:
    """A module with `run(*numbers) -> dict`, its sizes, and how its result becomes figures."""

    name: str
    goal: str
    """In the words of the design."""
    module: str
    full: tuple[float, ...]
    quick: tuple[float, ...]
    figures: Callable[[Result], Sequence[Figure]]


def at_least(what: str, found: Mapping[str, float], goal: float, unit: str = "×") -> Figure:
    """A figure {median, low, high} that should be `goal` or more."""
    met = found["median"] >= goal
    return Figure(what, found["median"], found["low"], found["high"], f"≥ {goal:g}", met, unit)


def at_most(what: str, found: Mapping[str, float], goal: float, unit: str = "×") -> Figure:
    """A figure {median, low, high} that should be `goal` or less."""
    met = found["median"] <= goal
    return Figure(what, found["median"], found["low"], found["high"], f"≤ {goal:g}", met, unit)


def shown(what: str, found: Mapping[str, float], unit: str = "×") -> Figure:
    """A figure {median, low, high} without a goal."""
    return Figure(what, found["median"], found["low"], found["high"], "", True, unit)


def exactly(what: str, found: float, goal: float, unit: str = "") -> Figure:
    return Figure(what, found, found, found, f"= {goal:g}", found == goal, unit)


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """{median, low, high} of repetitions."""
    rounded = [round(one, digits) for one in values]
    return {"median": round(statistics.median(values), digits), "low": min(rounded), "high": max(rounded)}


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def processor_time(work: Callable[[], object]) -> float:
    """Seconds of one processor that `work` uses in this process, whatever else the machine does."""
    began = time.process_time()
    work()
    return time.process_time() - began


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that the servers' account can pass, gone at the end; a killed run's is swept by the next."""
    remove_abandoned()
    place = reachable_folder()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def operational_store() -> Iterator[tuple[Database, Settings]]:
    """A migrated operational database on a durable cluster of its own."""
    with folder() as place, contextlib.ExitStack() as stack:
        environment = LocalEnvironment(place / "var")
        dsns = environment.ensure()["operational"]
        stack.callback(environment.destroy)
        with psycopg.connect(dsns["admin"], autocommit=True) as admin:
            roles.create_database(admin, roles.OPERATIONAL.databases[0], name="bench")
        database = Database("bench", {role: on_database(dsn, "bench") for role, dsn in dsns.items()})
        stack.callback(database.close)
        migrate(database.dsn("owner"))
        yield database, Settings(home=place / "var", operational=database.dsns)


def machine() -> dict[str, Any]:
    """What the figures were measured on, and how busy it was with other things."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "load_before": round(os.getloadavg()[0], 1),
    }


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    return [asdict(one) for one in figures]
