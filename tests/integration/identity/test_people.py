"""Staff, roles and API keys: nobody grants what they lack, somebody stays owner, changes count at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import ActorKind
from medspa.kernel.vocabulary import Permission as P  # noqa: N817
from operational.identity import grants, staff
from operational.identity.access import Actor
from operational.identity.staff import RoleAt
from tests.conftest import MakeSettings
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
def api(operational: Database, make_settings: MakeSettings) -> Iterator[TestClient]:
    with client_of(make_settings(operational)) as client:
        yield client


def _kind(answer: Any) -> str:
    return str(answer.json()["type"]).rsplit(":", 1)[1]


def _hire(api: TestClient, made: OrganizationSetUp, **values: Any) -> dict[str, Any]:
    body = {"label": "Nurse", "email": f"{len(made.clients)}{values.pop('at', 'n')}@staff.example", **values}
    answer = api.post("/v1/staff", json=body, headers=made.headers)
    assert answer.status_code == 201, answer.text
    hired: dict[str, Any] = answer.json()
    return hired


def test_a_manager_cannot_grant_what_they_lack(api: TestClient, made: OrganizationSetUp) -> None:
    manager = made.key([P.STAFF_MANAGE, P.BOOKING_READ])
    refused = api.post(
        "/v1/roles", json={"name": "Finance", "permissions": ["report.finance"]}, headers=manager
    )
    assert (refused.status_code, refused.json()["permissions"]) == (403, ["report.finance"])
    allowed = api.post("/v1/roles", json={"name": "Reader", "permissions": ["booking.read"]}, headers=manager)
    assert allowed.status_code == 201
    staff = _hire(api, made)["staff_id"]
    address = f"/v1/staff/{staff}/roles"
    owner_role = {"roles": [{"role_id": str(made.new.roles["Owner"])}]}
    assert _kind(api.put(address, json=owner_role, headers=manager)) == "grant-not-held"
    reader_role = {"roles": [{"role_id": allowed.json()["id"]}]}
    assert api.put(address, json=reader_role, headers=manager).status_code == 200
    assert _kind(api.post(f"/v1/staff/{made.owner_id}/enrolment", headers=manager)) == "grant-not-held"


def test_a_manager_cannot_take_what_they_lack(api: TestClient, made: OrganizationSetUp) -> None:
    manager = made.key([P.STAFF_MANAGE])
    role = api.get(f"/v1/roles/{made.new.roles['Owner']}", headers=manager)
    headers = {**manager, "If-Match": role.headers["etag"]}
    address = f"/v1/roles/{made.new.roles['Owner']}"
    assert _kind(api.patch(address, json={"permissions": []}, headers=headers)) == "grant-not-held"
    owner = f"/v1/staff/{made.owner_id}"
    headers["If-Match"] = api.get(owner, headers=manager).headers["etag"]
    assert _kind(api.patch(owner, json={"active": False}, headers=headers)) == "grant-not-held"


def test_a_manager_of_one_location_grants_only_there(api: TestClient, made: OrganizationSetUp) -> None:
    here, there = (str(one) for one in made.locations)
    manager = made.key([P.STAFF_MANAGE, P.BOOKING_READ], location_id=made.location_id)
    role = api.post(
        "/v1/roles", json={"name": "Reader", "permissions": ["booking.read"]}, headers=made.headers
    ).json()["id"]
    staff = _hire(api, made)["staff_id"]
    outcomes = {}
    for place in (here, there, None):
        body = {"roles": [{"role_id": role, "location_id": place}]}
        outcomes[place] = api.put(f"/v1/staff/{staff}/roles", json=body, headers=manager).status_code
        api.put(f"/v1/staff/{staff}/roles", json={"roles": []}, headers=made.headers)
    assert outcomes == {here: 200, there: 403, None: 403}


@pytest.mark.parametrize("change", [{"label": "Other"}, {"is_provider": False}, {"active": False}], ids=str)
def test_a_manager_of_one_location_edits_only_who_works_nowhere_else(
    api: TestClient, made: OrganizationSetUp, change: dict[str, Any]
) -> None:
    """Even with more rights at their own location than the other person has anywhere."""
    here, there = made.locations
    manager = made.key([P.STAFF_MANAGE, P.BOOKING_READ], location_id=here)
    role = api.post(
        "/v1/roles", json={"name": "Reader", "permissions": ["booking.read"]}, headers=made.headers
    ).json()["id"]

    def works_at(*places: object) -> int:
        at = [{"role_id": role, "location_id": str(place) if place else None} for place in places]
        hired = _hire(api, made, roles=at, is_provider=True, at=uuid.uuid4().hex)
        address = f"/v1/staff/{hired['staff_id']}"
        before = api.get(address, headers=made.headers)
        headers = {**manager, "If-Match": before.headers["etag"]}
        status: int = api.patch(address, json=change, headers=headers).status_code
        after = api.get(address, headers=made.headers).json()
        assert (after == before.json()) == (status == 403)
        return status

    assert [works_at(*places) for places in ((here,), (there,), (here, there), (None,), ())] == [
        200, 403, 403, 403, 200
    ]  # fmt: skip


def test_rights_at_a_location_are_not_its_management(api: TestClient, made: OrganizationSetUp) -> None:
    """Who manages the staff here and only works there neither gives roles nor resets passwords there."""
    here, there = made.locations
    held = [P.STAFF_MANAGE, P.BOOKING_READ]
    manager = made.staff(held, location_id=here)
    actor = Actor(
        made.org_id, ActorKind.STAFF, manager, manager, "test",
        {here: frozenset(held), there: frozenset({P.BOOKING_READ})},
    )  # fmt: skip
    role = uuid.UUID(
        api.post(
            "/v1/roles", json={"name": "Reader", "permissions": ["booking.read"]}, headers=made.headers
        ).json()["id"]
    )
    colleague = made.staff([P.BOOKING_READ], location_id=there)
    newcomer = made.staff([P.BOOKING_READ], location_id=here)
    refused: list[Callable[[Session], object]] = [
        lambda session: staff.start_enrolment(session, actor, colleague),
        lambda session: staff.set_roles(session, actor, colleague, []),
        lambda session: staff.set_roles(session, actor, newcomer, [RoleAt(role, there)]),
    ]
    for step in refused:
        with pytest.raises(Forbidden), made.database.session("app", made.org_id) as session:
            step(session)
    with made.database.session("app", made.org_id) as session:
        assert staff.set_roles(session, actor, newcomer, [RoleAt(role, here)]) == [RoleAt(role, here)]
        assert staff.start_enrolment(session, actor, newcomer)


def test_the_last_owner_stays(api: TestClient, made: OrganizationSetUp) -> None:
    refusals = [api.put(f"/v1/staff/{made.owner_id}/roles", json={"roles": []}, headers=made.headers)]
    owner = f"/v1/staff/{made.owner_id}"
    etag = api.get(owner, headers=made.headers).headers["etag"]
    refusals.append(api.patch(owner, json={"active": False}, headers={**made.headers, "If-Match": etag}))
    role = f"/v1/roles/{made.new.roles['Owner']}"
    etag = api.get(role, headers=made.headers).headers["etag"]
    body = {"permissions": ["staff.manage", "booking.read"]}
    refusals.append(api.patch(role, json=body, headers={**made.headers, "If-Match": etag}))
    assert [(one.status_code, _kind(one)) for one in refusals] == [(409, "last-owner")] * 3
    assert api.get("/v1/roles", headers=made.headers).status_code == 200


def _two_owners(api: TestClient, made: OrganizationSetUp) -> list[tuple[str, dict[str, str]]]:
    """(the other's id, own headers) of two owners who remove each other at once."""
    role = {"role_id": str(made.new.roles["Owner"])}
    second = _hire(api, made, roles=[role])["staff_id"]
    second_headers = made.key(list(P), staff_id=second)
    return [(second, made.headers), (str(made.owner_id), second_headers)]


def _remove_each_other(api: TestClient, made: OrganizationSetUp) -> list[int]:
    barrier, statuses = threading.Barrier(2), []

    def remove(other: str, headers: dict[str, str]) -> None:
        barrier.wait()
        answer = api.put(f"/v1/staff/{other}/roles", json={"roles": []}, headers=headers)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=remove, args=one) for one in _two_owners(api, made)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(statuses)


