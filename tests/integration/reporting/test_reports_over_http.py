"""The reporting app over hand-written marts: every report's SQL, and nothing leaves without its audit row."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.engine import make_url

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, Permission
from medspa.local.web import create_web_app
from operational.identity.access import EVERYWHERE
from reporting_api.app import create_app
from reporting_api.catalog import report_named, reports
from reporting_api.errors import NoData
from reporting_api.measures import shaped
from reporting_api.paged import Page
from reporting_api.ports import Viewer
from reporting_api.queries import Asked, run
from reporting_api.reading import totals_of
from tests.factories.marts import DAY, PLACE, Marts
from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database

EVERY_DATE = {"as_of": str(DAY), "day": str(DAY), "from": str(DAY), "to": str(DAY + dt.timedelta(days=1))}
BEFORE = DAY - dt.timedelta(days=1)
OTHER = uuid.UUID(int=78)
FOUND: dict[str, dict[str, Any]] = {
    "fct_payment": {"payment_id": OTHER, "tender": "check", "status": "succeeded"},
    "fct_special_posting": {"posting_id": OTHER, "external_date": BEFORE},
    "fct_liability_movement": {"posting_id": OTHER, "liability": "2500"},
}
"""Rows for reports that show only some."""
ELSEWHERE = uuid.UUID(int=9)


def ask(http: TestClient, made: OrganizationSetUp, report: str, **extra: Any) -> Any:
    return http.get(f"/v1/reports/{report}", params={**EVERY_DATE, **extra}, headers=made.headers)


@pytest.mark.parametrize("name", reports())
def test_every_reports_sql_runs_on_nothing(warehouse: Database, marts: Marts, name: str) -> None:
    org = uuid.uuid4()
    asked = Asked(DAY, DAY, ())
    engine = warehouse.engine("reporting")
    with pytest.raises(NoData):
        run(engine, report_named(name), org, asked, None)
    marts.publish(org)
    answer = run(engine, report_named(name), org, asked, None)
    assert (answer.rows, answer.locations, answer.provisional) == ([], {}, False)


@pytest.mark.parametrize("name", reports())
def test_every_reports_columns_are_its_declared_ones(warehouse: Database, marts: Marts, name: str) -> None:
    org, other = uuid.uuid4(), uuid.uuid4()
    marts.fill(org, other)
    for mart, values in FOUND.items():
        marts.write(mart, org, **values)
    answer = run(warehouse.engine("reporting"), report_named(name), org, Asked(DAY, DAY, ()), None)
    assert answer.rows
    assert {tuple(row) for row in answer.rows} == {tuple(one.name for one in report_named(name).columns)}
    assert answer.provisional
    nowhere = run(warehouse.engine("reporting"), report_named(name), org, Asked(DAY, DAY, ()), frozenset())
    assert nowhere.rows == []


@pytest.mark.parametrize("name", reports())
def test_pages_of_every_report_are_its_rows_with_the_count_and_totals_of_all(
    warehouse: Database, marts: Marts, name: str
) -> None:
    org = uuid.uuid4()
    marts.fill(org, uuid.uuid4())
    for mart, values in FOUND.items():
        marts.write(mart, org, **values)
    engine, asked = warehouse.engine("reporting"), Asked(DAY, DAY, ())
    report = shaped(report_named(name))
    whole = run(engine, report, org, asked, None)
    assert (whole.count, len(whole.rows) > 0) == (len(whole.rows), True)
    for start in range(whole.count + 1):
        page = run(engine, report, org, replace(asked, page=Page(start, 2)), None)
        assert page.rows == whole.rows[start : start + 2]
        assert (page.count, page.totals) == (whole.count, totals_of(report, whole))
    nowhere = run(engine, report, org, replace(asked, page=Page(0, 2)), frozenset())
    assert (nowhere.rows, nowhere.count, nowhere.totals) == ([], 0, [])


def test_live_data_is_not_called_certified(http: TestClient, made: OrganizationSetUp, marts: Marts) -> None:
    assert ask(http, made, "ar_aging").json()["data"]["state"] == "certified"
    for certified in (None, 1):
        marts.publish(made.org_id, batch_id=2, certified=certified)
        assert ask(http, made, "ar_aging").json()["data"]["state"] == "live"


def test_two_locations_of_which_one_is_another_organizations(
    http: TestClient, made: OrganizationSetUp, marts: Marts
) -> None:
    marts.fill(uuid.uuid4())
    marts.write("dim_location", uuid.uuid4(), location_id=ELSEWHERE)
    both = ask(http, made, "ar_aging", location_id=[str(PLACE), str(ELSEWHERE)])
    assert both.status_code == 404
    assert len(ask(http, made, "ar_aging", location_id=[str(PLACE)] * 2).json()["items"]) == 1


UNWRITABLE = {
    "the disclosure": "alter table audit.disclosure add constraint planted check (false) not valid",
    "the header": "alter table audit.access add constraint planted check (false) not valid",
    "the right to write": "revoke execute on all functions in schema audit from medspa_app, public",
}


@pytest.mark.parametrize("what", UNWRITABLE)
@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_a_reading_that_cannot_be_recorded_is_not_answered(
    http: TestClient, made: OrganizationSetUp, operational: Database, what: str, form: str
) -> None:
    answered = ask(http, made, "ar_aging", format=form)
    assert answered.status_code == 200
    with operational.session("owner") as session:
        session.execute(text(UNWRITABLE[what]))
    refused = ask(http, made, "ar_aging", format=form)
    assert refused.status_code >= 500
    assert refused.headers["content-type"] == "application/problem+json"
    assert str(PLACE) not in refused.text
    assert "planted" not in refused.text
    assert answered.content not in refused.content


class Somebody:
    """An authorizer that lets one organization read."""

    def __init__(self, made: OrganizationSetUp) -> None:
        self._made = made

    def viewer(self, _request: Any) -> Viewer:
        return Viewer(
            self._made.org_id, ActorKind.STAFF, self._made.owner_id, {EVERYWHERE: frozenset(Permission)}
        )


class Failing:
    """An access log whose store is gone, and that says more than it should."""

    def report_read(self, *_: Any) -> None:
        raise RuntimeError("could not write for ada@example.test")


class Quiet:
    """Control: an access log that accepts everything."""

    def report_read(self, *_: Any) -> None:
        return None


@pytest.mark.parametrize(("log", "status"), [(Failing, 500), (Quiet, 200)])
def test_whatever_keeps_the_log_from_writing_keeps_the_report(
    warehouse: Database, made: OrganizationSetUp, log: Callable[[], Any], status: int
) -> None:
    app = create_app(warehouse.engine("reporting"), Somebody(made), log())
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = ask(client, made, "ar_aging")
    assert answer.status_code == status
    assert (str(PLACE) in answer.text) is (status == 200)
    assert "ada@" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_warehouse_that_does_not_answer_is_said_without_its_address(
    made: OrganizationSetUp, settings: Settings
) -> None:
    nowhere = make_url(settings.warehouse["reporting"]).set(port=1)
    gone = {**settings.warehouse, "reporting": nowhere.render_as_string(hide_password=False)}
    app = create_web_app(settings.model_copy(update={"warehouse": gone}))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = ask(client, made, "ar_aging")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:medspa:problem:warehouse-unavailable"
    assert str(nowhere.password) not in answer.text
    assert "127.0.0.1" not in answer.text


def test_the_api_document_describes_every_answer(http: TestClient) -> None:
    document = http.get("/v1/reports/openapi.json").json()
    answers = document["paths"]["/v1/reports/{name}"]["get"]["responses"]
    assert {"200", "401", "403", "404", "422", "503"} <= set(answers)
    assert {"application/json", "text/csv", "application/vnd.apache.parquet"} <= set(
        answers["200"]["content"]
    )
    asked = {one["name"] for one in document["paths"]["/v1/reports/{name}"]["get"]["parameters"]}
    assert asked >= {"as_of", "day", "from", "to", "location_id", "format", "limit", "cursor"}
