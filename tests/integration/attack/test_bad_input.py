"""Every field of every request spoilt in every way: a problem document, never a failure, nothing half done.

The requests are made from the OpenAPI document, so a new endpoint is covered at once; the practice they
are sent to has lived the demonstration's day.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import uuid
import zlib
from collections.abc import Iterator
from typing import Any, TypeVar, cast
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

import operational.models as models
from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.local.demo import practice as setup
from medspa.local.demo import story
from medspa.local.demo.desk import SimulatedClock
from operational.organization.bootstrap import create_organization
from tests.support.api import client_of
from tests.support.bad_values import (
    BODIES,
    HEADERS,
    MARKUP,
    QUOTES,
    Bad,
    Verdict,
    bad_bodies,
    bad_parameters,
)
from tests.support.databases import Database
from tests.support.moved import Watch
from tests.support.openapi import Operation, document, operations
from tests.support.rows import seed_all

DAY = dt.date(2026, 6, 10)
ALL = list(operations(document()))
WRITES = [one for one in ALL if one.method in ("POST", "PATCH", "PUT")]
WITH_BODY = [one for one in WRITES if one.body_schema is not None]
KINDS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""]
TYPE = re.compile(r"urn:medspa:problem:[a-z][a-z0-9-]+")

ALIASES = {
    "category": "treatment_category",
    "consent": "signed_consent",
    "follow_up_of": "appointment",
    "home_location": "location",
    "item": "appointment_item",
    "jurisdiction": "tax_jurisdiction",
    "key": "api_key",
    "lot": "product_lot",
    "note": "chart_note",
    "provider": "staff_member",
    "record": "treatment_record",
    "session": "drawer_session",
    "staff": "staff_member",
    "template": "consent_template",
    "template_version": "consent_template_version",
}
"""What a parameter or field `<name>_id` refers to, where it is not the table `<name>`."""

Way = TypeVar("Way")


MAY_MOVE = {"public.idempotency_key", "directory.attempt"}
"""Tables that a refused request may write to, beside the audit of what was read for it."""


class World:
    """A practice after its day, its owner's key, and a client of the API."""

    def __init__(self, database: Database, http: Any) -> None:
        self.http = http
        made = create_organization(
            database.engine("owner"), name="Practice", slug="practice", owner_label="Owner",
            owner_email="owner@practice.example",
        )  # fmt: skip
        self.headers = {"Authorization": f"Bearer {made.api_key}"}
        simulated = SimulatedClock(setup.TIMEZONE, clock.now())
        simulated.at(DAY - dt.timedelta(days=82), "09:00")
        clock.install(simulated)
        client = cast(httpx.Client, http)
        practice = setup.set_up(client, made.api_key, simulated, DAY - dt.timedelta(days=365), DAY)
        told = story.live(practice, DAY)
        note = practice.nurse.everything(f"/v1/clients/{told.due_clients[0]}/notes")[0]
        practice.nurse.post(f"/v1/notes/{note['id']}/addenda", {"body": "Seen again."})
        self.ids = seed_all(database, made.org_id)
        self.ids["staff_member"] = uuid.UUID(practice.staff["Nurse"])
        # What somebody wrote is sealed: the row of a factory could not be opened.
        asked = {"source": "phone", "first_name": "Asked", "last_name": "Once", "phone": "+12025550144"}
        lead = practice.front.post("/v1/leads", {"location_id": str(self.ids["location"]), **asked})
        self.ids["lead"] = uuid.UUID(lead["id"])
        with database.session("owner") as session:
            # Another role than the owner's: what a request does to it must not lock the owner out.
            self.ids["role"] = session.execute(
                text("select id from role where org_id = :org and name = 'Front desk'"), {"org": made.org_id}
            ).scalar_one()
        self.state = Watch(database, but=MAY_MOVE).look

    def fill(self, name: str) -> str:
        stem = name.removesuffix("s").removesuffix("_id")
        table = ALIASES.get(stem, stem)
        if table in models.Base.metadata.tables and table in self.ids:
            return str(self.ids[table])
        return {"business_date": DAY.isoformat(), "code": "neurotoxin_due_14_days"}.get(name, name)

    def send(
        self,
        operation: Operation,
        content: bytes,
        kind: str = "application/json",
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str | bytes] | None = None,
    ) -> Any:
        """Call an operation with its parameters filled in, except for those that are given."""
        address = operation.path
        for one in operation.parameters("path"):
            value = (path or {}).get(one["name"]) or self.fill(one["name"])
            address = address.replace("{" + one["name"] + "}", quote(value, safe=""))
        sent = {**self.headers, "If-Match": '"1"', "Idempotency-Key": str(uuid.uuid4()), **(headers or {})}
        if content:
            sent["Content-Type"] = kind
        return self.http.request(
            operation.method,
            address,
            headers=sent,
            content=content,
            params={**self.query(operation), **(query or {})},
        )

    def query(self, operation: Operation) -> dict[str, str]:
        """The parameters after the question mark that the operation requires."""
        required = [one for one in operation.parameters("query") if one.get("required")]
        return {
            one["name"]: str(operation.example(one["name"], one["schema"], self.fill)) for one in required
        }

    def body(self, operation: Operation) -> bytes:
        return b"" if operation.body_schema is None else json.dumps(operation.body(self.fill)).encode()


