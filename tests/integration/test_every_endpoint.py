"""What holds for every endpoint, found by walking the OpenAPI document: new endpoints are covered at once.

Another organization's ids are put in place of each parameter and each field in turn; nothing may be found,
nothing may change, on either side.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import _IncludedRouter
from fastapi.testclient import TestClient
from sqlalchemy import text

import operational.models as models
from medspa.kernel.settings import Settings
from operational.app import routers
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.openapi import Operation, document, operations
from tests.support.rows import seed_all

PUBLIC = {
    "POST /v1/session",
    "POST /v1/enrolments",
    "POST /v1/processor/events",
    "POST /v1/messenger/texts",
    "POST /v1/messenger/texts/{message_id}/status",
    "GET /v1/calendars/{token}.ics",
    "POST /v1/waitlist-offers/leave",
    "POST /v1/waitlist-offers/view",
    "POST /v1/waitlist-offers/accept",
    "POST /v1/waitlist-offers/decline",
    "POST /v1/payment-links/view",
    "POST /v1/payment-links/pay",
}
"""Endpoints without authentication: they check a password, a token or a signature of their own."""

ALIASES = {
    "assignee": "staff_member",
    "batch": "export_batch",
    "booker": "client",
    "category": "treatment_category",
    "consent": "signed_consent",
    "contact_text": "public_text",
    "exam": "good_faith_exam",
    "follow_up_of": "appointment",
    "item": "appointment_item",
    "jurisdiction": "tax_jurisdiction",
    "key": "api_key",
    "home_location": "location",
    "lot": "product_lot",
    "note": "chart_note",
    "other_client": "client",
    "payer": "client",
    "programme": "tender_programme",
    "provider": "staff_member",
    "to_gift_card": "gift_card",
    "record": "treatment_record",
    "required_category": "treatment_category",
    "required_service": "service",
    "session": "drawer_session",
    "staff": "staff_member",
    "subject": "staff_member",
    "template": "consent_template",
    "template_version": "consent_template_version",
}
"""What a parameter or field `<name>_id` refers to, where it is not the table `<name>`."""

OTHER_VALUES = {
    "business_date": "2026-03-02",
    "code": "neurotoxin_due_14_days",
    "format": "quickbooks",
    "kind": "invoice",
    "token": str(uuid.uuid4()),
}
"""Values of path parameters that are no ids."""

OWN_SIDE_EFFECTS = {"idempotency_key"}
"""Tables of the caller's own organization that a refused request may write to."""

DOCUMENT = document()
ALL = list(operations(DOCUMENT))
PRIVATE = [one for one in ALL if not one.is_public]

STATE = " union all ".join(
    f"select '{one.name}' as name, org_id, count(*) as rows, max(changed_xid) as last from {one.name}"
    f" where org_id in (:other{'' if one.name in OWN_SIDE_EFFECTS else ', :mine'}) group by org_id"
    for one in models.Base.metadata.sorted_tables
    if {"org_id", "changed_xid"} <= set(one.columns.keys())
)


def table_of(name: str) -> str | None:
    """The table whose ids go into `name`; None: it holds no id of a row."""
    stem = name.removesuffix("s").removesuffix("_id")
    table = ALIASES.get(stem, stem)
    return table if table in models.Base.metadata.tables else None


Ids = dict[str, uuid.UUID]


class World:
    """Two organizations with a row in every table, and a client that calls as the first."""

    def __init__(self, database: Database, client: TestClient) -> None:
        self.database = database
        self.client = client
        self.mine, self.other = organization(database), organization(database)
        self.my_ids = self._ids(self.mine)
        self.other_ids = self._ids(self.other)

    def _ids(self, made: OrganizationSetUp) -> Ids:
        return {**seed_all(self.database, made.org_id), "location": made.location_id}

    def call(self, operation: Operation, path_ids: Ids, body_ids: Ids, query: dict[str, str]) -> Any:
        path = operation.path
        for one in operation.parameters("path"):
            path = path.replace("{" + one["name"] + "}", _fill(one["name"], path_ids))
        headers = {**self.mine.headers, "If-Match": '"1"', "Idempotency-Key": str(uuid.uuid4())}
        body = operation.body(lambda name: _fill(name, body_ids))
        return self.client.request(operation.method, path, headers=headers, params=query, json=body)

    def state(self) -> dict[str, Any]:
        """Rows and last change per table of both organizations."""
        with self.database.session("owner") as session:
            rows = session.execute(text(STATE), {"mine": self.mine.org_id, "other": self.other.org_id})
            return {f"{row.name} of {row.org_id}": (row.rows, row.last) for row in rows}


def _fill(name: str, ids: Ids) -> str:
    table = table_of(name)
    if table is not None:
        return str(ids[table])
    assert name in OTHER_VALUES, f"say in ALIASES or OTHER_VALUES what {name} refers to"
    return OTHER_VALUES[name]


