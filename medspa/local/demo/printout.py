"""Prints the demonstration's results for somebody who has never seen the product."""

from __future__ import annotations

from collections import Counter
from typing import Any

from medspa.cli.output import say, table
from medspa.kernel.money import format_minor
from medspa.local.demo.practice import CURRENCY
from medspa.local.demo.run import Outcome

CLOSE_OUT = {
    "gross_billed": "Billed at list price",
    "discounts": "Discounts",
    "credit_memos": "Credit memos",
    "net_billed": "Net billed",
    "tax_billed": "Tax",
    "collected": "Collected",
    "tips": "Tips",
    "recognised": "Recognised revenue",
    "over_short": "Drawer over (+) or short (-)",
    "ar_closing": "Receivable at the day's end",
}


def show(outcome: Outcome) -> None:
    """What came of the day."""
    say("")
    say("A DAY  at two studios, small enough to be worked out by hand")
    say(f"DAILY CLOSE-OUT  {outcome.day}   both days closed; figures frozen under a hash")
    close_out(outcome.reports["daily_close_out"]["items"])
    say("")
    say(f"AR AGING  as of {outcome.day}")
    _aging(outcome.reports["ar_aging"])
    say("")
    say(f"REVENUE  of {outcome.day}")
    _revenue(outcome.reports["daily_revenue"]["items"])
    say("")
    _segment(outcome)
    say("")
    _trust(outcome)
    say("")
    _files(outcome)


def _money(minor: int) -> str:
    return format_minor(minor, CURRENCY)


def close_out(rows: list[dict[str, Any]]) -> None:
    """The lines that a desk looks at, a column per studio."""
    places = sorted({row["location"] for row in rows})
    lines: dict[str, dict[str, int]] = {}
    for row in rows:
        label = CLOSE_OUT.get(row["measure"])
        if label is None:
            continue
        name = f"{label}: {row['key']}" if row["key"] else label
        lines.setdefault(name, {})[row["location"]] = row["amount_minor"]
    order = list(CLOSE_OUT.values())
    named = sorted(lines, key=lambda name: (order.index(name.split(":")[0]), name))
    table(
        "",
        ["", *places],
        [[name, *(_money(lines[name].get(place, 0)) for place in places)] for name in named],
    )


def _aging(report: dict[str, Any]) -> None:
    table(
        "",
        ["Location", "Bucket (days past due)", "Open"],
        [[row["location"], row["bucket"], _money(row["open_minor"])] for row in report["totals"]],
    )
    total = sum(row["open_minor"] for row in report["totals"])
    say(f"In all {_money(total)} on {len(report['items'])} invoices.")


def _revenue(rows: list[dict[str, Any]]) -> None:
    table(
        "",
        ["Location", "Kind", "Service or product", "Provider", "Net billed", "Recognised"],
        [
            [
                row["location"],
                row["kind"],
                row["service"] or row["product"] or "",
                row["provider"] or "",
                _money(row["net_billed_minor"]),
                _money(row["recognised_minor"]),
            ]
            for row in rows
        ],
    )


def _segment(outcome: Outcome) -> None:
    (evaluated,) = outcome.segments
    say(f"SEGMENT  {evaluated.definition.label} (as of {evaluated.as_of}): {evaluated.members} clients")
    table(
        "",
        ["Due", "Reason", "Client (resolved under permission and audit)"],
        [
            [one["due_on"], one["reason"], f"{one['first_name']} {one['last_name']}"]
            for one in outcome.members
        ],
    )


def _trust(outcome: Outcome) -> None:
    state = outcome.reports["daily_close_out"]["data"]
    checks = Counter(check.tieout.split(" ")[0] for check in outcome.pipeline.checks)
    failed = [check for check in outcome.pipeline.checks if not check.passed]
    sides = sum(number for name, number in checks.items() if name != "suite")
    say(
        f"TIE-OUTS  {sides} comparisons to the cent and to the row, {checks['suite']} data suites: "
        f"{len(failed)} failed"
    )
    say(
        f"FRESHNESS  data as of {state['data_as_of']}, state {state['state']}, "
        f"{'provisional' if state['provisional'] else 'final'}, batch {outcome.pipeline.batch_id}"
    )
    say("The close-out, AR and segment above equal the amounts worked out by hand beside the story.")


def _files(outcome: Outcome) -> None:
    say(f"FILES  accounting batch {outcome.batch.number}, the same bytes whenever it is asked for again")
    for path in outcome.files:
        say(f"  {path}")
    if outcome.year is None:
        _next(outcome)


def _next(outcome: Outcome) -> None:
    say("")
    say("NEXT")
    say("  make up                          serve it: API with documentation, reporting, Dagster")
    say(f"  .venv/bin/medspa report ar_aging --org {outcome.slug} --as-of {outcome.day}")
    say(f"  .venv/bin/medspa segments evaluate --org {outcome.slug} --as-of {outcome.day}")
    say("  .venv/bin/medspa simulate        fourteen months of a practice, then: medspa pipeline run")
    say("  .venv/bin/medspa audit verify    find an edited, deleted or truncated audit row")
    say("  make down                        stop everything")
    say(f"Sign in at /reports as owner@{outcome.slug}.example with this password, shown once:")
    say(f"  {outcome.organization.password}")
    say(f"Call the API with this key, shown once: {outcome.organization.api_key}")
