"""What may charge a fee happens once per Idempotency-Key: late cancellations, no-shows, late moves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.booking.queries import VisitRow
from operational.checkout import claims
from tests.conftest import MakeSettings
from tests.factories.booking import add_shift, book_visit, next_weekday, unit
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.together import together

PROBLEM = "urn:medspa:problem:"


@pytest.fixture
def setup(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module)


@pytest.fixture
def start(setup: OrganizationSetUp) -> datetime:
    start = next_weekday()
    add_shift(setup, start - timedelta(hours=2), start + timedelta(hours=6))
    return start


@pytest.fixture
def booked(setup: OrganizationSetUp, start: datetime) -> VisitRow:
    with unit(setup.database, setup) as session:
        return book_visit(session, setup, start, service_id=setup.consultation_id)


@pytest.fixture
def http(operational_module: Database, make_settings: MakeSettings) -> Iterator[TestClient]:
    with client_of(make_settings(operational_module)) as client:
        yield client


KINDS = ("cancel", "no-show", "move")


class Desk:
    """Sends one of the three requests; `at` is a time at which it costs a fee."""

    def __init__(self, http: TestClient, setup: OrganizationSetUp, booked: VisitRow, kind: str) -> None:
        self.http, self.setup, self.booked, self.kind = http, setup, booked, kind
        after = timedelta(minutes=1) if kind == "no-show" else timedelta(hours=-1)
        self.at = booked.starts_at + after

    def send(self, key: str | None, *, headers: dict[str, str] | None = None, **changed: Any) -> Any:
        path = f"/v1/appointments/{self.booked.id}"
        sent = {**(headers or self.setup.headers), **({"Idempotency-Key": key} if key is not None else {})}
        if self.kind == "move":
            later = (self.booked.starts_at + timedelta(hours=1)).isoformat()
            body = {"starts_at": later, "by": "client", **changed}
            sent["If-Match"] = f'"{self.booked.version}"'
            return self.http.patch(path, json=body, headers=sent)
        body = {"by": "client", **changed} if self.kind == "cancel" else changed
        return self.http.post(f"{path}/{self.kind}", json=body, headers=sent)

    def fees(self) -> list[int]:
        with self.setup.database.session("admin") as session:
            query = "select net_minor from invoice_line where kind = 'fee' and org_id = :org"
            return list(session.scalars(text(query), {"org": self.setup.org_id}))

    def shown(self) -> int:
        """How often the client of the visit was shown, by the audit."""
        with self.setup.database.session("admin") as session:
            query = "select count(*) from audit.disclosure where org_id = :org and :client = any (client_ids)"
            return int(
                session.execute(
                    text(query), {"org": self.setup.org_id, "client": self.booked.client_id}
                ).scalar_one()
            )


@pytest.fixture(params=KINDS)
def desk(
    http: TestClient, setup: OrganizationSetUp, booked: VisitRow, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    """The clock is held around all requests: several threads holding it would let go of each other's."""
    made = Desk(http, setup, booked, request.param)
    with clock.frozen(made.at):
        yield made


def test_a_retry_answers_the_same_and_charges_nothing(desk: Desk) -> None:
    key = uuid.uuid4().hex
    first = desk.send(key)
    assert first.status_code == 200, first.text
    second = desk.send(key)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["ETag"] == first.headers["ETag"]
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    assert second.headers["Cache-Control"] == "no-store"
    assert desk.fees() == [5_000]


def test_a_replay_is_authorized_and_audited_again(desk: Desk) -> None:
    key = uuid.uuid4().hex
    assert desk.send(key).status_code == 200
    once = desk.shown()
    assert desk.send(key).status_code == 200
    assert desk.shown() > once
    with desk.setup.database.session("owner") as session:
        session.execute(
            text("update api_key set scopes = '{booking.read}' where org_id = :org"),
            {"org": desk.setup.org_id},
        )
    assert desk.send(key).status_code == 403


def test_nothing_but_ids_is_kept(desk: Desk) -> None:
    desk.send(uuid.uuid4().hex)
    with desk.setup.database.session("admin") as session:
        query = "select convert_from(answer, 'UTF8') from idempotency_key where org_id = :org"
        (kept,) = session.scalars(text(query), {"org": desk.setup.org_id})
    assert str(desk.booked.client_id) not in kept
    assert "starts_at" not in kept


def test_another_request_under_the_key_is_refused(desk: Desk) -> None:
    key = uuid.uuid4().hex
    assert desk.send(key).status_code == 200
    other = desk.send(key, waive_fee=True)
    assert (other.status_code, other.json()["type"]) == (422, PROBLEM + "idempotency-key-reused")


def test_a_request_in_progress_is_told_so(desk: Desk) -> None:
    key = uuid.uuid4().hex
    assert desk.send(key).status_code == 200
    with desk.setup.database.session("owner") as session:
        session.execute(
            text(
                "update idempotency_key set state = 'in_progress', status_code = null, answer = null,"
                " claimed_until = :until where org_id = :org"
            ),
            {"until": desk.at + timedelta(seconds=claims.CLAIM_SECONDS), "org": desk.setup.org_id},
        )
    busy = desk.send(key)
    assert (busy.status_code, busy.json()["type"]) == (409, PROBLEM + "in-progress")


def test_without_a_key_nothing_is_done(desk: Desk) -> None:
    for key in (None, "", " "):
        refused = desk.send(key)
        assert (refused.status_code, refused.json()["type"]) == (400, PROBLEM + "idempotency-key-missing")
    assert desk.fees() == []


def test_a_refusal_leaves_the_key_unused(desk: Desk) -> None:
    key = uuid.uuid4().hex
    permissions = [Permission.BOOKING_WRITE, Permission.BOOKING_READ]
    unpermitted = desk.send(key, headers=desk.setup.key(permissions), waive_fee=True)
    assert unpermitted.status_code == 403
    assert desk.send(key).status_code == 200
    assert desk.fees() == [5_000]


def test_eight_at_once_with_one_key_charge_once(desk: Desk) -> None:
    key = uuid.uuid4().hex
    answers = together([partial(desk.send, key)] * 8)
    statuses = [getattr(one, "status_code", 0) for one in answers]
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert desk.fees() == [5_000]


def test_the_practice_moves_without_a_key_or_with_one(
    http: TestClient, setup: OrganizationSetUp, booked: VisitRow
) -> None:
    """What never costs a fee needs none; a key that is sent holds."""
    path, key = f"/v1/appointments/{booked.id}", uuid.uuid4().hex
    seen = {**setup.headers, "If-Match": f'"{booked.version}"'}
    body = {"starts_at": (booked.starts_at + timedelta(hours=1)).isoformat()}
    moved = [http.patch(path, json=body, headers={**seen, "Idempotency-Key": key}) for _ in range(2)]
    assert [one.status_code for one in moved] == [200, 200]
    assert http.patch(path, json=body, headers=seen).status_code == 412
    again = {**setup.headers, "If-Match": moved[0].headers["ETag"]}
    assert http.patch(path, json=body, headers=again).status_code == 200
