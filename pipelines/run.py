"""One run of the whole pipeline in plain Python: land, load, build, check, publish.

It may be killed anywhere and started again: every step leaves either what was before or what comes after,
and the next run picks up from what it finds.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from medspa.kernel.settings import Settings
from pipelines.build.lock import builder_lock
from pipelines.deidentify.tokens import TokenKeys
from pipelines.errors import ControlTotalsDiffer
from pipelines.land.batch import Landed, Order
from pipelines.land.manifest import Totals
from pipelines.landing import start_landing
from pipelines.load.batch import Moved
from pipelines.load.prune import prune
from pipelines.load.rebuild import empty_raw
from pipelines.load.run import is_counted, last_loaded, load_pending, record_checked
from pipelines.outage import outage_told

WAREHOUSE = "warehouse"
WHOLE_TRIES = 3
"""Landings for a count of the whole source behind which nothing else has landed; without one the run shows
what it brought and certifies nothing."""
Report = Callable[[str], None]
Land = Callable[[Order], Landed]
"""Starts the landing process somewhere that holds the keys, and waits for it."""


@dataclass(frozen=True)
class RunResult:
    """What one run did. `batch_id` is the newest batch readers now see; 0 when there is none."""

    batch_id: int
    landed: Landed | None
    loaded: tuple[int, ...]
    rows_moved: int
    build: Any = None
    checks: Sequence[Any] = ()
    publication: Any = None


def run_pipeline(
    settings: Settings,
    token_keys: TokenKeys | Callable[[], TokenKeys] | None = None,
    *,
    full: bool = False,
    land: Land | None = None,
    level: Literal["batch", "full"] = "full",
    report: Report = lambda _: None,
) -> RunResult:
    """Bring the warehouse up to the operational store. `full` reads and builds everything again.

    The keys go to the landing process and nowhere else; with `land` this process never sees them.
    Raises BuilderBusy when another run holds the warehouse, PipelineFailed and BuildFailed with the reason,
    PublicationBlocked when a check failed, StoreUnavailable and BuilderLockLost when the warehouse went away.
    """
    landing = land or lander(settings, token_keys, report)
    with outage_told(WAREHOUSE), builder_lock(settings):
        totals: Totals = "whole" if level == "full" else "touched"
        landed, moved = land_and_load(settings, landing, full=full, totals=totals, report=report)
        batch_id = last_loaded(settings.warehouse_dsn("load"))
        finished = finish(settings, batch_id, full=full, level=level, report=report)
        return RunResult(batch_id, landed, tuple(moved), _rows(moved), *finished)


def land_and_load(
    settings: Settings,
    landing: Land,
    *,
    full: bool = False,
    totals: Totals = "whole",
    report: Report = lambda _: None,
) -> tuple[Landed, dict[int, dict[str, Moved]]]:
    """Land one batch and load everything that is due. The caller holds the builder's lock."""
    dsn = settings.warehouse_dsn("load")
    report("landing")
    landed = landing(Order(full=full, after=last_loaded(dsn), totals=totals))
    report(f"landed {landed.rows} rows" if landed.batch_id else "nothing new in the source")
    again, moved = load_or_heal(settings, landing, report=report)
    for _ in range(WHOLE_TRIES):
        if totals == "touched" or is_counted(dsn):
            break
        # The worker landed behind the whole count: its batch is loaded, and wants one of its own.
        landed = landing(Order(after=last_loaded(dsn), totals=totals))
        healed, later = load_or_heal(settings, landing, report=report)
        again, moved = healed or again, moved | later
    if landed.batch_id is None:
        record_checked(dsn, datetime.fromisoformat(landed.taken_at))
    return again or landed, moved


def load_or_heal(
    settings: Settings, landing: Land, *, report: Report = lambda _: None
) -> tuple[Landed | None, dict[int, dict[str, Moved]]]:
    """Load what is due; when the source counts otherwise, land everything again (first of the pair) and load.

    Then the source's history is not the one read before (a restore that kept its identity), or a change
    escaped capture: reading everything again is the remedy for both.
    """
    try:
        with builder_lock(settings):
            return None, load_pending(settings, report=report)
    except ControlTotalsDiffer as difference:
        report(f"{difference.detail} Reading everything again.")
        again = landing(Order(full=True, after=last_loaded(settings.warehouse_dsn("load"))))
        return again, load_pending(settings, report=report)


def rebuild_warehouse(settings: Settings, *, report: Report = lambda _: None) -> RunResult:
    """Make the warehouse again from the lake alone: raw, models, marts."""
    with outage_told(WAREHOUSE), builder_lock(settings):
        report("emptying raw")
        empty_raw(settings)
        moved = load_pending(settings, report=report)
        batch_id = last_loaded(settings.warehouse_dsn("load"))
        finished = finish(settings, batch_id, full=True, level="full", report=report)
        return RunResult(batch_id, None, tuple(moved), _rows(moved), *finished)


def finish(
    settings: Settings, batch_id: int, *, full: bool, level: str, report: Report
) -> tuple[Any, Sequence[Any], Any]:
    """Build, check and publish a loaded batch. Imported here: dbt and Great Expectations cost seconds."""
    if batch_id == 0:
        return None, (), None
    report("building")
    built = importlib.import_module("pipelines.build.run").build(settings, batch_id, full=full)
    report("checking")
    checks = importlib.import_module("data_quality.run").check(settings, batch_id, level=level)
    report("publishing")
    publication = importlib.import_module("pipelines.publish.run").publish(settings, batch_id)
    prune(settings, published_batch=batch_id)
    report("published")
    return built, checks, publication


def lander(
    settings: Settings, token_keys: TokenKeys | Callable[[], TokenKeys] | None, report: Report
) -> Land:
    """Lands through a process of its own that is handed the keys."""

    def run(order: Order) -> Landed:
        if token_keys is None:
            raise TypeError("run_pipeline needs token keys or a way to land")
        keys = token_keys() if callable(token_keys) else token_keys
        return start_landing(settings, keys, order, report=report)

    return run


def _rows(moved: dict[int, dict[str, Moved]]) -> int:
    return sum(
        one.inserted + one.updated + one.deleted for tables in moved.values() for one in tables.values()
    )
