"""One build of the models under the builder's lock: dbt makes it from nothing or its statements add to it.

Decides between the two; what the models do is in dbt_project, what readers see is the publisher's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.build import dbt, history, standing
from pipelines.build.lock import builder_lock
from pipelines.build.parsed import project_hash


class BuildFailed(DomainError):
    """Models or their tests failed. Only their names are told: a database message may quote rows."""

    status = 500
    code = "build-failed"
    title = "The warehouse could not be built"


@dataclass(frozen=True)
class BuildResult:
    """What one build did. `skipped`: the batch was built already."""

    build_id: int
    batch_id: int
    from_batch: int
    full: bool
    skipped: bool
    models: tuple[str, ...] = ()
    tests: int = 0
    seconds: float = 0.0


def build(
    settings: Settings,
    batch_id: int,
    *,
    full: bool = False,
    select: Sequence[str] | None = None,
    tests: bool | None = None,
) -> BuildResult:
    """Build what `batch_id` and every batch since the last complete build moved.

    `full` builds every model from nothing; it also happens by itself for a first build or another version of
    the project. Where reference data moved that facts are joined to, every row is written anew over
    the tables that stand. `select` names models (for developers:
    such a build is never recorded as complete). `tests` runs the data tests of what dbt builds, by default
    with full builds.
    Raises BuildFailed naming the nodes, BuilderBusy when another process builds for too long.
    """
    with builder_lock(settings):
        with psycopg.connect(settings.warehouse_dsn("build"), autocommit=True) as connection:
            plan = history.plan(connection, batch_id, project_hash(), full=full)
            if plan.built is not None and select is None:
                return BuildResult(plan.built, batch_id, batch_id, full=False, skipped=True)
            build_id = history.start(connection, plan, clock.now())
        values = {"build_id": build_id, "from_batch": plan.from_batch, "merges": plan.merges}
        if select is not None or (plan.full and not plan.standing):
            tested = plan.full if tests is None else tests
            outcome = dbt.run(settings, values, full=plan.full, select=select, tests=tested)
        else:
            outcome = standing.run(settings, values, plan.moved, whole=plan.full)
        if outcome.failed:
            raise BuildFailed(
                f"{len(outcome.failed)} parts of the build failed: {', '.join(outcome.failed[:10])}.",
                {"failed": list(outcome.failed), "batch_id": batch_id},
            )
        if select is None:
            with psycopg.connect(settings.warehouse_dsn("build"), autocommit=True) as connection:
                history.complete(connection, build_id, clock.now())
    return BuildResult(
        build_id=build_id,
        batch_id=batch_id,
        from_batch=plan.from_batch,
        full=plan.full,
        skipped=False,
        models=outcome.models,
        tests=outcome.tests,
        seconds=outcome.seconds,
    )