@pytest.fixture(scope="module")
def world(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = Settings(
        home=tmp_path_factory.mktemp("home") / "var", mode="demo", operational=operational_module.dsns
    )
    with client_of(settings) as client:
        yield World(operational_module, client)


def _required_query(operation: Operation, ids: Ids) -> dict[str, str]:
    values = {}
    for one in operation.parameters("query"):
        if one.get("required"):
            fill = lambda name: _fill(name, ids)  # noqa: E731
            values[one["name"]] = str(operation.example(one["name"], one["schema"], fill))
    return values


def _assert_refused(world: World, before: dict[str, Any], answer: Any, what: str) -> None:
    assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code not in (401, 405, 415), f"{what}: {answer.status_code}"
    assert answer.headers["content-type"] == "application/problem+json", what
    assert world.state() == before, f"{what}: something changed"


with_path_ids = [
    (operation, one["name"])
    for operation in PRIVATE
    for one in operation.parameters("path")
    if table_of(one["name"])
]
with_body_ids = [(operation, name) for operation in PRIVATE for name in operation.body_ids()]
with_query_ids = [
    (operation, one["name"])
    for operation in PRIVATE
    for one in operation.parameters("query")
    if table_of(one["name"])
]


@pytest.mark.parametrize(("operation", "name"), with_path_ids, ids=str)
def test_anothers_id_in_the_address(world: World, operation: Operation, name: str) -> None:
    table = table_of(name)
    assert table is not None
    foreign = {**world.my_ids, table: world.other_ids[table]}
    before = world.state()
    answer = world.call(operation, foreign, world.my_ids, _required_query(operation, world.my_ids))
    _assert_refused(world, before, answer, f"{operation} {name}")
    assert str(world.other_ids[table]) not in answer.text


@pytest.mark.parametrize(("operation", "name"), with_body_ids, ids=str)
def test_anothers_id_in_the_body(world: World, operation: Operation, name: str) -> None:
    table = table_of(name)
    assert table is not None, f"say in ALIASES what {name} refers to"
    foreign = {**world.my_ids, table: world.other_ids[table]}
    before = world.state()
    answer = world.call(operation, world.my_ids, foreign, {})
    _assert_refused(world, before, answer, f"{operation} {name}")


@pytest.mark.parametrize(("operation", "name"), with_query_ids, ids=str)
def test_anothers_id_in_a_filter(world: World, operation: Operation, name: str) -> None:
    table = table_of(name)
    assert table is not None
    query = {**_required_query(operation, world.my_ids), name: str(world.other_ids[table])}
    before = world.state()
    answer = world.call(operation, world.my_ids, world.my_ids, query)
    if answer.status_code == 200:
        assert answer.json()["items"] == []
    else:
        _assert_refused(world, before, answer, f"{operation} {name}")


@pytest.mark.parametrize("operation", PRIVATE, ids=str)
def test_every_endpoint_wants_to_know_who_asks(world: World, operation: Operation) -> None:
    path = operation.path
    for one in operation.parameters("path"):
        path = path.replace("{" + one["name"] + "}", _fill(one["name"], world.my_ids))
    query = _required_query(operation, world.my_ids)
    body = operation.body(lambda name: _fill(name, world.my_ids))
    key = {"Idempotency-Key": str(uuid.uuid4())}
    for headers in ({}, {"Authorization": "Bearer msk_unknown"}, {"Cookie": "medspa_session=unknown"}):
        answer = world.client.request(operation.method, path, headers=headers | key, params=query, json=body)
        assert answer.status_code == 401, f"{operation}: {answer.status_code}"
        assert answer.headers["www-authenticate"] == "Bearer"


def test_public_endpoints_are_the_known_ones() -> None:
    assert {str(one) for one in ALL if one.is_public} == PUBLIC


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_every_endpoint_is_documented(operation: Operation) -> None:
    responses = operation.definition["responses"]
    for status in ("400", "401", "403", "404", "409", "413", "415", "422", "429", "500"):
        content = responses[status]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, status
    good = {status: one for status, one in responses.items() if status.startswith("2")}
    assert good
    for status, one in good.items():
        contents = one.get("content", {})
        assert status == "204" or contents, f"{status} has no content"
        for kind, content in contents.items():
            assert kind != "application/json" or content["schema"], f"{status} has no schema"
    assert operation.definition["tags"]
    if "If-Match" in {one["name"] for one in operation.parameters("header")}:
        assert {"412", "428"} <= set(responses)
    if operation.method == "GET" and "limit" in {one["name"] for one in operation.parameters("query")}:
        assert "cursor" in {one["name"] for one in operation.parameters("query")}


def test_no_two_routes_answer_one_request() -> None:
    """Of two at one address the first would hide the second."""
    router_routes: list[Any] = [route for router in routers() for route in router.routes]
    served = [
        (method, re.sub(r"{[^}]*}", "{}", one.path))
        for route in router_routes
        # What a router includes is known as routes only where it is asked.
        for one in (route.effective_route_contexts() if isinstance(route, _IncludedRouter) else [route])
        for method in one.methods
    ]
    assert [one for one, count in Counter(served).items() if count > 1] == []


def test_operation_ids_are_unique() -> None:
    names = [one.definition["operationId"] for one in ALL]
    assert len(names) == len(set(names))


def test_control_without_row_security_the_walk_finds_what_leaks(world: World) -> None:
    """With a policy that shows the application every organization, reads answer what they refused above."""
    reads = [(operation, table_of(name)) for operation, name in with_path_ids if operation.method == "GET"]
    tables = [one for one in models.Base.metadata.sorted_tables if "org_id" in one.columns]
    leaks = 0
    with world.database.session("owner") as session:
        for table in tables:
            session.execute(text(f"create policy nothing_held on {table.name} to medspa_app using (true)"))
    try:
        for operation, name in reads:
            assert name is not None
            foreign = {**world.my_ids, name: world.other_ids[name]}
            answer = world.call(operation, foreign, foreign, _required_query(operation, foreign))
            leaks += answer.status_code == 200
    finally:
        with world.database.session("owner") as session:
            for table in tables:
                session.execute(text(f"drop policy nothing_held on {table.name}"))
    assert leaks > len(reads) // 2
