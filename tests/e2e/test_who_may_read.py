"""Who may read the lived day's reports and open their links, what others see, and what the audit keeps."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from medspa.kernel.vocabulary import Permission
from tests.e2e.conftest import Read
from tests.factories.organization import organization
from tests.support.lived import Lived
from tests.support.problems import problem

pytestmark = pytest.mark.timeout(900)
ONE = dt.timedelta(days=1)
FINANCE = Permission.REPORT_FINANCE


def aging(http: httpx.Client, lived: Lived, headers: dict[str, str], **extra: Any) -> httpx.Response:
    return http.get("/v1/reports/ar_aging", params={"as_of": str(lived.day), **extra}, headers=headers)


@pytest.mark.parametrize(
    "path",
    ["", "/metrics", "/ar_aging", "/ar_aging/definition", "/ar_aging?as_of=2026-01-01", "/no_such_report"],
)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer msk_" + "x" * 43}, {"Authorization": "Basic x"}]
)
def test_nobody_reads_unrecognised(http: httpx.Client, path: str, headers: dict[str, str]) -> None:
    assert problem(http.get(f"/v1/reports{path}", headers=headers)) == (401, "unauthenticated")


def test_a_report_needs_its_permission(http: httpx.Client, lived: Lived) -> None:
    every_other = lived.key(*(set(Permission) - {FINANCE}))
    refused = aging(http, lived, every_other)
    assert problem(refused) == (403, "forbidden")
    assert refused.json()["permission"] == FINANCE.value
    assert aging(http, lived, lived.key(FINANCE)).status_code == 200


@pytest.mark.parametrize("report", ["ar_aging", "daily_close_out", "daily_revenue"])
def test_a_key_of_one_studio_sees_that_studio(http: httpx.Client, lived: Lived, report: str) -> None:
    key = lived.key(FINANCE, place="SOUTH")
    asked = {"as_of": lived.day, "day": lived.day, "from": lived.day, "to": lived.day + ONE}
    sent = {name: str(value) for name, value in asked.items()}
    mine = http.get(f"/v1/reports/{report}", params=sent, headers=key).json()
    assert {row["location"] for row in mine["items"]} == {"South Studio"}
    assert mine["parameters"]["locations"] == [lived.practice.places["SOUTH"]]
    whole = http.get(f"/v1/reports/{report}", params=sent, headers=lived.headers).json()
    assert mine["items"] == [row for row in whole["items"] if row["location"] == "South Studio"]
    north = {**sent, "location_id": lived.practice.places["NORTH"]}
    assert problem(http.get(f"/v1/reports/{report}", params=north, headers=key)) == (404, "location-unknown")


def test_a_reader_may_ask_for_one_location(http: httpx.Client, lived: Lived) -> None:
    shown = aging(http, lived, lived.headers, location_id=lived.practice.places["NORTH"]).json()
    assert [row["open_minor"] for row in shown["items"]] == [5_000]


def test_another_organizations_location_is_unknown(http: httpx.Client, lived: Lived) -> None:
    answers = [
        aging(http, lived, lived.headers, location_id=str(location))
        for location in (lived.neighbour.made.location_id, uuid.uuid4())
    ]
    assert [problem(answer) for answer in answers] == [(404, "location-unknown")] * 2
    assert answers[0].json() == answers[1].json()


def test_neighbours_see_their_own_rows_only(http: httpx.Client, lived: Lived, read: Read) -> None:
    shop = lived.neighbour
    later = shop.today + ONE
    theirs = read("ar_aging", headers=shop.made.headers, as_of=later)
    assert [(row["location"], row["open_minor"]) for row in theirs["items"]] == [("Location 1", 10_000)]
    ours = read("ar_aging", as_of=later)
    assert sum(row["open_minor"] for row in ours["items"]) == 84_000
    assert not {row["invoice_id"] for row in theirs["items"]} & {row["invoice_id"] for row in ours["items"]}
    for report, asked in (
        ("daily_close_out", {"day": shop.today}),
        ("daily_revenue", {"first": shop.today - 200 * ONE, "to": later}),
    ):
        rows = read(report, headers=shop.made.headers, **asked)["items"]
        assert rows
        assert {row["location"] for row in rows} <= {"Location 1", "Location 2"}


def test_an_organization_without_visits_sees_nothing(lived: Lived, read: Read) -> None:
    headers = lived.empty.headers
    for answer in (
        read("ar_aging", headers=headers, as_of=lived.day),
        read("daily_close_out", headers=headers, day=lived.day),
        read("daily_revenue", headers=headers, first=lived.day - 200 * ONE, to=lived.day + 9 * ONE),
    ):
        assert (answer["items"], answer["totals"], answer["next_cursor"]) == ([], [], None)
        assert answer["data"]["state"] == "certified"


def test_before_the_first_publication_there_is_no_data(http: httpx.Client, lived: Lived) -> None:
    newcomer = organization(lived.operational)
    assert problem(aging(http, lived, newcomer.headers)) == (404, "no-published-data")


WRONG = {
    "an unknown report": ("profit", {"day": "2026-01-01"}, (404, "report-unknown")),
    "another letter case": ("AR_AGING", {"as_of": "2026-01-01"}, (404, "report-unknown")),
    "a path": ("..%2F..%2Far_aging", {"as_of": "2026-01-01"}, (404, "not-found")),
    "no date": ("ar_aging", {}, (422, "invalid")),
    "the date of another report": ("ar_aging", {"day": "2026-01-01"}, (422, "invalid")),
    "half a range": ("daily_revenue", {"from": "2026-01-01"}, (422, "invalid")),
    "a range reversed": (
        "daily_revenue", {"from": "2026-01-02", "to": "2026-01-01"}, (422, "dates-reversed"),
    ),
    "an empty range": (
        "daily_revenue", {"from": "2026-01-02", "to": "2026-01-02"}, (422, "dates-reversed"),
    ),
    "before the first date there is": (
        "daily_revenue", {"from": "0001-01-01", "to": "0001-01-01"}, (422, "dates-reversed"),
    ),
    "a day that does not exist": ("ar_aging", {"as_of": "2026-02-30"}, (422, "validation")),
    "a time for a date": ("ar_aging", {"as_of": "2026-02-28T10:00:00Z"}, (422, "validation")),
    "a format that is not there": (
        "ar_aging", {"as_of": "2026-01-01", "format": "xlsx"}, (422, "validation"),
    ),
    "a page of nothing": ("ar_aging", {"as_of": "2026-01-01", "limit": "0"}, (422, "validation")),
    "a page too long": ("ar_aging", {"as_of": "2026-01-01", "limit": "5001"}, (422, "validation")),
    "a cursor that is none": ("ar_aging", {"as_of": "2026-01-01", "cursor": "x'--"}, (422, "validation")),
    "a location that is no id": (
        "ar_aging", {"as_of": "2026-01-01", "location_id": "' or 1=1 --"}, (422, "validation"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_question_says_what_to_correct(http: httpx.Client, lived: Lived, what: str) -> None:
    report, sent, expected = WRONG[what]
    answer = http.get(f"/v1/reports/{report}", params=sent, headers=lived.headers)
    assert problem(answer) == expected
    for value in sent.values():
        assert len(value) < 5 or value not in answer.text.replace(answer.json()["type"], "")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_date_are_answered(lived: Lived, read: Read, day: str) -> None:
    assert read("ar_aging", as_of=day)["parameters"]["until"] == day
    assert read("daily_close_out", day=day)["items"] == []


def test_reports_are_only_read(http: httpx.Client, lived: Lived) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = http.request(method, "/v1/reports/ar_aging", headers=lived.headers)
        assert problem(answer) == (405, "method-not-allowed")


def test_no_answer_is_kept_by_a_browser(http: httpx.Client, lived: Lived) -> None:
    for answer in (aging(http, lived, lived.headers), aging(http, lived, {})):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


# --- links into the record ------------------------------------------------------------------------------


def overdue_row(lived: Lived, read: Read) -> dict[str, Any]:
    rows: list[dict[str, Any]] = read("ar_aging", as_of=lived.day)["items"]
    (row,) = [one for one in rows if one["bucket"] == "31-60"]
    return row


def test_a_row_leads_to_its_invoice_and_the_audit_keeps_it(
    http: httpx.Client, lived: Lived, read: Read
) -> None:
    row = overdue_row(lived, read)
    assert row["invoice_id"] != lived.told.overdue_invoice
    opened = http.get(row["invoice_id_link"], headers=lived.headers).json()
    assert opened["id"] == lived.told.overdue_invoice
    invoice = http.get(opened["link"], headers=lived.headers).json()
    assert (invoice["open_minor"], invoice["due_on"]) == (75_000, row["due_on"])
    assert uuid.UUID(opened["client_id"]) in lived.disclosed("drill_down.invoice")


def test_a_link_opens_for_nobody_else(http: httpx.Client, lived: Lived, read: Read) -> None:
    link = overdue_row(lived, read)["invoice_id_link"]
    assert problem(http.get(link)) == (401, "unauthenticated")
    assert problem(http.get(link, headers=lived.neighbour.made.headers)) == (404, "not-found")
    for held in ({FINANCE}, {Permission.INVOICE_READ}):
        assert problem(http.get(link, headers=lived.key(*held))) == (403, "forbidden")
    elsewhere = lived.key(FINANCE, Permission.INVOICE_READ, place="NORTH")
    assert http.get(link, headers=elsewhere).status_code in (403, 404)
    here = lived.key(FINANCE, Permission.INVOICE_READ, place="SOUTH")
    assert http.get(link, headers=here).status_code == 200


def test_a_token_opens_its_own_kind_only(http: httpx.Client, lived: Lived, read: Read) -> None:
    token = overdue_row(lived, read)["invoice_id"]
    for path, expected in (
        (f"payment/{token}", (404, "not-found")),
        (f"appointment/{token}", (404, "not-found")),
        (f"client/{token}", (422, "validation")),
        (f"invoice/{lived.told.overdue_invoice}", (404, "not-found")),
        (f"invoice/{uuid.uuid4()}", (404, "not-found")),
        ("invoice/no-token", (422, "validation")),
    ):
        assert problem(http.get(f"/v1/drill-down/{path}", headers=lived.headers)) == expected


def test_every_reading_of_a_report_is_kept(http: httpx.Client, lived: Lived) -> None:
    def kept() -> int:
        with lived.operational.session("owner") as session:
            query = text(
                "select count(*) from audit.disclosure d join audit.access a"
                " on a.org_id = d.org_id and a.id = d.access_id"
                " where d.org_id = :org and d.view = 'report.ar_aging' and a.origin = 'report:ar_aging'"
            )
            return int(session.execute(query, {"org": lived.org_id}).scalar_one())

    before = kept()
    for form in ("json", "csv", "parquet"):
        assert aging(http, lived, lived.headers, format=form).status_code == 200
    assert kept() == before + 3
    assert aging(http, lived, lived.key(Permission.BOOKING_READ)).status_code == 403
    assert kept() == before + 3
