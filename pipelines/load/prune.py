"""Forgets old images once what they are for, the incremental build, is published."""

from __future__ import annotations

import psycopg

from medspa.kernel.settings import Settings
from pipelines.contract import contracts
from pipelines.load.ddl import BATCH_COLUMN


def prune(settings: Settings, *, published_batch: int) -> int:
    """Delete the old images up to a published batch; answers how many there were."""
    removed = 0
    with psycopg.connect(settings.warehouse_dsn("load")) as connection:
        for name in contracts():
            removed += connection.execute(
                f"delete from meta.before_{name} where {BATCH_COLUMN} <= %s".encode(), (published_batch,)
            ).rowcount
    return removed
