"""Client records over HTTP: creation, search, editing, duplicates, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from medspa.kernel.vocabulary import Permission, Purpose
from operational.clients import duplicates
from operational.clients.search import matching
from operational.models.client import Client
from operational.privacy.audit import open_audit
from tests.conftest import MakeSettings, StartServer
from tests.factories.actors import owner_of
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database

ADA: dict[str, Any] = {"first_name": "Ada", "last_name": "Vale", "phone": "(212) 555-0123"}


@pytest.fixture(scope="module")
def operational(operational_module: Database) -> Database:
    """One database for the module: every test has an organization of its own."""
    return operational_module


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def api(operational: Database, make_settings: MakeSettings, made: OrganizationSetUp) -> Iterator[TestClient]:
    with client_of(make_settings(operational)) as client:
        client.headers.update(made.headers)
        yield client


def _create(api: TestClient, **values: Any) -> dict[str, Any]:
    answer = api.post("/v1/clients", json={**ADA, **values})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def _found(api: TestClient, query: str) -> list[str]:
    answer = api.get("/v1/clients", params={"query": query})
    assert answer.status_code == 200, answer.text
    return [one["first_name"] for one in answer.json()["items"]]


def test_a_client_is_stored_and_shown_as_written(api: TestClient) -> None:
    for first, last in (
        ("Zoë", "O’Néill-Śmith"),
        ("עדי", "כהן"),
        ("明", "李"),
        ('Robert"); drop table client;--', "<b>Bold</b>"),
    ):
        created = _create(api, first_name=first, last_name=last, phone=None)["client"]
        card = api.get(f"/v1/clients/{created['id']}")
        assert (card.json()["first_name"], card.json()["last_name"]) == (first, last)
        assert card.headers["cache-control"] == "no-store"


def test_names_are_normalised_and_phones_become_e164(api: TestClient) -> None:
    created = _create(api, first_name=" Zoe\u0308 ")["client"]
    assert created["first_name"] == "Zo\u00eb"
    assert created["phone"] == "+12125550123"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first_name": "Ada\u202eevil"}, "first_name"),
        ({"first_name": "Ada\u200f"}, "first_name"),
        ({"last_name": "Vale\x00"}, "last_name"),
        ({"last_name": "Va\nle"}, "last_name"),
        ({"last_name": "   "}, "last_name"),
        ({"last_name": "x" * 101}, "last_name"),
        ({"phone": "555"}, "phone"),
        ({"phone": "+1 012 555 0123"}, "phone"),
        ({"email": "ada at example"}, "email"),
        ({"birth_date": "2026-02-30"}, "birth_date"),
        ({"zip_code": "1234"}, "zip_code"),
        ({"state": "New York"}, "state"),
        ({"flags": ["blue"]}, "flags[0]"),
        ({"nickname": "A"}, "nickname"),
    ],
)
def test_bad_values_are_named_and_not_echoed(api: TestClient, values: dict[str, Any], field: str) -> None:
    answer = api.post("/v1/clients", json={**ADA, "first_name": "Secretname", **values})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert "Secretname" not in answer.text
    for value in values.values():
        assert len(str(value)) < 3 or str(value) not in answer.text


def test_a_birth_date_in_the_future_is_refused(api: TestClient) -> None:
    answer = api.post("/v1/clients", json={**ADA, "birth_date": "2199-01-01"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:medspa:problem:invalid")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("va", True),
        ("VAL", True),
        ("zoe", True),
        ("zoë", True),
        ("zoe va", True),
        ("vale, zo", True),
        ("vale zoe", True),
        ("0123", True),
        ("212-555-0123", True),
        ("+1 212 555 0123", True),
        ("0212 555 0123", True),
        ("zoe@exa", True),
        ("ale", False),
        ("0124", False),
        ("zoe x", False),
        ("%a", False),
        ("va_e", False),
    ],
)
def test_search(api: TestClient, query: str, found: bool) -> None:
    _create(api, first_name="Zoë", email="Zoe@example.com")
    assert _found(api, query) == (["Zoë"] if found else [])


@pytest.mark.parametrize("query", ["a", " a ", "", "12"])
def test_too_short_a_query_is_refused(api: TestClient, query: str) -> None:
    assert api.get("/v1/clients", params={"query": query}).status_code == 422


def test_pages_are_in_the_order_of_names_and_complete(api: TestClient, made: OrganizationSetUp) -> None:
    for number in range(7):
        _create(api, first_name=f"N{number % 3}", last_name="Page", phone=None)
    names: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = api.get(
            "/v1/clients", params={"query": "page", "limit": 3, **({"cursor": cursor} if cursor else {})}
        )
        names += [(one["first_name"], one["id"]) for one in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
        assert "Page" not in cursor
    assert names == sorted(names)
    assert len(set(names)) == 7


def test_editing_needs_the_current_etag(api: TestClient) -> None:
    created = api.post("/v1/clients", json=ADA)
    address, etag = f"/v1/clients/{created.json()['client']['id']}", created.headers["etag"]
    assert api.patch(address, json={"city": "Troy"}).status_code == 428
    changed = api.patch(address, json={"city": "Troy", "phone": None}, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert (changed.json()["client"]["city"], changed.json()["client"]["phone"]) == ("Troy", None)
    assert api.patch(address, json={"city": "Rome"}, headers={"If-Match": etag}).status_code == 412
    assert api.get(address).json()["city"] == "Troy"
    refused = api.patch(address, json={"last_name": None}, headers={"If-Match": changed.headers["etag"]})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({"phone": "2125550123"}, {"first_name": "Other", "phone": "+1 212 555 0123"}, "phone"),
        (
            {"email": "A@Example.com"},
            {"last_name": "Other", "phone": None, "email": "a@example.com"},
            "email",
        ),
        (
            {"first_name": "Zoë", "birth_date": "1990-02-03"},
            {"first_name": "ZOE", "phone": None, "birth_date": "1990-02-03"},
            "name_birth_date",
        ),
    ],
)
def test_doubles_are_flagged(
    api: TestClient, first: dict[str, Any], second: dict[str, Any], reason: str
) -> None:
    original = _create(api, **first)
    assert original["duplicates"] == []
    double = _create(api, **second)
    assert [(one["id"], one["reason"]) for one in double["duplicates"]] == [
        (original["client"]["id"], reason)
    ]
    listed = api.get(f"/v1/clients/{original['client']['id']}/duplicates").json()["items"]
    assert [one["id"] for one in listed] == [double["client"]["id"]]


def test_a_different_person_is_not_flagged(api: TestClient) -> None:
    _create(api, birth_date="1990-02-03", email="a@example.com")
    other = _create(api, phone="2125550199", birth_date="1990-02-04", email="b@example.com")
    assert other["duplicates"] == []


def test_an_edit_that_makes_a_double_flags_it(api: TestClient) -> None:
    original = _create(api)["client"]
    other = api.post("/v1/clients", json={**ADA, "first_name": "Eve", "phone": None})
    address = f"/v1/clients/{other.json()['client']['id']}"
    changed = api.patch(address, json={"phone": ADA["phone"]}, headers={"If-Match": other.headers["etag"]})
    assert [one["id"] for one in changed.json()["duplicates"]] == [original["id"]]


def _create_at_once(url_client: Any, headers: dict[str, str], desks: int, phone: str) -> None:
    barrier = threading.Barrier(desks)

    def desk() -> None:
        with url_client(headers=headers) as client:
            barrier.wait()
            assert client.post("/v1/clients", json={**ADA, "phone": phone}).status_code == 201

    threads = [threading.Thread(target=desk) for _ in range(desks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def _pairs(made: OrganizationSetUp) -> int:
    with made.database.session(org_id=made.org_id) as session:
        return int(session.execute(text("select count(*) from client_duplicate")).scalar_one())


ROUNDS = 15


def test_two_desks_at_once_still_flag(
    operational: Database, make_settings: MakeSettings, made: OrganizationSetUp, live_server: StartServer
) -> None:
    server = live_server(make_settings(operational))
    for number in range(ROUNDS):
        _create_at_once(server.client, made.headers, 2, f"21255501{number:02d}")
    assert _pairs(made) == ROUNDS


def test_control_without_the_lock_desks_miss_each_other(
    operational: Database,
    make_settings: MakeSettings,
    made: OrganizationSetUp,
    live_server: StartServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duplicates, "lock_identity", lambda *_: None)
    server = live_server(make_settings(operational))
    for number in range(40):
        _create_at_once(server.client, made.headers, 2, f"21255502{number:02d}")
    assert _pairs(made) < 40


def test_what_was_shown_is_audited(api: TestClient, made: OrganizationSetUp, operational: Database) -> None:
    client_id = made.clients[0]
    with operational.session("owner") as session:
        before = session.execute(text("select count(*) from audit.access")).scalar_one()
    api.get(f"/v1/clients/{client_id}")
    api.get("/v1/clients", params={"query": "nobody"})
    with operational.session("owner") as session:
        assert session.execute(text("select count(*) from audit.access")).scalar_one() == before + 2


def test_reading_needs_the_permission(api: TestClient, made: OrganizationSetUp) -> None:
    headers = made.key([Permission.BOOKING_READ])
    answer = api.get(f"/v1/clients/{made.clients[0]}", headers=headers)
    assert (answer.status_code, answer.json()["permission"]) == (403, "client.read")
    assert api.post("/v1/clients", json=ADA, headers=made.key([Permission.CLIENT_READ])).status_code == 403


def test_search_uses_an_index_under_row_security(operational: Database, made: OrganizationSetUp) -> None:
    """Row security lets an index be used only by comparisons that cannot leak."""
    with operational.session("owner") as session:
        session.execute(
            text(
                "insert into client (org_id, id, client_key, first_name, last_name, flags, created_at, phone)"
                " select :org, gen_random_uuid(), gen_random_uuid(), 'F' || n, 'L' || n, '{}', now(),"
                " '+1212' || (2000000 + n) from generate_series(1, 20000) n"
            ),
            {"org": made.org_id},
        )
        session.execute(text("analyze client"))
    engine = operational.engine()
    for query, index in (("l19999", "ix_client_name"), ("9999", "ix_client_phone_reversed")):
        statement = select(Client.id).where(matching(query))
        compiled = statement.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
        with operational.session(org_id=made.org_id) as session:
            open_audit(session, owner_of(made), Purpose.OPERATIONS)
            plan = "\n".join(session.scalars(text(f"explain {compiled}".replace(":", r"\:"))))
        assert index in plan
        assert "Seq Scan on client" not in plan
