"""How this installation runs the pipeline: the keys stay in the landing command, never in the runner."""

from __future__ import annotations

import sys
from collections.abc import Callable

from medspa.kernel.settings import Settings
from pipelines.landing import land_by
from pipelines.run import RunResult, run_pipeline

LAND = (sys.executable, "-m", "medspa", "pipeline", "land")


def run_once(settings: Settings, *, full: bool = False, report: Callable[[str], None]) -> RunResult:
    """One run of the whole pipeline. Raises what run_pipeline raises."""
    return run_pipeline(settings, land=land_by(LAND, report=report), full=full, report=report)
