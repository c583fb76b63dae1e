"""One step of the pipeline in a process of its own, so that its time and its memory are its own.

`python -m benchmarks.scale_steps STEP` over the state folder MEDSPA_HOME; the organizations come on standard
input, the answer is one JSON line. What is imported and parsed once per process is not counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness import Result
from data_quality.run import check, failed
from medspa.kernel.settings import Settings, load_settings
from pipelines.build import dbt
from pipelines.build.run import build
from pipelines.build.written import Kind, written_out
from pipelines.land.batch import Order, land
from pipelines.land.manifest import Totals
from pipelines.load.prune import prune
from pipelines.load.run import last_loaded, load_pending
from pipelines.publish.run import publish

Step = Callable[[Settings, Sequence[uuid.UUID]], dict[str, Any]]


def in_process(step: str, settings: Settings, organizations: Sequence[uuid.UUID]) -> Result:
    """Run a step in a new process: its seconds, its peak memory in MB, and what it says of itself."""
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, step],
        input=json.dumps([str(one) for one in organizations]),
        env={**os.environ, "MEDSPA_HOME": str(settings.home)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: Result = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _land(totals: Totals) -> Step:
    def run(settings: Settings, organizations: Sequence[uuid.UUID]) -> dict[str, Any]:
        keys = {one: (1, hashlib.sha256(one.bytes).digest()) for one in organizations}
        landed = land(settings.operational_dsn("extract"), settings.lake, keys, Order(totals=totals))
        return {"rows": landed.rows, "kind": landed.kind}

    return run


def _load(settings: Settings, _: Sequence[uuid.UUID]) -> dict[str, Any]:
    moved = load_pending(settings)
    tables = [one for batch in moved.values() for one in batch.values()]
    return {"rows": sum(one.inserted + one.updated + one.deleted for one in tables)}


def _build(settings: Settings, _: Sequence[uuid.UUID]) -> dict[str, Any]:
    result = build(settings, last_loaded(settings.warehouse_dsn("load")), tests=False)
    return {"models": len(result.models), "full": result.full}


def _test(settings: Settings, _: Sequence[uuid.UUID]) -> dict[str, Any]:
    result = dbt.invoke(settings, ["test", "--select", "test_type:data"]).result
    return {"tests": len(result), "failed": [one.node.name for one in result if str(one.status) != "pass"]}


def _check(level: Any) -> Step:
    def run(settings: Settings, _: Sequence[uuid.UUID]) -> dict[str, Any]:
        results = check(settings, last_loaded(settings.warehouse_dsn("load")), level=level)
        wrong = sorted({f"{one.tieout}: {one.subject}" for one in failed(results)})
        return {"compared": sum(one.groups for one in results), "failed": wrong[:20]}

    return run


def _publish(settings: Settings, _: Sequence[uuid.UUID]) -> dict[str, Any]:
    batch_id = last_loaded(settings.warehouse_dsn("load"))
    moved = publish(settings, batch_id).rows_moved
    prune(settings, published_batch=batch_id)
    return {"rows": moved}


STEPS: Mapping[str, Step] = {
    "land": _land("whole"),
    "land live": _land("touched"),
    "load": _load,
    "build": _build,
    "test": _test,
    "check": _check("full"),
    "check live": _check("batch"),
    "publish": _publish,
}


def parse(settings: Settings) -> None:
    """What a version of the project costs once: the parsed project and the statements of its builds."""
    dbt.manifest_file(settings)
    kinds: tuple[Kind, ...] = ("incremental", "whole")
    for kind in kinds:
        written_out(settings.parsed_folder, kind, partial(dbt.write_out, settings, kind))


def peak_mb() -> int:
    """The most memory that this process ever held (Linux)."""
    told = Path("/proc/self/status").read_text()
    return int(next(line for line in told.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def main(step: str) -> None:
    settings = load_settings()
    organizations = [uuid.UUID(one) for one in json.load(sys.stdin)]
    began = time.perf_counter()
    answer = STEPS[step](settings, organizations)
    seconds = time.perf_counter() - began
    print(json.dumps({**answer, "seconds": round(seconds, 2), "peak MB": peak_mb()}))


if __name__ == "__main__":
    main(sys.argv[1])
