"""Metrics over HTTP: listed with their definitions, valued as split, wrong questions answered plainly."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from reporting_api.catalog import metrics
from tests.factories.marts import DAY, PLACE, Marts
from tests.factories.organization import OrganizationSetUp

NEXT = DAY + dt.timedelta(days=1)
SERVICES = [uuid.UUID(int=501), uuid.UUID(int=502)]
RANGE = {"from": str(DAY), "to": str(NEXT)}


def get(http: TestClient, made: OrganizationSetUp, path: str, **asked: Any) -> Any:
    return http.get(f"/v1/metrics{path}", params=asked, headers=made.headers)


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]


@pytest.fixture
def sales(made: OrganizationSetUp, marts: Marts) -> OrganizationSetUp:
    """Two services on the day, one of them also before; the worked example of AR."""
    org = made.org_id
    for mart in ("agg_daily_revenue", "agg_daily_receivable"):
        marts.connection.execute(f"delete from marts.{mart}".encode())
    marts.write("dim_location", uuid.uuid4(), location_id=uuid.UUID(int=9))
    for number, service in enumerate(SERVICES):
        marts.write("dim_service", org, service_id=service, name=f"Service {number}")
    for number, (service, day, gross, discount) in enumerate(
        [
            (SERVICES[0], DAY, 60_000, 6_000),
            (SERVICES[1], DAY, 20_000, 6_000),
            (SERVICES[0], DAY - dt.timedelta(days=1), 40_000, 0),
            (SERVICES[0], DAY.replace(year=DAY.year - 1), 30_000, 0),
        ]
    ):
        marts.write(
            "agg_daily_revenue", org, revenue_key=str(number), service_id=service, business_date=day,
            gross_billed_minor=gross, discount_minor=discount,
        )  # fmt: skip
    for day, owed in ((DAY - dt.timedelta(days=1), 1), (DAY, 7_000_000)):
        marts.write(
            "agg_daily_receivable", org, business_date=day, receivable_minor=owed, credit_minor=500_000,
            gross_365_minor=60_000_000,
        )  # fmt: skip
    return made


def test_every_declared_metric_is_listed_page_by_page(http: TestClient, made: OrganizationSetUp) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = get(http, made, "", limit=20, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(metrics())
    one = get(http, made, "/days_in_ar").json()
    assert {"label", "description", "formula", "unit", "grain", "dimensions", "version"} <= set(one)
    assert problem(get(http, made, "/profit")) == (404, "metric-unknown")
    assert http.get("/v1/metrics").status_code == 401


def test_values_are_split_compared_and_right_as_ratios(http: TestClient, sales: OrganizationSetUp) -> None:
    split = get(http, sales, "/discount_share/values", by="service", **RANGE).json()["items"]
    assert [(one["service"], one["discount_share"]) for one in split] == [
        ("Service 0", 0.1), ("Service 1", 0.3),
    ]  # fmt: skip
    (whole,) = get(http, sales, "/discount_share/values", **RANGE).json()["items"]
    assert whole["discount_share"] == 0.15
    (row,) = get(
        http, sales, "/gross_billed/values", by="location", compare=["previous", "last_year"], **RANGE
    ).json()["items"]
    assert {name: row[f"gross_billed_minor{name}"] for name in (
        "", "_previous", "_previous_change", "_last_year", "_last_year_change"
    )} == {"": 80_000, "_previous": 40_000, "_previous_change": 1, "_last_year": 30_000,
           "_last_year_change": 1.666667}  # fmt: skip
    months = get(
        http, sales, "/gross_billed/values", grain="month", **{"from": "2025-03-01", "to": "2026-04-01"}
    ).json()["items"]
    assert [(one["period"], one["gross_billed_minor"]) for one in months] == [
        ("2025-03-01", 30_000), ("2026-03-01", 120_000),
    ]  # fmt: skip


def test_days_in_ar_is_the_worked_example(http: TestClient, sales: OrganizationSetUp) -> None:
    """(70 000 − 5 000) ÷ (600 000 ÷ 365) = 39.54, from the last day on or before the date."""
    for as_of in (DAY, DAY + dt.timedelta(days=40)):
        (row,) = get(http, sales, "/days_in_ar/values", as_of=str(as_of)).json()["items"]
        assert round(row["days_in_ar"], 2) == 39.54
    assert get(http, sales, "/days_in_ar/values", as_of="2020-01-01").json()["items"] == []


def test_the_rollup_shows_places_and_the_whole_beside_earlier_periods(
    http: TestClient, sales: OrganizationSetUp
) -> None:
    answer = http.get(
        "/v1/reports/owner_rollup", params={**RANGE, "compare": ["previous", "last_year"]},
        headers=sales.headers,
    ).json()  # fmt: skip
    found = {(one["scope"], one["metric"]): one for one in answer["items"]}
    for scope in ("organization", "location"):
        one = found[scope, "gross_billed"]
        assert (one["value"], one["value_previous"], one["value_last_year"]) == (80_000, 40_000, 30_000)
        assert found[scope, "days_in_ar"]["value"] == 39.541667
    assert found["organization", "gross_billed"]["location"] == "All locations"


WRONG = {
    "a dimension it does not have": ({"by": "service", **RANGE}, (422, "metric-dimension-unknown")),
    "one that nobody knows": ({"by": "'; drop table", **RANGE}, (422, "metric-dimension-unknown")),
    "reversed dates": ({"from": str(NEXT), "to": str(DAY)}, (422, "dates-reversed")),
    "an empty range": ({"from": str(DAY), "to": str(DAY)}, (422, "dates-reversed")),
    "no dates": ({}, (422, "invalid")),
    "a grain that is none": ({"grain": "decade", **RANGE}, (422, "validation")),
    "another organization's location": (
        {"location_id": str(uuid.UUID(int=9)), **RANGE}, (404, "location-unknown"),
    ),
}  # fmt: skip


def test_wrong_questions_are_answered_plainly(http: TestClient, sales: OrganizationSetUp) -> None:
    found = {
        what: problem(get(http, sales, "/collected/values", **asked)) for what, (asked, _) in WRONG.items()
    }
    assert found == {what: expected for what, (_, expected) in WRONG.items()}


def test_an_empty_period_is_no_error(http: TestClient, sales: OrganizationSetUp) -> None:
    never = {"from": "1999-01-01", "to": "1999-02-01"}
    assert get(http, sales, "/collected/values", by="tender", **never).json()["items"] == []
    for report in ("revenue", "owner_rollup", "deferred_roll_forward", "bridge", "month_close"):
        answer = http.get(f"/v1/reports/{report}", params=never, headers=sales.headers)
        found = answer.json()["items"]
        assert answer.status_code == 200
        assert [one for one in found if one.get("metric") not in ("receivables", "days_in_ar")] == []


def test_what_only_a_report_computes_is_said(http: TestClient, made: OrganizationSetUp) -> None:
    asked = {"as_of": str(DAY), "by": "bucket"}
    assert problem(get(http, made, "/ar_aging/values", **asked)) == (422, "report-has-one-form")
    assert problem(get(http, made, "/days_in_ar/values", as_of=str(DAY), grain="month")) == (
        422, "report-has-one-form",
    )  # fmt: skip


def test_every_metric_that_can_be_split_runs(http: TestClient, made: OrganizationSetUp) -> None:
    """Each with all the dimensions of its mart at once: its expression is SQL over that mart."""
    broken = []
    for name, metric in metrics().items():
        dates = ("business_date", "bucket", metric.get("date"))
        split = [one for one in metric["dimensions"] if one not in dates]
        asked = {"as_of": str(DAY)} if metric.get("as_of") else RANGE
        answer = get(http, made, f"/{name}/values", by=split, **asked)
        if answer.status_code != 200 and problem(answer)[1] != "report-has-one-form":
            broken.append((name, answer.status_code))
    assert broken == []


def test_the_glossary_is_a_page_for_who_is_signed_in(http: TestClient, made: OrganizationSetUp) -> None:
    page = http.get("/reports/glossary", headers=made.headers)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Days in AR" in page.text
    asked = http.get("/reports/glossary", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Freports%2Fglossary")
    assert str(PLACE) not in page.text
