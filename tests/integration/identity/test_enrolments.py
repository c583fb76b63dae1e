"""Who is hired gets a code, chooses a password with it once, and soon."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from operational.identity import staff
from operational.identity.errors import LinkSpent
from operational.identity.unit import Services
from operational.privacy.vault import Vault
from tests.conftest import MakeSettings
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database

PASSWORD = "a long enough password"


@pytest.fixture
def made(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module)


@pytest.fixture
def api(operational_module: Database, make_settings: MakeSettings) -> Iterator[TestClient]:
    with client_of(make_settings(operational_module)) as client:
        yield client


@pytest.fixture
def hired(api: TestClient, made: OrganizationSetUp) -> dict[str, Any]:
    body = {"label": "Nurse", "email": f"{uuid.uuid4().hex}@staff.example"}
    answer = api.post("/v1/staff", json=body, headers=made.headers)
    assert answer.status_code == 201, answer.text
    return {**body, **answer.json()}


def test_an_enrolment_token_works_once(api: TestClient, hired: dict[str, Any]) -> None:
    body = {"token": hired["enrolment_token"], "password": PASSWORD}
    assert api.post("/v1/enrolments", json={**body, "password": "short"}).status_code == 422
    assert api.post("/v1/enrolments", json=body).status_code == 204
    assert api.post("/v1/enrolments", json=body).status_code == 410
    assert api.post("/v1/enrolments", json={**body, "token": "unknown"}).status_code == 410
    credentials = {"email": hired["email"], "password": PASSWORD}
    assert api.post("/v1/session", json=credentials).status_code == 201


def test_no_password_is_looked_at_for_an_unknown_enrolment_token(
    operational_module: Database, hired: dict[str, Any], make_settings: MakeSettings
) -> None:
    """A hash costs on purpose: who has no token does not make it run. Its first step refuses this one."""
    app = operational_module.engine("app")
    services = Services(make_settings(operational_module), app, Vault(b"k" * 32))
    with pytest.raises(LinkSpent):
        staff.accept_enrolment(services, "unknown", "short")
    with pytest.raises(Invalid):
        staff.accept_enrolment(services, hired["enrolment_token"], "short")


def test_a_new_enrolment_token_replaces_the_old(
    api: TestClient, made: OrganizationSetUp, hired: dict[str, Any]
) -> None:
    address = f"/v1/staff/{hired['staff_id']}/enrolment"
    again = api.post(address, headers=made.headers).json()["enrolment_token"]
    body = {"token": hired["enrolment_token"], "password": PASSWORD}
    assert api.post("/v1/enrolments", json=body).status_code == 410
    assert api.post("/v1/enrolments", json={**body, "token": again}).status_code == 204


def test_an_expired_enrolment_token_is_refused(api: TestClient, hired: dict[str, Any]) -> None:
    body = {"token": hired["enrolment_token"], "password": PASSWORD}
    with clock.frozen(clock.now() + timedelta(days=3, seconds=1)):
        assert api.post("/v1/enrolments", json=body).status_code == 410
