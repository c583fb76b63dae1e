"""The pages of the lived day: every figure as the API has it, for the same readers, recorded the same way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from medspa.kernel.vocabulary import Permission
from reporting_api.catalog import NUMBERS, reports
from tests.support.lived import Lived
from tests.support.pages import Page

pytestmark = pytest.mark.timeout(900)
ONE = dt.timedelta(days=1)
FINANCE = Permission.REPORT_FINANCE
PER_PAGE = 100
FOR_PROGRAMS = ("currency", "unit", "metric")
"""Columns that a page need not show: their content stands beside each amount."""


def dates(report: str, first: dt.date, until: dt.date) -> tuple[dict[str, str], dict[str, str]]:
    """The same dates as the page and as the API take them."""
    name: str = reports()[report].dates
    if name == "range":
        until_api = str(until + ONE)
        return {"from": str(first), "until": str(until)}, {"from": str(first), "to": until_api}
    return {name: str(until)}, {name: str(until)}


Sent = Mapping[str, str | list[str]]


def page(
    http: httpx.Client,
    lived: Lived,
    path: str,
    sent: Sent | None = None,
    headers: dict[str, str] | None = None,
) -> Page:
    return Page(http.get(f"/reports{path}", params=sent, headers=headers or lived.headers))


def said(column: dict[str, Any], cell: Any, row: dict[str, Any]) -> Any:
    """A cell's exact value, in the way the API writes it."""
    value = row[column["name"]]
    if value is None or value == "":
        return value if cell.text == "–" else cell.text
    if column["type"] in NUMBERS:
        return type(value)(cell.exact)
    if column["type"] in ("date", "uuid"):
        return cell.exact
    return cell.text if value == cell.text else cell.text.lower().replace(" ", "_")


ASKED: dict[str, dict[str, str | list[str]]] = {name: {} for name in reports()} | {
    "revenue": {"grain": "day", "group_by": ["location", "kind"], "compare": ["previous", "last_year"]},
    "owner_rollup": {"compare": ["previous"]},
    "appointments": {"grain": "week", "compare": ["last_year"]},
}


@pytest.mark.parametrize("name", reports())
def test_a_page_has_the_figures_of_the_api(http: httpx.Client, lived: Lived, name: str) -> None:
    for_page, for_api = dates(name, lived.day - 100 * ONE, lived.day)
    shown = page(http, lived, f"/{name}", {**for_page, **ASKED[name]})
    asked = {**for_api, **ASKED[name], "limit": str(PER_PAGE)}
    told = http.get(f"/v1/reports/{name}", params=asked, headers=lived.headers).json()
    columns, rows = told["definition"]["columns"], told["items"]
    assert (shown.answer.status_code, shown.heading, shown.alerts) == (200, reports()[name].title, [])
    for title, some in ((reports()[name].title, rows), ("Totals", told["totals"])):
        if not some:
            assert [one for one in shown.tables if one.caption == title] == []
            continue
        table = shown.table(title)
        kept = [one for one in columns if one["name"] in some[0] and one["name"] not in FOR_PROGRAMS]
        assert table.labels == [one["label"] for one in kept]
        found = [
            {one["name"]: said(one, cell, row) for one, cell in zip(kept, cells, strict=True)}
            for cells, row in zip(table.rows, some, strict=True)
        ]
        assert found == [{one["name"]: row[one["name"]] for one in kept} for row in some]
    links = {cell.link for one in shown.tables for row in one.rows for cell in row if cell.link}
    back = f"?back={quote(f'/reports/{name}?', safe='/')}"
    assert {link.partition("?back=")[0] for link in links} == {
        value.removeprefix("/v1") for row in rows for key, value in row.items() if key.endswith("_link")
    }
    assert all(back in link for link in links)
    files = [http.get(one, headers=lived.headers) for one in shown.links if one.endswith("format=csv")]
    assert len(files) == bool(rows)
    if files and not told["next_cursor"]:
        assert files[0].text.count("\r\n") == 1 + len(rows)


def test_amounts_are_written_in_their_currency_and_drawn(http: httpx.Client, lived: Lived) -> None:
    shown = page(http, lived, "/daily_revenue", {"from": str(lived.day), "until": str(lived.day)})
    table = shown.table("Revenue by day")
    place = table.labels.index("Credit memos")
    amounts = {cells[place].text for cells in table.rows}
    assert amounts == {"$0.00", "$60.00"}
    assert shown.pictures == 1
    asked = {"grain": "day", "from": str(lived.day - 90 * ONE), "until": str(lived.day)}
    dated = page(http, lived, "/revenue", asked)
    assert "<polyline" in dated.answer.text


def test_without_dates_the_newest_are_shown(http: httpx.Client, lived: Lived) -> None:
    shown = page(http, lived, "/daily_close_out")
    assert shown.field("day") == str(lived.day)
    assert shown.table("Daily close-out").rows


