"""Checks a build before it is published: tie-outs, and with `full` the suites and the lake as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from data_quality import store
from data_quality.results import Level, Result, Sink
from data_quality.tieouts import compare, lake, rows
from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.build.lock import builder_lock


class NothingToCheck(DomainError):
    """The batch is not built, or its build is not complete."""

    status = 409
    code = "nothing-to-check"
    title = "This batch is not built completely: build it first"


def check(
    settings: Settings, batch_id: int, *, level: Level = "full", sink: Sink | None = None
) -> list[Result]:
    """Run the checks of the newest build and keep their results in meta.tieout_result and in `sink`.

    A result that failed does not raise: publication reads what was kept and leaves out the organizations
    concerned. Raises NothingToCheck when `batch_id` is not what was built last.
    """
    with (
        builder_lock(settings),
        psycopg.connect(settings.warehouse_dsn("build"), application_name="medspa-check") as connection,
    ):
        newest = store.newest_build(connection)
        if newest is None or newest[1] != batch_id:
            raise NothingToCheck
        build_id, _ = newest
        results = list(_results(settings, connection, build_id, level))
        store.keep(connection, build_id, batch_id, level, results, clock.now())
    if sink is not None:
        sink(batch_id, results)
    return results


def failed(results: list[Result]) -> list[Result]:
    return [one for one in results if not one.passed]


def _results(
    settings: Settings, connection: psycopg.Connection[Any], build_id: int, level: Level
) -> Iterator[Result]:
    yield from compare.compare(connection, build_id, level)
    if level == "full":
        yield from rows.raw_rows(connection)
        yield from lake.lake_equals_raw(settings, connection)
        # Great Expectations costs seconds to import.
        from data_quality.suites.run import run_suites

        yield from run_suites(settings)
