"""Asset keys by layer, and the settings of the process. No asset is defined here."""

from __future__ import annotations

import dagster as dg

from medspa.kernel.settings import Settings, load_settings

STORE, LAKE, RAW, STAGING, INTERMEDIATE, BUILD, MARTS = (
    "store", "lake", "raw", "staging", "intermediate", "build", "marts",
)  # fmt: skip
CHECK_RESULTS = dg.AssetKey(["checks", "results"])
_PLACEHOLDER = "postgresql://build@localhost/none"
"""Lets dbt parse the project where no server is known (checking definitions); nothing connects to it."""


def key(layer: str, name: str) -> dg.AssetKey:
    return dg.AssetKey([layer, name])


def settings() -> Settings:
    """The settings of this Dagster process: its state folder comes from MEDSPA_HOME."""
    return load_settings()


def settings_for_parsing() -> Settings:
    """The same, usable without any server."""
    found = load_settings()
    return found.model_copy(update={"warehouse": {"build": _PLACEHOLDER, **found.warehouse}})