def _owners(made: OrganizationSetUp) -> int:
    with made.database.session("owner") as session:
        statement = text("select count(*) from staff_role where org_id = :org and role_id = :role")
        values = {"org": made.org_id, "role": made.new.roles["Owner"]}
        return int(session.execute(statement, values).scalar_one())


def test_of_two_owners_who_remove_each_other_one_stays(api: TestClient, operational: Database) -> None:
    for _ in range(10):
        made = organization(operational)
        statuses = _remove_each_other(api, made)
        assert statuses[0] == 200
        assert statuses[1] in (403, 409)
        assert _owners(made) == 1


def test_control_without_the_lock_both_are_removed(
    api: TestClient, operational: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "lock", lambda _: None)
    left = []
    for _ in range(40):
        made = organization(operational)
        _remove_each_other(api, made)
        left.append(_owners(made))
        if 0 in left:
            break
    assert 0 in left


def test_roles_count_from_the_next_request_on(api: TestClient, made: OrganizationSetUp) -> None:
    role = api.post(
        "/v1/roles", json={"name": "Reader", "permissions": ["client.read"]}, headers=made.headers
    )
    staff = _hire(api, made, roles=[{"role_id": role.json()["id"]}])["staff_id"]
    theirs = made.key([P.CLIENT_READ], staff_id=staff)
    assert api.get("/v1/clients", headers=theirs).status_code == 200
    headers = {**made.headers, "If-Match": role.headers["etag"]}
    changed = api.patch(f"/v1/roles/{role.json()['id']}", json={"permissions": []}, headers=headers)
    assert changed.status_code == 200
    assert api.get("/v1/clients", headers=theirs).status_code == 403


