"""`python -m benchmarks [name ...] [--quick]`: every figure of docs/benchmarks.md, measured again.

Each benchmark starts durable servers of its own and stops them. Results go to the terminal and, with all
that was measured, to var/bench. Ends with 1 when a benchmark could not be run; a missed goal is only shown:
the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import signal
import sys
import time
import traceback

from benchmarks.harness import as_json, machine
from benchmarks.registry import BENCHMARKS
from medspa.kernel import clock
from medspa.kernel.settings import load_settings


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the speed goals.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(one.name for one in BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="smaller and shorter: minutes in all")
    asked = parser.parse_args(arguments)
    # A run that is told to end stops its servers, as one that is interrupted does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    unknown = set(asked.names) - {one.name for one in BENCHMARKS}
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    report: dict[str, object] = {"at": clock.now().isoformat(), "quick": asked.quick, "machine": machine()}
    print(" · ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    failed = 0
    for benchmark in BENCHMARKS:
        if asked.names and benchmark.name not in asked.names:
            continue
        print(f"\n{benchmark.name}: {benchmark.goal}", flush=True)
        began = time.monotonic()
        try:
            module = importlib.import_module(benchmark.module)
            result = module.run(*(benchmark.quick if asked.quick else benchmark.full))
            figures = benchmark.figures(result)
        except Exception:  # noqa: BLE001 - one that fails must not keep the others from being measured
            traceback.print_exc()
            failed += 1
            continue
        for figure in figures:
            print(f"  {figure.line()}")
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
        report[benchmark.name] = {"goal": benchmark.goal, "figures": as_json(figures), "measured": result}
    folder = load_settings().home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{clock.now():%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(report, indent=2, default=str, ensure_ascii=False))
    print(f"\nEverything that was measured: {path}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
