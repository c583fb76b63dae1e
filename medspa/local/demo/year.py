"""The demonstration's second half: a simulated life of many months, and what everybody reads of it.

What the day's story asserts by hand is in run.py; here nothing is known beforehand but that it ties out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from exports.batch import Batch
from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.local import accounting
from medspa.local.demo.desk import Desk
from medspa.local.segments import Evaluated, evaluate
from medspa.local.simulate import Report, Simulated, live_with_neighbour
from operational.directory.lookup import organization_by_slug
from operational.organization.bootstrap import OrganizationExists
from pipelines.run import RunResult

SEED = 7


class NotTiedOut(DomainError):
    """A comparison of the simulated time failed; what is shown could not be trusted."""

    code = "not-tied-out"
    title = "A tie-out of the simulated year failed"


@dataclass(frozen=True)
class Size:
    """How much is lived: months until yesterday, and about how many visits."""

    months: int
    visits: int


@dataclass(frozen=True)
class Shown:
    """Everything the print-out needs of the life."""

    size: Size
    lives: list[Simulated]
    open_day: dt.date
    """The last day on which a studio was open."""
    month: tuple[dt.date, dt.date]
    """First day of the last whole month lived, and the first day after it."""
    reports: dict[str, dict[str, Any]]
    segments: list[Evaluated]
    batches: list[tuple[str, Batch]]
    files: list[Path]

    @property
    def practice(self) -> Simulated:
        return self.lives[0]


def live(settings: Settings, size: Size, report: Report) -> list[Simulated]:
    """A practice of two studios and a small neighbour live until yesterday, in organizations of their own."""
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-demo")
    try:
        taken = (
            slug
            for slug in ("year", *(f"year-{number}" for number in range(2, 1000)))
            if organization_by_slug(engine, slug) is None
        )
        free = next(taken, None)
    finally:
        engine.dispose()
    if free is None:
        raise OrganizationExists("This state folder holds 999 simulated years; use another MEDSPA_HOME.")
    return live_with_neighbour(
        settings, months=size.months, visits=size.visits, seed=SEED, slug=free, report=report
    )


def require_tied_out(pipeline: RunResult, lives: Sequence[Simulated]) -> None:
    """Raises NotTiedOut with what failed, and when nothing at all was compared."""
    failed = Counter(check.tieout for check in pipeline.checks if not check.passed)
    if failed:
        told = ", ".join(f"{name} ({number})" for name, number in sorted(failed.items()))
        raise NotTiedOut(f"Differences in: {told}.")
    if not all(any(check.org_id == one.organization.org_id for check in pipeline.checks) for one in lives):
        raise NotTiedOut("Nothing was compared for an organization that lived.")


def read(settings: Settings, http: httpx.Client, size: Size, lives: list[Simulated], folder: Path) -> Shown:
    """Evaluate every segment, read the reports as the owner, write the accounting files."""
    practice = lives[0]
    last, org_id = practice.scale.last, practice.organization.org_id
    open_day = next(
        day
        for day in (last - dt.timedelta(days=back) for back in range(8))
        if any(day.weekday() in place.weekdays for place in practice.scale.places)
    )
    month = whole_month(practice.scale.first, last)
    segments = evaluate(settings, org_id, last)
    owner = Desk(http, practice.organization.api_key)
    since, until = practice.scale.first.isoformat(), (last + dt.timedelta(days=1)).isoformat()
    of_month = f"from={month[0]}&to={month[1]}"
    reports = {
        "daily_close_out": owner.get("/v1/reports/daily_close_out", day=open_day.isoformat()),
        "owner_rollup": owner.get(f"/v1/reports/owner_rollup?{of_month}&compare=last_year"),
        "ar_aging": owner.get("/v1/reports/ar_aging", as_of=last.isoformat()),
        "deferred_roll_forward": owner.get(f"/v1/reports/deferred_roll_forward?from={since}&to={until}"),
        "cohort_retention": owner.get(f"/v1/reports/cohort_retention?from={since}&to={until}"),
    }
    batches, files = _export(settings, practice, folder)
    return Shown(size, lives, open_day, month, reports, segments, batches, files)


def whole_month(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    """The last month that was lived to its end, else what there is of it."""
    after = last + dt.timedelta(days=1)
    end = after.replace(day=1)
    if end <= first:
        return first, after
    begin = (end - dt.timedelta(days=1)).replace(day=1)
    return max(begin, first), end


def curve(rows: Sequence[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """Over all cohorts whose month is over: (months later, clients, of them with a visit)."""
    clients, active = Counter[int](), Counter[int]()
    for row in rows:
        if row["active"] is not None:
            clients[int(row["age"])] += row["clients"]
            active[int(row["age"])] += row["active"]
    return [(age, clients[age], active[age]) for age in sorted(clients)]


def _export(
    settings: Settings, practice: Simulated, folder: Path
) -> tuple[list[tuple[str, Batch]], list[Path]]:
    """A batch for each legal entity: every day that is closed."""
    made = practice.organization
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-demo")
    try:
        entities = accounting.legal_entities(engine, made.org_id)
    finally:
        engine.dispose()
    own = folder / practice.scale.slug
    own.mkdir(parents=True, exist_ok=True)
    batches, files = [], []
    for entity in entities:
        batch = accounting.export(settings, made.org_id, entity, clock.now().date() - dt.timedelta(days=1))
        batches.append((entity.name, batch))
        for file in batch.files:
            path = own / file.filename
            path.write_bytes(file.content)
            files.append(path)
    return batches, files