def test_a_reader_of_one_studio_sees_that_studio(http: httpx.Client, lived: Lived) -> None:
    south = lived.key(FINANCE, place="SOUTH")
    for_page, _ = dates("daily_revenue", lived.day, lived.day)
    shown = page(http, lived, "/daily_revenue", for_page, south)
    table = shown.table("Revenue by day")
    assert {cells[table.labels.index("Location")].text for cells in table.rows} == {"South Studio"}
    assert "North Studio" not in shown.answer.text
    at_north = {**for_page, "location_id": lived.practice.places["NORTH"]}
    north = page(http, lived, "/daily_revenue", at_north, south)
    assert (north.answer.status_code, north.tables) == (404, [])
    assert "no such location for you" in north.alerts[0]
    listed = page(http, lived, "", headers=south).links
    assert "/reports/ar_aging" in listed
    assert "/reports/visits" not in listed
    checks = page(http, lived, "/data-quality", headers=south)
    assert {cell.exact for cells in checks.table("Tie-outs").rows for cell in cells[2:5]} == {None}


def test_a_stranger_is_sent_to_sign_in_and_a_role_without_the_report_is_told(
    http: httpx.Client, lived: Lived
) -> None:
    asked = http.get("/reports/ar_aging?as_of=2026-01-01&location_id=a%26b")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/sign-in?next=%2Freports%2Far_aging%3Fas_of%3D2026-01-01%26location_id%3Da%2526b",
    )
    every_other = lived.key(*(set(Permission) - {FINANCE}))
    for path in ("/ar_aging", "/data-quality"):
        refused = page(http, lived, path, headers=every_other)
        assert (refused.answer.status_code, refused.tables) == (403, [])
    later = {"as_of": str(lived.neighbour.today + ONE)}
    theirs = page(http, lived, "/ar_aging", later, lived.neighbour.made.headers)
    assert {cells[0].text for cells in theirs.table("AR aging").rows} == {"Location 1"}


WRONG: dict[str, tuple[dict[str, str], int, str]] = {
    "reversed": ({"from": "2026-02-02", "until": "2026-02-01"}, 422, "The last day is before the first one"),
    "no date": ({"from": "2026-02-02", "until": ""}, 422, "Enter a date."),
    "a day that does not exist": ({"from": "2026-02-30", "until": "2026-03-01"}, 422, "Enter a date, like"),
    "the last date there is": ({"from": "2026-02-02", "until": "9999-12-31"}, 422, "Enter a date, like"),
    "a split it lacks": ({"group_by": "tender"}, 422, "Group by one of"),
    "a period it lacks": ({"grain": "century"}, 422, "Choose day, week or month."),
    "no location": ({"location_id": "x"}, 422, "Choose among the locations shown."),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_question_is_explained_beside_its_field(http: httpx.Client, lived: Lived, what: str) -> None:
    sent, status, words = WRONG[what]
    shown = page(http, lived, "/revenue", sent)
    assert (shown.answer.status_code, shown.tables) == (status, [])
    assert [one for one in shown.alerts if words in one]
    if "from" in sent:
        assert shown.field("from") == sent["from"]


def test_an_empty_range_says_so(http: httpx.Client, lived: Lived) -> None:
    shown = page(http, lived, "/revenue", {"from": "2001-01-01", "until": "2001-01-31"})
    assert (shown.answer.status_code, shown.tables) == (200, [])
    assert "There is nothing to show for these dates at North Studio, South Studio" in shown.answer.text


def test_every_reading_of_a_page_is_kept(http: httpx.Client, lived: Lived) -> None:
    def kept(report: str) -> int:
        query = text("select count(*) from audit.disclosure where org_id = :org and view = :view")
        with lived.operational.session("owner") as session:
            bound = {"org": lived.org_id, "view": f"report.{report}"}
            return int(session.execute(query, bound).scalar_one())

    before = kept("tips"), kept("data_quality")
    page(http, lived, "/tips")
    page(http, lived, "/data-quality")
    page(http, lived, "/tips", headers=lived.key(Permission.BOOKING_READ))
    page(http, lived, "/tips", {"from": "2026-02-02", "until": "2026-02-01"})
    assert (kept("tips"), kept("data_quality")) == (before[0] + 1, before[1] + 1)


def test_the_checks_of_the_newest_run_are_shown_and_certify(http: httpx.Client, lived: Lived) -> None:
    shown = page(http, lived, "/data-quality")
    query = text(
        "select tieout, sum(left_minor), sum(right_minor) from meta.tieout_result where build_id ="
        " (select max(build_id) from meta.check_run)"
        " and (org_id = :org or org_id is null and tieout like 'suite%')"
        " group by tieout"
    )
    with lived.warehouse.engine("build").connect() as connection:
        kept = {
            row[0]: (str(row[1]), str(row[2])) for row in connection.execute(query, {"org": lived.org_id})
        }
    listed = [*shown.table("Tie-outs").rows, *shown.table("Suites").rows]
    both = {cells[0].text: (cells[2].exact, cells[3].exact) for cells in listed if cells[2].exact}
    assert both == {name: sides for name, sides in kept.items() if name in both}
    assert set(kept) == {cells[0].text for cells in listed}
    assert {cells[1].text for cells in listed} == {"Passed"}
    (newest, *_) = shown.table("History, newest run first").rows
    assert (newest[2].text, newest[6].text) == ("full", "PassedCertified")
