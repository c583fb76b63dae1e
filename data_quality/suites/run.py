"""Runs the suites with Great Expectations, imported here and nowhere else, for it costs seconds."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from data_quality.results import Result
from medspa.kernel.database import driver_dsn
from medspa.kernel.settings import Settings

HERE = Path(__file__).parent


def declared() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Schema → table → expectations."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(HERE.glob("*.yaml"))}


def run_suites(settings: Settings) -> Iterator[Result]:
    """One result per table: how many expectations were asked, and how many held."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with warnings.catch_warnings():
        # Its own imports warn of modules that Python will drop.
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.data_context.types import base

        # That module sets the level of its own logger; the others take their parent's.
        for name in ("great_expectations", base.__name__):
            logging.getLogger(name).setLevel(logging.WARNING)
        yield from _run(gx, base.ProgressBarsConfig(globally=False), settings)


def _run(gx: Any, quiet: Any, settings: Settings) -> Iterator[Result]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = quiet
    source = context.data_sources.add_postgres(
        "warehouse", connection_string=driver_dsn(settings.warehouse_dsn("build"))
    )
    try:
        for schema, tables in declared().items():
            for table, expectations in tables.items():
                name = f"{schema}.{table}"
                asset = source.add_table_asset(name, table_name=table, schema_name=schema)
                batch = asset.add_batch_definition_whole_table("whole").get_batch()
                suite = gx.ExpectationSuite(
                    name=name, expectations=[_expectation(one) for one in expectations]
                )
                outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
                held = [one for one in outcome.results if one.success]
                broken = [one for one in outcome.results if not one.success]
                yield Result(
                    tieout=f"suite {name}",
                    org_id=None,
                    location_id=None,
                    business_date=None,
                    subject=", ".join(_told(one) for one in broken) or f"{len(held)} expectations",
                    left_minor=len(expectations),
                    right_minor=len(held),
                    passed=len(held) == len(expectations),
                )
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _expectation(declaration: dict[str, Any]) -> Any:
    import great_expectations.expectations as gxe

    words = declaration["type"].split("_")
    arguments = {name: value for name, value in declaration.items() if name != "type"}
    return getattr(gxe, "".join(word.capitalize() for word in words))(**arguments)


def _told(result: Any) -> str:
    """The expectation and its column: declared words, never values."""
    arguments = result.expectation_config.kwargs
    column = arguments.get("column") or arguments.get("column_A") or ""
    return f"{result.expectation_config.type} {column}".strip()
