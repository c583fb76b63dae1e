"""Empties what the lake can make again. Loading it again is run.py's, models and marts are build's."""

from __future__ import annotations

import psycopg

from medspa.kernel.settings import Settings
from pipelines.load.ddl import relations


def empty_raw(settings: Settings) -> None:
    """Empty raw and its bookkeeping in one transaction. The caller holds the builder's lock."""
    with psycopg.connect(settings.warehouse_dsn("load")) as connection:
        connection.execute(f"truncate {', '.join(relations())}".encode())
