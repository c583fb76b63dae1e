"""How this installation runs the pipeline: the keys stay in the landing command, never in the runner."""

from __future__ import annotations

from collections.abc import Callable

from medspa.kernel.settings import Settings
from medspa.local.tieouts import keep_results
from pipelines.landing import COMMAND, land_by
from pipelines.outage import outage_told
from pipelines.publish.run import PublicationBlocked
from pipelines.run import RunResult, run_pipeline


def run_once(settings: Settings, *, full: bool = False, report: Callable[[str], None]) -> RunResult:
    """One run of the whole pipeline. Raises what run_pipeline raises."""
    try:
        result = run_pipeline(settings, land=land_by(COMMAND, report=report), full=full, report=report)
    except PublicationBlocked:
        _keep(settings)
        raise
    _keep(settings)
    return result


def _keep(settings: Settings) -> None:
    with outage_told("operational store or the warehouse"):
        keep_results(settings)
