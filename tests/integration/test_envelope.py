"""What every answer has: a request id, headers, limits, problem documents; and what no log contains."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from operational.app import create_app
from tests.conftest import MakeSettings, StartServer
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture(scope="module")
def operational(operational_module: Database) -> Database:
    return operational_module


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def api(operational: Database, make_settings: MakeSettings, made: OrganizationSetUp) -> Iterator[TestClient]:
    with client_of(make_settings(operational)) as client:
        client.headers.update(made.headers)
        yield client


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status", "kind"),
    [
        (b'{"first_name": "Secretn', JSON, 400, "malformed-json"),
        (b"", JSON, 422, "validation"),
        (b"[]", JSON, 422, "validation"),
        (b'"text"', JSON, 422, "validation"),
        (b'{"first_name": "Secretname"}', {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
        (b"first_name=Secretname", {"Content-Type": "application/x-www-form-urlencoded"}, 415, None),
        (b'{"first_name": "\\ud800", "last_name": "Vale"}', JSON, 422, "validation"),
        (b'{"first_name": "\xff", "last_name": "Vale"}', JSON, 400, None),
        (b'{"first_name": 7, "last_name": ["Secretname"]}', JSON, 422, "validation"),
        (b"[" * 100_000, JSON, 400, None),
    ],
)
def test_bodies_that_are_not_what_is_asked(
    api: TestClient, content: bytes, headers: dict[str, str], status: int, kind: str | None
) -> None:
    answer = api.post("/v1/clients", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert kind is None or answer.json()["type"] == f"urn:medspa:problem:{kind}"
    assert "Secretn" not in answer.text


def test_ten_megabytes_are_refused_over_http(
    operational: Database, make_settings: MakeSettings, made: OrganizationSetUp, live_server: StartServer
) -> None:
    server = live_server(make_settings(operational))
    body = b'{"first_name": "' + b"x" * 10_000_000 + b'"}'

    def in_pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    with server.client(headers={**made.headers, **JSON}) as client:
        declared = client.post("/v1/clients", content=body)
        assert declared.status_code == 413
        try:
            streamed = client.post("/v1/clients", content=in_pieces())
            assert streamed.status_code == 413
        except httpx.TransportError:
            # The server may cut a body of unknown length off; then it did not take it.
            pass
        assert client.get("/v1/clients", params={"query": "xxx"}).json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("PUT", "/v1/clients", 405)]
)
def test_unknown_addresses_and_methods_are_problems(
    api: TestClient, method: str, path: str, status: int
) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_every_answer_has_the_headers(api: TestClient) -> None:
    for path in ("/v1/clients", "/v1/nothing", "/docs"):
        answer = api.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src" in answer.headers["content-security-policy"]
        assert "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]
        assert len(answer.headers["x-request-id"]) == 36
        assert answer.headers["cache-control"] == "no-store"


def test_the_interactive_documentation_needs_nobody_else(api: TestClient) -> None:
    page = api.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("<!doctype html>", "")
    assert "<script>" not in page.text
    for asset in ("start.js", "assets/swagger-ui-bundle.js", "assets/swagger-ui.css"):
        assert api.get(f"/docs/{asset}").status_code == 200
    assert api.get("/docs/assets/..%2F..%2Fcore.py").status_code == 404
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")


def test_logs_hold_no_values(
    api: TestClient, made: OrganizationSetUp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.get("/v1/clients", params={"query": "Canaryname"})
    api.post("/v1/clients", json={"first_name": "Canaryname", "last_name": "Canaryname", "email": "canary"})
    api.get(f"/v1/clients/{made.clients[0]}")
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("medspa")]
    assert any("GET /v1/clients/{client_id} 200" in line for line in ours)
    for line in ours:
        assert "anary" not in line
        assert str(made.clients[0]) not in line


def _failing_app(app: FastAPI) -> FastAPI:
    @app.get("/fails")
    def fails() -> None:
        raise ValueError("Canaryname 555-0100")

    @app.get("/fails-in-database")
    def fails_in_database() -> None:
        with app.state.services.engine.connect() as connection:
            connection.execute(text("select cast(:value as date)"), {"value": "Canaryname"})

    return app


@pytest.mark.parametrize("path", ["/fails", "/fails-in-database"])
def test_an_unexpected_error_tells_nothing(
    operational: Database, make_settings: MakeSettings, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    settings = make_settings(operational)
    with client_of(settings, _failing_app(create_app(settings))) as api:
        answer = api.get(path)
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:medspa:problem:internal")
    assert "anary" not in answer.text + caplog.text
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert answer.headers["x-request-id"] in caplog.text


def test_a_lock_that_is_not_had_in_time_is_a_409(
    operational: Database, make_settings: MakeSettings, made: OrganizationSetUp
) -> None:
    settings = make_settings(operational, lock_timeout_ms=200)
    holder = operational.connect("owner")
    holder.execute("select 1 from location where id = %s for update", (made.location_id,))
    address = f"/v1/locations/{made.location_id}"
    with client_of(settings) as api:
        api.headers.update(made.headers)
        answer = api.patch(address, json={"name": "Changed"}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:medspa:problem:try-again")
        holder.rollback()
        assert api.patch(address, json={"name": "Changed"}, headers={"If-Match": '"1"'}).status_code == 200
