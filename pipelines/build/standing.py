"""A build over tables that stand, in one transaction: all of it is there, or none. No dbt runs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

import psycopg

from medspa.kernel.settings import Settings
from pipelines.build import dbt, outcome
from pipelines.build.outcome import Outcome
from pipelines.build.written import Kind, behind, written_out
from pipelines.outage import outage_told


def run(
    settings: Settings, values: Mapping[str, object], moved: Collection[str], *, whole: bool = False
) -> Outcome:
    """Bring the models behind the raw tables `moved` up to what was loaded; with `whole` every row of all.

    `values` are the variables of the project (written.PLACES). The first model that fails ends the build:
    it is named in the outcome, and nothing of the build remains.
    Raises StoreUnavailable when the warehouse went away.
    """
    kind: Kind = "whole" if whole else "incremental"
    models = written_out(settings.parsed_folder, kind, lambda: dbt.write_out(settings, kind))
    if not whole:
        models = behind(models, moved)
    began = time.monotonic()
    name, failures = "", {}
    try:
        with (
            outage_told("warehouse"),
            psycopg.connect(settings.warehouse_dsn("build"), application_name="medspa-build") as connection,
        ):
            for model in models:
                name = model.name
                for statement in model.statements(values):
                    connection.execute(statement.encode())
    except psycopg.Error as error:
        failures[name] = error.diag.message_primary or type(error).__name__
    outcome.keep(settings, failures)
    built = () if failures else tuple(one.name for one in models)
    return Outcome(built, tuple(failures), seconds=time.monotonic() - began)
