"""Prints the simulated life for somebody who has never seen the product. Figures come from reports."""

from __future__ import annotations

from typing import Any

from medspa.cli.output import say, table
from medspa.kernel.money import format_minor
from medspa.local.demo.printout import close_out
from medspa.local.demo.run import Outcome
from medspa.local.demo.year import Shown, curve

CURRENCY = "USD"
BAR = 40
ENTITIES_SHOWN = 3


def show(outcome: Outcome, shown: Shown) -> None:
    """The whole of it, from one day to all of the time."""
    scale, lived = shown.practice.scale, shown.practice.lived
    say("")
    say(
        f"A YEAR  {scale.name}, {len(scale.places)} studios, {len(scale.providers)} providers, lived from"
        f" {scale.first} to {scale.last} under a simulated clock through the same services as anybody's work:"
    )
    for one in shown.lives:
        say(
            f"  {one.scale.name}: {one.lived.clients} clients, {one.lived.visits} visits booked,"
            f" {one.lived.completed} treated, {one.lived.days_closed} days closed"
        )
    if lived.visits:
        say(f"Invented people; the seed {scale.seed} gives the same life again.")
    say("")
    say(f"DAILY CLOSE-OUT  {shown.open_day}   its last open day, closed like every other")
    close_out(shown.reports["daily_close_out"]["items"])
    _month(shown)
    _aging(shown)
    _deferred(shown)
    _retention(shown)
    _segments(shown)
    _trust(outcome, shown)
    _files(outcome, shown)


def _money(minor: int) -> str:
    return format_minor(minor, CURRENCY)


def _month(shown: Shown) -> None:
    say("")
    say(f"THE MONTH  {shown.month[0]:%B %Y}, all studios, beside the same month a year before")
    rows = [row for row in shown.reports["owner_rollup"]["items"] if row["scope"] == "organization"]
    table(
        "",
        ["Figure", f"{shown.month[0]:%Y-%m}", "A year before"],
        [[row["label"], _figure(row, row["value"]), _figure(row, row["value_last_year"])] for row in rows],
    )


def _figure(row: dict[str, Any], value: float | None) -> str:
    if value is None:
        return ""
    if row["unit"] == "minor":
        return format_minor(round(value), row["currency"] or CURRENCY)
    if row["unit"] == "ratio":
        return f"{value:.1%}"
    return f"{value:,.1f}".removesuffix(".0")


def _aging(shown: Shown) -> None:
    report = shown.reports["ar_aging"]
    say("")
    say(f"AR AGING  what clients owe as of {shown.practice.scale.last}, by days past due")
    buckets: dict[str, int] = {}
    for row in report["totals"]:
        buckets[row["bucket"]] = buckets.get(row["bucket"], 0) + row["open_minor"]
    table("", ["Days past due", "Open"], [[name, _money(amount)] for name, amount in buckets.items()])
    say(f"In all {_money(sum(buckets.values()))} on {len(report['items'])} invoices.")


def _deferred(shown: Shown) -> None:
    columns = {
        "opening_minor": "Opening", "sold_minor": "Sold", "redeemed_minor": "Redeemed or earned",
        "refunded_minor": "Refunded", "breakage_minor": "Breakage", "closing_minor": "Closing",
    }  # fmt: skip
    say("")
    say(f"DEFERRED ROLL-FORWARD  what was owed to clients, and is, since {shown.practice.scale.first}")
    rows = shown.reports["deferred_roll_forward"]["totals"]
    table(
        "",
        ["Liability", *columns.values()],
        [[row["liability"], *(_money(row[name]) for name in columns)] for row in rows],
    )
    say("Columns with less in them are left out here; the report has all, and they add up.")


def _retention(shown: Shown) -> None:
    say("")
    say("RETENTION CURVE  of clients by their first visit, those with a visit that many months later")
    for age, clients, active in curve(shown.reports["cohort_retention"]["items"]):
        share = active / clients
        say(f"  {age:>2} months  {'█' * round(share * BAR):<{BAR}}  {share:6.1%}  {active} of {clients}")


def _segments(shown: Shown) -> None:
    say("")
    say(f"SEGMENTS  whom to write to, as of {shown.practice.scale.last}; the warehouse knows no names")
    table("", ["Segment", "Clients"], [[one.definition.label, one.members] for one in shown.segments])


def _trust(outcome: Outcome, shown: Shown) -> None:
    everything = outcome.pipeline.checks
    checks = [check for check in everything if not check.tieout.startswith("suite ")]
    failed = sum(not check.passed for check in everything)
    difference = sum(abs(check.difference_minor) for check in checks)
    state = shown.reports["daily_close_out"]["data"]
    say("")
    say(
        f"TIE-OUTS  {sum(check.groups for check in checks):,} comparisons over every organization, studio and"
        f" day, {len(everything) - len(checks)} data suites: {failed} failed,"
        f" {difference} cents and rows of difference"
    )
    say(
        f"FRESHNESS  data as of {state['data_as_of']}, state {state['state']},"
        f" {'provisional' if state['provisional'] else 'final'}, batch {outcome.pipeline.batch_id}"
    )


def _files(outcome: Outcome, shown: Shown) -> None:
    say("")
    for name, batch in shown.batches:
        say(f"FILES  {name}: accounting batch {batch.number}, {batch.first_date} to {batch.last_date}")
    for path in shown.files:
        say(f"  {path}")
    slug = shown.practice.scale.slug
    say("")
    say("YOUR OWN HISTORY")
    say("  Export Customers and TransactionList (csv or xlsx) from your system into a folder, then:")
    say("  .venv/bin/medspa org create --name NAME --slug practice --owner-email ADDRESS")
    say("  .venv/bin/medspa import vagaro FOLDER --org practice --preview      writes nothing; then without")
    say("  It proposes which service is which treatment, for you to edit: docs/import-vagaro.md")
    say("")
    say("NEXT")
    say(
        "  make up                          serve it: API with documentation, reports under /reports, Dagster"
    )
    say("  .venv/bin/medspa report list     every report, for any dates")
    say(f"  .venv/bin/medspa report ar_aging --org {slug} --as-of {shown.month[1]}")
    say(f"  .venv/bin/medspa segments evaluate --org {slug} --as-of {shown.practice.scale.last}")
    say("  .venv/bin/medspa simulate        the full size: fourteen months, 2 500 visits, then pipeline run")
    say("  .venv/bin/medspa audit verify    find an edited, deleted or truncated audit row")
    say("  make down                        stop everything")
    say("Sign in at /reports with these passwords, shown once:")
    day, year = outcome.organization, shown.practice.organization
    say(f"  the day   owner@{outcome.slug}.example  {day.password}")
    say(f"  the year  owner@{slug}.example  {year.password}")
    say(f"Call the API for the day with this key, shown once: {day.api_key}")
    say(f"and for the year with this one: {year.api_key}")
