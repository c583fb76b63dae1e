"""Dagster's instance folder: storage in its own database of the warehouse cluster, telemetry off."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy.engine import make_url

from medspa.kernel.settings import Settings
from medspa.local.files import PRIVATE_FOLDER, make_folder, write_private

STORAGE_VARIABLE = "MEDSPA_DAGSTER_STORAGE_URL"

INSTANCE = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "storage": {"postgres": {"postgres_url": {"env": STORAGE_VARIABLE}}},
    # One run at a time: the warehouse has one builder, and two cores gain nothing from a second run.
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "retention": {"schedule": {"purge_after_days": 30}, "sensor": {"purge_after_days": 7}},
}


def write_instance(settings: Settings) -> Path:
    """Write dagster.yaml (JSON is YAML) under the state folder and return the folder."""
    folder = make_folder(settings.home.absolute() / "dagster", PRIVATE_FOLDER)
    write_private(folder / "dagster.yaml", json.dumps(INSTANCE, indent=2) + "\n")
    return folder


def environment(settings: Settings) -> dict[str, str]:
    """What every Dagster process needs to find its instance. The URL holds a password: never printed."""
    return {
        "DAGSTER_HOME": str(write_instance(settings)),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        # Under SQLAlchemy 2.1 a plain URL means psycopg 3, with which Dagster's connections end up closed.
        STORAGE_VARIABLE: make_url(settings.warehouse_dsn("dagster"))
        .set(drivername="postgresql+psycopg2")
        .render_as_string(hide_password=False),
    }
