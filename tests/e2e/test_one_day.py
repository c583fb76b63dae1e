"""What the lived day's reports say, against arithmetic done by hand, in every format, as of any date."""

from __future__ import annotations

import copy
import csv
import datetime as dt
import hashlib
import io
import json
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from medspa.local.demo import story
from medspa.local.demo.run import FiguresDiffer, check
from tests.e2e.conftest import Read
from tests.support.lived import Lived

pytestmark = pytest.mark.timeout(900)
ONE = dt.timedelta(days=1)


def close_out(read: Read, day: dt.date, place: str) -> dict[tuple[str, str], int]:
    """(measure, key) → amount of one studio's day."""
    rows = read("daily_close_out", day=day)["items"]
    return {
        (row["measure"], row["key"]): row["amount_minor"]
        for row in rows
        if row["location"] == f"{place} Studio"
    }


def parameters_of(report: str, day: dt.date) -> dict[str, Any]:
    return {
        "daily_close_out": {"day": day},
        "ar_aging": {"as_of": day},
        "daily_revenue": {"first": day, "to": day + ONE},
    }[report]


def all_reports(read: Read, day: dt.date) -> dict[str, Any]:
    names = ("daily_close_out", "ar_aging", "daily_revenue")
    return {name: read(name, **parameters_of(name, day)) for name in names}


@pytest.mark.parametrize("figure", story.EXPECTED, ids=" ".join)
def test_a_figure_is_what_was_worked_out_by_hand(lived: Lived, read: Read, figure: tuple[str, str]) -> None:
    code, name = figure
    measure, _, key = name.partition(" ")
    if measure == "ar":
        found = close_out(read, lived.day, code.title())["ar_closing", ""]
    else:
        rows = close_out(read, lived.day, code.title()).items()
        found = sum(amount for (of, by), amount in rows if of == measure and key in ("", by))
    assert found == story.EXPECTED[figure]


def test_the_demonstration_ends_with_an_error_when_a_figure_is_off_by_a_cent(
    lived: Lived, read: Read
) -> None:
    reports = all_reports(read, lived.day)
    members = [{"client_id": one} for one in lived.told.due_clients]
    check(reports, members, lived.told)
    off = copy.deepcopy(reports)
    off["ar_aging"]["items"][0]["open_minor"] += 1
    with pytest.raises(FiguresDiffer) as caught:
        check(off, members, lived.told)
    assert caught.value.detail == "NORTH ar: 5001, by hand 5000 minor units."
    with pytest.raises(FiguresDiffer):
        check(reports, members[:1], lived.told)