def test_leaving_ends_keys_and_sessions(api: TestClient, made: OrganizationSetUp) -> None:
    staff = _hire(api, made, roles=[{"role_id": str(made.new.roles["Front desk"])}])["staff_id"]
    theirs = made.key([P.CLIENT_READ], staff_id=staff)
    address = f"/v1/staff/{staff}"
    etag = api.get(address, headers=made.headers).headers["etag"]
    api.patch(address, json={"active": False}, headers={**made.headers, "If-Match": etag})
    assert api.get("/v1/clients", headers=theirs).status_code == 401


def test_a_key_is_shown_once_scoped_revoked_and_expires(api: TestClient, made: OrganizationSetUp) -> None:
    maker = made.key([P.API_KEY_MANAGE, P.CLIENT_READ])
    body = {"name": "Till", "scopes": ["client.read", "report.finance"]}
    assert _kind(api.post("/v1/api-keys", json=body, headers=maker)) == "grant-not-held"
    expires = clock.now() + timedelta(days=1)
    body = {"name": "Till", "scopes": ["client.read"], "expires_at": expires.isoformat()}
    created = api.post("/v1/api-keys", json=body, headers=maker).json()
    headers = {"Authorization": f"Bearer {created['key']}"}
    assert api.get("/v1/clients", headers=headers).status_code == 200
    assert api.get("/v1/api-keys", headers=headers).status_code == 403
    listed = api.get("/v1/api-keys", headers=maker)
    assert created["key"] not in listed.text
    with clock.frozen(expires):
        assert api.get("/v1/clients", headers=headers).status_code == 401
    assert api.delete(f"/v1/api-keys/{created['id']}", headers=maker).json()["revoked_at"]
    assert api.get("/v1/clients", headers=headers).status_code == 401
    past = {**body, "expires_at": "2020-01-01T00:00:00Z"}
    assert api.post("/v1/api-keys", json=past, headers=maker).status_code == 422


def test_an_address_is_used_once(api: TestClient, made: OrganizationSetUp) -> None:
    _hire(api, made)
    body = {"label": "Other", "email": "1N@staff.example"}
    answer = api.post("/v1/staff", json=body, headers=made.headers)
    assert (answer.status_code, _kind(answer)) == (409, "already-exists")
    assert "staff.example" not in answer.text.lower()
