"""Where the dbt project lies, and how dbt is told to reach the warehouse. Running it is run.py's."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from medspa.kernel.settings import Settings

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_ENVIRONMENT = threading.RLock()


def artifacts(settings: Settings) -> Path:
    """dbt's target folder for this state folder (manifest, compiled SQL, run results)."""
    return settings.home / "dbt" / "target"


def logs(settings: Settings) -> Path:
    return settings.home / "dbt" / "logs"


def variables(settings: Settings) -> dict[str, str]:
    """The environment that profiles.yml reads, from the build role's DSN."""
    parts = conninfo_to_dict(settings.warehouse_dsn("build"))
    return {
        "MEDSPA_DBT_HOST": str(parts.get("host", "127.0.0.1")),
        "MEDSPA_DBT_PORT": str(parts.get("port", "5432")),
        "MEDSPA_DBT_USER": str(parts.get("user", "")),
        "MEDSPA_DBT_DATABASE": str(parts.get("dbname", "")),
        "MEDSPA_DBT_SSLMODE": str(parts.get("sslmode", "prefer")),
        "DBT_ENV_SECRET_PASSWORD": str(parts.get("password", "")),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


@contextlib.contextmanager
def environment(settings: Settings) -> Iterator[None]:
    """dbt reads its profile from the process environment: set it for one run, one run at a time."""
    with _ENVIRONMENT:
        before = {name: os.environ.get(name) for name in variables(settings)}
        os.environ.update(variables(settings))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
