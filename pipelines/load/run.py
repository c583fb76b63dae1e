"""Which landed batches are due, and loading them in order. The caller holds the builder's lock."""

from __future__ import annotations

from datetime import datetime

import psycopg

from medspa.kernel.settings import Settings
from pipelines.land.lake import BatchRef, Lake
from pipelines.load.batch import Moved, Report, load_batch
from pipelines.load.controls import COUNTED


def load_pending(settings: Settings, *, report: Report = lambda _: None) -> dict[int, dict[str, Moved]]:
    """Load every finished batch that is due, oldest first: batch → table → what moved.

    Raises LakeDamaged, ControlTotalsDiffer; batches before the failing one stay loaded.
    """
    dsn = settings.warehouse_dsn("load")
    lake = Lake(settings.lake)
    done: dict[int, dict[str, Moved]] = {}
    for ref in due(lake, last_loaded(dsn)):
        moved = load_batch(dsn, lake, ref, report=report)
        if moved is not None:
            done[ref.batch_id] = moved
            rows = sum(one.inserted + one.updated + one.deleted for one in moved.values())
            report(f"batch {ref.batch_id} loaded, {rows} rows moved")
    return done


def due(lake: Lake, loaded: int) -> list[BatchRef]:
    """Batches after `loaded`, from the newest full one on: it makes those before it superfluous."""
    waiting = [ref for ref in lake.batches() if ref.batch_id > loaded]
    for index in range(len(waiting) - 1, -1, -1):
        if lake.manifest(waiting[index]).kind == "full":
            return waiting[index:]
    return waiting


def is_counted(load_dsn: str) -> bool:
    """Whether every table was counted in the source since it moved."""
    with psycopg.connect(load_dsn) as connection:
        row = connection.execute(COUNTED.encode()).fetchone()
    return row == (True,)


def last_loaded(load_dsn: str) -> int:
    """The newest batch in the warehouse, 0 when there is none."""
    with psycopg.connect(load_dsn) as connection:
        row = connection.execute("select coalesce(max(batch_id), 0) from meta.batch").fetchone()
    return int(row[0]) if row else 0


def record_checked(load_dsn: str, checked_at: datetime) -> None:
    """The source held nothing newer at this instant: what readers see is that fresh."""
    with psycopg.connect(load_dsn) as connection:
        connection.execute("update meta.watermark set checked_at = greatest(checked_at, %s)", (checked_at,))
