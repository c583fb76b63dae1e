"""A commit that fails after the endpoint returned is an error, never a 200."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Literal

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import DependencyScopeError
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel.database import TenantSession, session_scope
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Permission
from operational.app import create_app
from operational.identity.dependencies import needs, services_of
from operational.identity.unit import Unit
from tests.conftest import MakeSettings, StartServer
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database

# A trigger that lets every statement pass and fails when the transaction commits.
FAIL_AT_COMMIT = """
create function fail_at_commit() returns trigger language plpgsql as $$
begin raise exception 'private value 555-0100' using errcode = 'P0001'; end $$;
create constraint trigger fail_at_commit after update on legal_entity
    deferrable initially deferred for each row execute function fail_at_commit();
"""


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


def _app(settings: Settings, scope: Literal["function", "request"]) -> FastAPI:
    app = create_app(settings)
    in_scope = Depends(needs(Permission.ORGANIZATION_MANAGE), scope=scope)

    @app.post("/rename")
    def rename(unit: Unit = in_scope) -> dict[str, str]:
        unit.session.execute(text("update legal_entity set name = 'Changed'"))
        return {"name": "Changed"}

    return app


@pytest.fixture
def broken(operational: Database) -> None:
    with operational.session("owner") as session:
        session.execute(text(FAIL_AT_COMMIT))


def _names(made: OrganizationSetUp) -> list[str]:
    with made.database.session(org_id=made.org_id) as session:
        return list(session.scalars(text("select name from legal_entity")))


@pytest.fixture
def client(operational: Database, make_settings: MakeSettings) -> Iterator[TestClient]:
    settings = make_settings(operational)
    with client_of(settings, _app(settings, "function")) as client:
        yield client


def test_a_failing_commit_is_a_500(client: TestClient, made: OrganizationSetUp, broken: None) -> None:
    answer = client.post("/rename", headers=made.headers)
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:medspa:problem:commit-failed"
    assert "555" not in answer.text
    assert _names(made) == ["Practice PC"]


def test_without_the_failure_it_is_saved(client: TestClient, made: OrganizationSetUp) -> None:
    assert client.post("/rename", headers=made.headers).status_code == 200
    assert _names(made) == ["Changed"]


def test_control_a_commit_after_the_answer_would_be_a_200(
    operational: Database,
    make_settings: MakeSettings,
    made: OrganizationSetUp,
    broken: None,
    live_server: StartServer,
) -> None:
    """The same transaction in FastAPI's default scope: the client is told of a success that never was."""
    settings = make_settings(operational)
    app = create_app(settings)

    def late(request: Request) -> Iterator[TenantSession]:
        with session_scope(services_of(request).engine, made.org_id) as session:
            yield session

    @app.post("/rename")
    def rename(session: TenantSession = Depends(late)) -> dict[str, str]:
        session.execute(text("update legal_entity set name = 'Changed'"))
        return {"name": "Changed"}

    with live_server(app=app).client() as client:
        assert client.post("/rename").status_code == 200
    assert _names(made) == ["Practice PC"]


def test_a_unit_in_the_default_scope_is_refused_when_the_app_is_made(
    operational: Database, make_settings: MakeSettings
) -> None:
    with pytest.raises(DependencyScopeError):
        _app(make_settings(operational), "request")


def test_more_requests_than_connections_do_not_starve_each_other(
    operational: Database, make_settings: MakeSettings, made: OrganizationSetUp
) -> None:
    settings = make_settings(operational, pool_size=2)
    statuses: list[int] = []
    with client_of(settings, _app(settings, "function")) as client:

        def call() -> None:
            statuses.append(client.post("/rename", headers=made.headers).status_code)

        threads = [threading.Thread(target=call) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert statuses == [200] * 60