@pytest.mark.parametrize("place", ["NORTH", "SOUTH"])
def test_the_report_is_what_the_close_froze(lived: Lived, read: Read, http: httpx.Client, place: str) -> None:
    location = lived.practice.places[place]
    figures = close_out(read, lived.day, place.title())
    content = {
        "business_date": lived.day.isoformat(),
        "currency": "USD",
        "figures": sorted([measure, key, amount] for (measure, key), amount in figures.items()),
        "location_id": location,
        "org_id": str(lived.org_id),
        "version": 1,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    answer = http.get(f"/v1/locations/{location}/days/{lived.day}", headers=lived.headers).json()
    assert answer["status"] == "closed"
    assert hashlib.sha256(canonical.encode()).hexdigest() == answer["figures_sha256"]


# Invoiced 45 days before the day and due 14 days later; both fees are due 14 days after the day.
AGING = {
    "before the invoice": (-46, {}),
    "on its date": (-45, {"Current": 75_000}),
    "on its due date": (-31, {"Current": 75_000}),
    "a day late": (-30, {"1-30": 75_000}),
    "30 days late, before the fees": (-1, {"1-30": 75_000}),
    "on the day": (0, {"31-60": 75_000, "Current": 9_000}),
    "60 days late": (29, {"31-60": 75_000, "1-30": 9_000}),
    "61 days late": (30, {"61-90": 75_000, "1-30": 9_000}),
    "90 days late": (59, {"61-90": 75_000, "31-60": 9_000}),
    "91 days late": (60, {"91+": 75_000, "31-60": 9_000}),
}


@pytest.mark.parametrize("when", AGING)
def test_receivables_as_of_any_date(lived: Lived, read: Read, when: str) -> None:
    after, expected = AGING[when]
    answer = read("ar_aging", as_of=lived.day + after * ONE)
    buckets: dict[str, int] = {}
    for row in answer["items"]:
        buckets[row["bucket"]] = buckets.get(row["bucket"], 0) + row["open_minor"]
    assert buckets == expected
    assert sum(row["open_minor"] for row in answer["totals"]) == sum(expected.values())


def test_receivables_add_up_to_the_control_account(lived: Lived, read: Read) -> None:
    for place in ("North", "South"):
        rows = read("ar_aging", as_of=lived.day)["items"]
        open_minor = sum(row["open_minor"] for row in rows if row["location"] == f"{place} Studio")
        figures = close_out(read, lived.day, place)
        assert open_minor == figures["balance", "1100"] == figures["ar_closing", ""]


def test_revenue_of_the_day(lived: Lived, read: Read) -> None:
    answer = read("daily_revenue", **parameters_of("daily_revenue", lived.day))
    shown = [
        (
            row["location"].split()[0], row["kind"], row["service"] or row["product"], row["lines"],
            row["gross_billed_minor"], row["discount_minor"], row["credit_memo_minor"],
            row["net_billed_minor"], row["tax_minor"], row["recognised_minor"],
        )
        for row in answer["items"]
    ]  # fmt: skip
    assert shown == [
        ("North", "fee", None, 1, 5_000, 0, 0, 5_000, 0, 5_000),
        # Sold, not earned: a gift card is owed until it is spent.
        ("North", "gift_card", None, 1, 10_000, 0, 0, 10_000, 0, 0),
        ("North", "retail", "Sunscreen", 1, 3_897, 0, 0, 3_897, 346, 3_897),
        ("North", "service", "Facial", 2, 37_800, 1_890, 0, 35_910, 0, 35_910),
        ("North", "service", "Neurotoxin", 1, 42_000, 0, 6_000, 36_000, 0, 36_000),
        ("South", "fee", None, 1, 4_000, 0, 0, 4_000, 0, 4_000),
        ("South", "service", "Laser hair removal", 1, 22_500, 0, 0, 22_500, 0, 22_500),
    ]
    assert [
        (one["location"], one["net_billed_minor"], one["recognised_minor"]) for one in answer["totals"]
    ] == [
        ("North Studio", 90_807, 80_807),
        ("South Studio", 26_500, 26_500),
    ]


def test_ranges_are_half_open_and_add_up(lived: Lived, read: Read) -> None:
    first, last = lived.day - 120 * ONE, lived.day + ONE

    def recognised(start: dt.date, end: dt.date) -> int:
        rows = read("daily_revenue", first=start, to=end)["items"]
        return sum(row["recognised_minor"] for row in rows)

    assert recognised(lived.day, last) == 80_807 + 26_500
    for cut in (lived.day - 45 * ONE, lived.day - 44 * ONE, lived.day):
        assert recognised(first, cut) + recognised(cut, last) == recognised(first, last)
    assert recognised(lived.day + ONE, lived.day + 30 * ONE) == 0


@pytest.mark.parametrize("report", ["daily_close_out", "ar_aging", "daily_revenue"])
def test_every_format_says_the_same(lived: Lived, read: Read, http: httpx.Client, report: str) -> None:
    asked = parameters_of(report, lived.day)
    answer = read(report, **asked)
    names = [column["name"] for column in answer["definition"]["columns"]]
    as_json = [[row[name] for name in names] for row in answer["items"]]
    assert as_json
    sent = {{"first": "from"}.get(name, name): str(value) for name, value in asked.items()}
    path = f"/v1/reports/{report}"
    as_csv = http.get(path, params={**sent, "format": "csv"}, headers=lived.headers)
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    head, *body = csv.reader(io.StringIO(as_csv.text))
    assert (head, body) == (names, [["" if cell is None else str(cell) for cell in row] for row in as_json])
    as_parquet = http.get(path, params={**sent, "format": "parquet"}, headers=lived.headers)
    table = pq.read_table(io.BytesIO(as_parquet.content))
    dates = [column["type"] == "date" for column in answer["definition"]["columns"]]
    rows = [
        [str(cell) if is_date and cell else cell for cell, is_date in zip(row.values(), dates, strict=True)]
        for row in table.to_pylist()
    ]
    assert (table.column_names, rows) == (names, as_json)
    assert table.schema.metadata[b"report"] == report.encode()
    for file in (as_csv, as_parquet):
        assert file.headers["x-data-state"] == "certified"
        assert file.headers["x-data-provisional"] == "false"
        assert file.headers["content-disposition"].startswith(f'attachment; filename="{report}-')


@pytest.mark.parametrize("report", ["daily_close_out", "ar_aging", "daily_revenue"])
def test_definitions_travel_with_the_numbers(
    lived: Lived, read: Read, http: httpx.Client, report: str
) -> None:
    answer = read(report, **parameters_of(report, lived.day))
    alone = http.get(f"/v1/reports/{report}/definition", headers=lived.headers).json()
    assert answer["definition"] == alone
    declared = {
        one["name"]: one for one in http.get("/v1/metrics?limit=500", headers=lived.headers).json()["items"]
    }
    amounts = [column for column in alone["columns"] if column["type"] == "minor"]
    assert amounts
    for column in amounts:
        metric = column["metric"]
        assert metric.items() <= declared[metric["name"]].items()
        assert {"label", "description", "formula", "grain", "dimensions", "unit", "version"} <= set(metric)
    for row in answer["items"]:
        assert {column["name"] for column in alone["columns"]} <= set(row)


def test_pages_of_a_report_are_the_report(lived: Lived, read: Read) -> None:
    whole = read("daily_close_out", day=lived.day)
    assert whole["next_cursor"] is None
    pages, cursor = [], "0"
    while cursor is not None:
        page = read("daily_close_out", day=lived.day, limit=7, cursor=cursor)
        assert len(page["items"]) <= 7
        pages += page["items"]
        cursor = page["next_cursor"]
    assert pages == whole["items"]


def test_closed_days_are_final_and_an_open_day_is_provisional(lived: Lived, read: Read) -> None:
    shown = read("daily_close_out", day=lived.day)
    assert shown["data"]["state"] == "certified"
    assert shown["data"]["provisional"] is False
    assert {row["day_status"] for row in shown["items"]} == {"closed"}
    landed = lived.pipeline.landed
    assert landed is not None
    taken = dt.datetime.fromisoformat(landed.taken_at)
    assert abs(dt.datetime.fromisoformat(shown["data"]["data_as_of"]) - taken) < dt.timedelta(minutes=1)
    shop = lived.neighbour
    still_open = read("daily_close_out", headers=shop.made.headers, day=shop.today)
    assert still_open["data"]["provisional"] is True
    assert {row["day_status"] for row in still_open["items"]} == {"open"}


def test_every_tie_out_passed(lived: Lived) -> None:
    checks = lived.pipeline.checks
    assert len(checks) > 100
    assert [one.tieout for one in checks if not one.passed] == []
