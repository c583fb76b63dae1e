"""The pipeline at a million lines and more: full, then the newest hundredth, then every report.

One durable pair of servers per size, filled by bulk.py for 200 organizations, the first with a tenth of all.
Run: `python -m benchmarks.scale [million lines ...]`. Each size needs its disk while it runs.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg

from benchmarks import bulk, scale_reports
from benchmarks.extract import stores
from benchmarks.harness import Result, timed
from benchmarks.scale_steps import in_process, parse
from medspa.kernel.settings import Settings

ORGANIZATIONS = 200
LINES_AN_ORGANIZATION = 1_000
"""At least: smaller stores have fewer organizations."""
RECENT = 0.01
FULL = ("land", "load", "build", "test", "check", "publish")
INCREMENTAL = ("land live", "load", "build", "check live", "publish")
SAMPLE_SECONDS = 0.2
GIGABYTES_A_MILLION = 20
"""Of disk for a million lines: both stores, the lake and 5 GB of their logs."""


def run(*millions: float) -> Result:
    """Size → what was measured there, and how the largest compares with the smallest."""
    sizes = [int(one * 1_000_000) for one in millions or (1, 3)]
    organizations = min(ORGANIZATIONS, max(min(sizes) // LINES_AN_ORGANIZATION, 2))
    measured = {lines: _measure(lines, organizations) for lines in sorted(sizes)}
    small, large = measured[min(sizes)], measured[max(sizes)]
    return {"sizes": measured, "growth": _growth(small, large)}


def _measure(lines: int, organizations: int) -> dict[str, Any]:
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    if free < GIGABYTES_A_MILLION * lines / 1e6:
        raise OSError(f"{lines} lines need {GIGABYTES_A_MILLION * lines / 1e6:.0f} GB, {free:.0f} are free")
    with stores() as settings, ServerMemory(settings) as memory:
        parse(settings)
        made: list[uuid.UUID] = []
        writing = timed(
            lambda: made.extend(
                bulk.fill(
                    settings.operational_dsn("admin"), lines // bulk.LINES_A_VISIT, organizations, around=True
                )
            )
        )
        _told(f"{lines} lines of {organizations} organizations written in {writing:.0f} s")
        full = _steps(FULL, settings, made, memory, lines)
        touched = bulk.change_recent(settings.operational_dsn("admin"), RECENT)
        _told(f"{touched} rows touched")
        recent = _steps(INCREMENTAL, settings, made, memory, lines)
        pipeline = [one for one in FULL if one != "test"]
        reports = scale_reports.measure(settings, made[0])
        return {
            "lines": lines,
            "organizations": organizations,
            "seconds to write": round(writing, 1),
            "gigabytes": _gigabytes(settings),
            "load average": [round(one, 1) for one in os.getloadavg()],
            "full": full,
            "incremental": {"rows touched": touched, **recent},
            "incremental / full": _ratio(_seconds(recent, INCREMENTAL), _seconds(full, pipeline)),
            "incremental build / full build": _ratio(_seconds(recent, ["build"]), _seconds(full, ["build"])),
            **reports,
        }


def _steps(
    names: Sequence[str], settings: Settings, made: Sequence[uuid.UUID], memory: ServerMemory, lines: int
) -> dict[str, dict[str, Any]]:
    found = {}
    for name in names:
        memory.forget()
        step = dict(in_process(name, settings, made))
        step["lines/s"] = round(lines / step["seconds"])
        step["server peak MB"] = memory.peak_mb
        found[name] = step
        _told(f"{name}: {json.dumps(step)}")
        if step.get("failed"):
            raise AssertionError(f"{name} failed: {step['failed']}")
    return found


def _growth(small: Mapping[str, Any], large: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Step of the full run → seconds per line, and memory of the processes, large over small."""
    lines = large["lines"] / small["lines"]
    return {
        step: {
            "seconds per line": round(one["seconds"] / max(small["full"][step]["seconds"], 0.01) / lines, 2),
            "memory": round(one["peak MB"] / small["full"][step]["peak MB"], 2),
            "server memory": round(one["server peak MB"] / max(small["full"][step]["server peak MB"], 1), 2),
        }
        for step, one in large["full"].items()
    }


def _seconds(steps: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> float:
    return sum(steps[name]["seconds"] for name in names)


def _ratio(one: float, other: float) -> float:
    return round(one / other, 4)


def _gigabytes(settings: Settings) -> dict[str, float]:
    found = {}
    for store in (settings.operational, settings.warehouse):
        with psycopg.connect(store["admin"]) as connection:
            row = connection.execute(
                "select current_database(), pg_database_size(current_database())"
            ).fetchone()
            if row is not None:
                found[str(row[0])] = round(row[1] / 1e9, 2)
    lake = sum(one.stat().st_size for one in Path(settings.lake).rglob("*") if one.is_file())
    return {**found, "lake": round(lake / 1e9, 2)}


class ServerMemory:
    """The most memory of its own that one process of either server held: shared buffers are not in it."""

    def __init__(self, settings: Settings) -> None:
        self._servers = []
        for store in (settings.operational, settings.warehouse):
            with psycopg.connect(store["admin"]) as connection:
                self._servers.append(psutil.Process(connection.info.backend_pid).parent())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.peak_mb = 0

    def forget(self) -> None:
        self.peak_mb = 0

    def __enter__(self) -> ServerMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            for server in self._servers:
                for process in server.children() if server else ():
                    self.peak_mb = max(self.peak_mb, _own_mb(process.pid))


def _own_mb(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("RssAnon")) // 1024


def _told(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    print(json.dumps(run(*(float(one) for one in sys.argv[1:])), indent=2))
