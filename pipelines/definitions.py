"""Dagster's entry point: everything in defs/. Nothing is read or connected to until it is asked for."""

from __future__ import annotations

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Assets from the operational tables to the reports, their checks, jobs and schedules."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