@pytest.fixture(scope="module")
def world(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home") / "var"
    settings = Settings(home=home, mode="demo", operational=operational_module.dsns)
    with clock.frozen(clock.now()), client_of(settings) as http:
        yield World(operational_module, http)


def _problem(answer: Any) -> dict[str, Any]:
    """The answer's problem document. AssertionError when it is none."""
    assert answer.headers["content-type"] == "application/problem+json", answer.headers["content-type"]
    body: dict[str, Any] = answer.json()
    assert TYPE.fullmatch(body["type"]), body["type"]
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    assert not any(one in answer.text for one in (MARKUP, QUOTES)), "what was sent is echoed"
    return body


def _complaint(world: World, bad: Bad, answer: Any) -> str | None:
    """What is wrong with the answer to a bad body; None: nothing."""
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.status_code < 400:
        return None if bad.verdict is Verdict.SURVIVED else f"accepted with {answer.status_code}"
    problem = _problem(answer)
    if bad.verdict is Verdict.NAMED:
        named = {one["field"] for one in problem.get("errors") or []}
        if not any(one == bad.field or one.startswith((f"{bad.field}.", f"{bad.field}[")) for one in named):
            return f"{answer.status_code} {problem['type'].rsplit(':', 1)[1]} names {sorted(named)}"
    return None


def _some(operation: Operation, ways: list[Way]) -> list[Way]:
    """Every fifth way, beginning elsewhere at each request; all of them with SPOILT=all."""
    if os.environ.get("SPOILT") == "all":
        return ways
    return ways[zlib.crc32(str(operation).encode()) % 5 :: 5]


def test_what_is_written_is_seen(world: World) -> None:
    before = world.state()
    operation = next(one for one in WITH_BODY if str(one) == "POST /v1/clients")
    assert world.send(operation, world.body(operation)).status_code == 201
    assert world.state()["public.client"] != before["public.client"]


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_every_field_spoilt(world: World, operation: Operation) -> None:
    """What must be refused is sent first, so that one look says whether any of it moved something."""
    bodies = _some(operation, list(bad_bodies(operation, world.fill)))
    refused = [bad for bad in bodies if bad.verdict is not Verdict.SURVIVED]
    complaints = []
    before = world.state()
    for bad in refused:
        answer = world.send(operation, json.dumps(bad.body).encode())
        if complaint := _complaint(world, bad, answer):
            complaints.append(f"{bad}: {complaint}")
    after = world.state()
    if after != before:
        complaints.append(
            f"refused, but moved {sorted(name for name in after if after[name] != before[name])}"
        )
    for bad in (one for one in bodies if one.verdict is Verdict.SURVIVED):
        before = after
        answer = world.send(operation, json.dumps(bad.body).encode())
        after = world.state()
        if complaint := _complaint(world, bad, answer):
            complaints.append(f"{bad}: {complaint}")
        if answer.status_code >= 400 and after != before:
            moved = sorted(name for name in after if after[name] != before[name])
            complaints.append(f"{bad}: {answer.status_code} but moved {moved}")
    assert not complaints, "\n".join(complaints)
    assert world.http.get("/v1/organization", headers=world.headers).status_code == 200


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_body_that_is_none(world: World, operation: Operation) -> None:
    before = world.state()
    for what, (content, statuses) in _some(operation, list(BODIES.items())):
        answer = world.send(operation, content, headers={"If-Match": '"99"'})
        assert answer.status_code in statuses, f"{what}: {answer.status_code} {answer.text[:200]}"
        _problem(answer)
    good = json.dumps(operation.body(world.fill)).encode()
    for kind in _some(operation, KINDS):
        answer = world.send(operation, good, kind)
        assert answer.status_code == 415, f"{kind}: {answer.status_code} {answer.text[:200]}"
        _problem(answer)
    assert world.state() == before


@pytest.mark.parametrize("operation", WRITES[::3], ids=str)
def test_ten_megabytes(world: World, operation: Operation) -> None:
    """At some operations: how long a body may be is decided before its address is looked at."""
    before = world.state()
    answer = world.send(operation, b'{"name": "' + b"x" * 10_000_000 + b'"}')
    assert answer.status_code == 413
    assert _problem(answer)["type"] == "urn:medspa:problem:too-large"
    assert world.state() == before


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_every_parameter_spoilt(world: World, operation: Operation) -> None:
    """What must be refused first, then what may be taken: reading moves nothing whatever it answers."""
    complaints = []
    before, body = world.state(), world.body(operation)
    ways = _some(operation, list(bad_parameters(operation)))
    for where, name, value, verdict in sorted(ways, key=lambda one: one[3] is Verdict.SURVIVED):
        answer = world.send(operation, body, **{where: {name: value}})  # type: ignore[arg-type]
        told = f"{where} {name}={value[:40]!r}: {answer.status_code}"
        if answer.status_code >= 500:
            complaints.append(told)
        elif answer.status_code >= 400:
            _problem(answer)
        elif verdict is Verdict.REFUSED:
            complaints.append(told)
        if verdict is Verdict.SURVIVED and operation.method != "GET":
            # What was taken may have moved something; what was refused must not.
            after = world.state()
            if answer.status_code >= 400 and after != before:
                complaints.append(f"{told} but something moved")
            before = after
    if world.state() != before:
        complaints.append("what was refused moved something")
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_every_header_spoilt(world: World, operation: Operation) -> None:
    wanted = {one["name"].lower() for one in operation.parameters("header")}
    before, body = world.state(), world.body(operation)
    for name, values in HEADERS.items():
        for value in values:
            if name.lower() not in wanted and (name != "Authorization" or operation.is_public):
                continue
            answer = world.send(operation, body, headers={name: value.encode("latin-1")})
            assert 400 <= answer.status_code < 500, f"{name}: {value[:40]!r}: {answer.status_code}"
            _problem(answer)
    assert world.state() == before
