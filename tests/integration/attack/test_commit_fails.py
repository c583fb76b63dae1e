"""A commit that fails after the endpoint returned, over real HTTP: the client is told, nothing is kept.

Controls: without the failing trigger the same requests succeed. What a commit after the answer would do is
shown in tests/integration/identity/test_commit_before_answer.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from tests.conftest import MakeSettings, StartServer
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database

# Lets every statement pass and fails when the transaction commits.
FAIL = """
create function fail_at_commit() returns trigger language plpgsql as $$
begin raise exception 'a private value' using errcode = 'P0001'; end $$;
create constraint trigger fail_at_commit after insert or update on {} deferrable initially deferred
    for each row execute function fail_at_commit();
"""
HEAL = "drop trigger fail_at_commit on {}; drop function fail_at_commit()"


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def http(
    operational: Database, make_settings: MakeSettings, made: OrganizationSetUp, live_server: StartServer
) -> Iterator[httpx.Client]:
    with live_server(make_settings(operational)).client(headers=made.headers) as client:
        yield client


def _break(database: Database, table: str) -> None:
    with database.session("owner") as session:
        session.execute(text(FAIL.format(table)))


def _heal(database: Database, table: str) -> None:
    with database.session("owner") as session:
        session.execute(text(HEAL.format(table)))


def _count(database: Database, statement: str) -> int:
    with database.session("owner") as session:
        return int(session.execute(text(statement)).scalar_one())


def _assert_not_saved(answer: httpx.Response) -> None:
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:medspa:problem:commit-failed"
    assert "private" not in answer.text


def test_a_record_that_cannot_be_committed_is_not_answered(http: httpx.Client, operational: Database) -> None:
    body = {"first_name": "Ida", "last_name": "Example"}
    clients = "select count(*) from client"
    before = _count(operational, clients)
    _break(operational, "client")
    _assert_not_saved(http.post("/v1/clients", json=body))
    assert _count(operational, clients) == before
    _heal(operational, "client")
    assert http.post("/v1/clients", json=body).status_code == 201
    assert _count(operational, clients) == before + 1


def test_a_change_that_cannot_be_committed_is_not_answered(
    http: httpx.Client, operational: Database, made: OrganizationSetUp
) -> None:
    path = f"/v1/clients/{made.clients[0]}"
    tag = http.get(path).headers["ETag"]
    _break(operational, "client")
    _assert_not_saved(http.patch(path, json={"first_name": "Changed"}, headers={"If-Match": tag}))
    assert http.get(path).json()["first_name"] == "Ada"
    _heal(operational, "client")
    assert http.patch(path, json={"first_name": "Changed"}, headers={"If-Match": tag}).status_code == 200


def test_a_read_whose_audit_cannot_be_committed_shows_nothing(
    http: httpx.Client, operational: Database, made: OrganizationSetUp
) -> None:
    path = f"/v1/clients/{made.clients[0]}"
    assert http.get(path).json()["first_name"] == "Ada"
    with operational.session("admin") as session:
        session.execute(text(FAIL.format("audit.access")))
    answer = http.get(path)
    _assert_not_saved(answer)
    assert "Ada" not in answer.text


def test_money_that_cannot_be_committed_is_not_taken_and_its_key_stays_free(
    http: httpx.Client, operational: Database, made: OrganizationSetUp
) -> None:
    drawer = http.post(f"/v1/locations/{made.location_id}/drawers", json={"name": "Desk"})
    assert drawer.status_code == 201
    path = f"/v1/drawers/{drawer.json()['id']}/sessions"
    body = {"opening_float_minor": 10_000, "float_source": "bank"}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    _break(operational, "journal_entry")
    _assert_not_saved(http.post(path, json=body, headers=key))
    assert _count(operational, "select count(*) from posting") == 0
    assert _count(operational, "select count(*) from drawer_session where opened_at is not null") == 0
    _heal(operational, "journal_entry")
    assert http.post(path, json=body, headers=key).status_code == 201
    assert _count(operational, "select count(*) from posting") == 2
