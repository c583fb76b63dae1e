"""The demonstration from nothing: servers, a practice, its day, the pipeline, and what comes out.

Beside the day a practice lives through many months (year.py); one run of the pipeline carries both.
Every run makes organizations of its own in the state folder's demo databases.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exports.batch import Batch
from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.local import accounting
from medspa.local.demo import practice as setup
from medspa.local.demo import story, year
from medspa.local.demo.desk import Desk, SimulatedClock
from medspa.local.demo.server import serving
from medspa.local.segments import Evaluated, evaluate
from medspa.local.tieouts import keep_results
from operational.organization.bootstrap import NewOrganization, OrganizationExists, create_organization
from operational.privacy.token_keys import export_token_keys
from pipelines.run import RunResult, run_pipeline

HISTORY = dt.timedelta(days=365)
STAGES = frozenset(
    {"landing", "batch finished", "committing", "building", "checking", "publishing", "published"}
)
SHOWN = "neurotoxin_due_14_days"
"""The segment whose members are shown by name."""
Report = Callable[[str], None]


class FiguresDiffer(DomainError):
    """A report of the demonstration shows another amount than the arithmetic done by hand."""

    code = "figures-differ"
    title = "A figure is not what was worked out by hand"


@dataclass(frozen=True)
class Outcome:
    """Everything the demonstration shows."""

    organization: NewOrganization
    slug: str
    day: dt.date
    reports: dict[str, dict[str, Any]]
    segments: list[Evaluated]
    members: list[dict[str, Any]]
    batch: Batch
    files: list[Path]
    pipeline: RunResult
    year: year.Shown | None


def run(
    settings: Settings, folder: Path, report: Report = lambda _: None, size: year.Size | None = None
) -> Outcome:
    """Live the day and, with a `size`, the months; run the pipeline, read every result back, write the files.

    Raises FiguresDiffer, PublicationBlocked or NotTiedOut when a tie-out fails, LifeFailed, RequestRefused.
    """
    today = clock.now().date()
    day = today - dt.timedelta(days=1)
    lives = year.live(settings, size, report) if size else []
    organization, slug = _organization(settings)
    report(f"organization {slug} made")
    with serving(settings) as http:
        with simulated(day) as told_time:
            practice = setup.set_up(http, organization.api_key, told_time, day - HISTORY, day)
            report("practice set up: one legal entity, two studios, prices, staff, forms, stock")
            told = story.live(practice, day)
            report("visits lived, drawers counted, days closed")
        pipeline = run_pipeline(
            settings,
            lambda: export_token_keys(settings),
            report=lambda step: report(f"pipeline: {step}") if step in STAGES else None,
        )
        keep_results(settings)
        year.require_tied_out(pipeline, lives)
        evaluated = evaluate(settings, organization.org_id, day)
        owner = Desk(http, organization.api_key)
        reports = read_reports(owner, day)
        members = owner.everything(f"/v1/segments/{SHOWN}/members")
        check(reports, members, told)
        report("the day is what was worked out by hand")
        shown_year = year.read(settings, http, size, lives, folder) if size else None
    batch, files = _export(settings, organization, day, folder)
    shown = [one for one in evaluated if one.definition.code == SHOWN]
    return Outcome(organization, slug, day, reports, shown, members, batch, files, pipeline, shown_year)


def read_reports(owner: Desk, day: dt.date) -> dict[str, dict[str, Any]]:
    """The close-out, AR aging and revenue of the day, as anybody with the permission reads them."""
    following = (day + dt.timedelta(days=1)).isoformat()
    return {
        "daily_close_out": owner.get("/v1/reports/daily_close_out", day=day.isoformat()),
        "ar_aging": owner.get("/v1/reports/ar_aging", as_of=day.isoformat()),
        "daily_revenue": owner.get(f"/v1/reports/daily_revenue?from={day.isoformat()}&to={following}"),
    }


def check(reports: dict[str, dict[str, Any]], members: list[dict[str, Any]], told: story.Story) -> None:
    """Raises FiguresDiffer with the first figure that is not the one worked out by hand."""
    shown: dict[tuple[str, str], int] = {}
    for row in reports["daily_close_out"]["items"]:
        code = row["location"].split()[0].upper()
        named = f"collected {row['key']}" if row["measure"] == "collected" else row["measure"]
        shown[code, named] = shown.get((code, named), 0) + row["amount_minor"]
    buckets: dict[str, int] = {}
    for row in reports["ar_aging"]["items"]:
        code = row["location"].split()[0].upper()
        shown[code, "ar"] = shown.get((code, "ar"), 0) + row["open_minor"]
        buckets[row["bucket"]] = buckets.get(row["bucket"], 0) + row["open_minor"]
    for figure, expected in story.EXPECTED.items():
        if shown.get(figure, 0) != expected:
            raise FiguresDiffer(
                f"{' '.join(figure)}: {shown.get(figure, 0)}, by hand {expected} minor units."
            )
    bucket, overdue = story.OVERDUE_BUCKET
    if buckets.get(bucket) != overdue:
        raise FiguresDiffer(f"AR {bucket} days: {buckets.get(bucket)}, by hand {overdue} minor units.")
    if {one["client_id"] for one in members} != set(told.due_clients):
        raise FiguresDiffer(f"the segment holds {len(members)} clients, by hand {len(told.due_clients)}.")


def _organization(settings: Settings) -> tuple[NewOrganization, str]:
    engine = make_engine(settings.operational_dsn("owner"), application_name="medspa-demo")
    try:
        for number in range(1, 1000):
            slug = "demo" if number == 1 else f"demo-{number}"
            with contextlib.suppress(OrganizationExists):
                made = create_organization(
                    engine,
                    name="Demo Aesthetics",
                    slug=slug,
                    owner_label="Owner",
                    owner_email=f"owner@{slug}.example",
                )
                return made, slug
    finally:
        engine.dispose()
    raise OrganizationExists("This state folder holds 999 demonstrations; use another MEDSPA_HOME.")


@contextlib.contextmanager
def simulated(day: dt.date) -> Iterator[SimulatedClock]:
    """The simulated clock while the block runs, then the clock there was before."""
    hands = SimulatedClock(setup.TIMEZONE, clock.now())
    hands.at(day - dt.timedelta(days=82), "09:00")
    with clock.frozen(hands()):
        clock.install(hands)
        yield hands


def _export(
    settings: Settings, made: NewOrganization, day: dt.date, folder: Path
) -> tuple[Batch, list[Path]]:
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-demo")
    try:
        (entity,) = accounting.legal_entities(engine, made.org_id)
    finally:
        engine.dispose()
    batch = accounting.export(settings, made.org_id, entity, day)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for file in batch.files:
        path = folder / file.filename
        path.write_bytes(file.content)
        files.append(path)
    return batch, files
