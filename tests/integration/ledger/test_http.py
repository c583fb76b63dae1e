"""Drawers and days over HTTP, as a desk and a manager use them, and as they must not be usable."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Permission
from tests.factories.ledger import NOON, TODAY
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture(scope="module")
def made(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module)


@pytest.fixture(scope="module")
def api(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("ledger") / "var"
    home.mkdir(mode=0o711)
    settings = Settings(home=home, mode="demo", operational=operational_module.dsns)
    with clock.frozen(NOON), client_of(settings) as client:
        yield client


def _post(api: TestClient, made: OrganizationSetUp, path: str, body: Any = None, **headers: str) -> Any:
    sent = {**made.headers, "Idempotency-Key": str(uuid.uuid4()), **headers}
    return api.post(path, json=body, headers=sent)


def _drawer(api: TestClient, made: OrganizationSetUp) -> str:
    answer = _post(api, made, f"/v1/locations/{made.location_id}/drawers", {"name": uuid.uuid4().hex})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _open(api: TestClient, made: OrganizationSetUp, drawer: str, opening: int = 20_000) -> str:
    answer = _post(api, made, f"/v1/drawers/{drawer}/sessions", {"opening_float_minor": opening})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _day(made: OrganizationSetUp, day: date = TODAY) -> str:
    return f"/v1/locations/{made.location_id}/days/{day}"


def test_a_day_from_float_to_close(api: TestClient, operational_module: Database) -> None:
    made = organization(operational_module)
    drawer = _drawer(api, made)
    session = _open(api, made, drawer)
    dropped = _post(
        api,
        made,
        f"/v1/drawer-sessions/{session}/movements",
        {"kind": "drop", "amount_minor": 5_000, "reason": "safe"},
    )
    assert dropped.status_code == 201, dropped.text
    shown = api.get(f"/v1/drawer-sessions/{session}", headers=made.headers).json()
    assert shown["expected_minor"] is None
    preview = api.get(f"{_day(made)}/close", headers=made.headers).json()
    assert [blocker["code"] for blocker in preview["blockers"]] == ["session_uncounted"]
    assert preview["figures"] == []
    assert preview["blockers"][0]["links"] == [f"/v1/drawer-sessions/{session}"]
    blocked = _post(api, made, f"{_day(made)}/close")
    assert blocked.status_code == 409
    assert blocked.json()["type"] == "urn:medspa:problem:day-blocked"
    assert blocked.json()["blockers"] == preview["blockers"]
    counted = _post(
        api,
        made,
        f"/v1/drawer-sessions/{session}/count",
        {"pieces": [{"denomination_minor": 5_000, "pieces": 3}], "float_left_minor": 15_000},
    )
    assert counted.status_code == 200, counted.text
    assert {key: counted.json()[key] for key in ("expected_minor", "over_short_minor", "deposit_minor")} == {
        "expected_minor": 15_000, "over_short_minor": 0, "deposit_minor": 0
    }  # fmt: skip
    closed = _post(api, made, f"{_day(made)}/close")
    assert closed.status_code == 200, closed.text
    assert len(closed.json()["figures_sha256"]) == 64
    day = api.get(_day(made), headers=made.headers).json()
    assert (day["status"], day["intact"], day["figures"]) == ("closed", True, closed.json()["figures"])
    again = _post(api, made, f"{_day(made)}/close")
    assert (again.status_code, again.json()["type"]) == (409, "urn:medspa:problem:day-closed")
    listed = api.get(f"/v1/locations/{made.location_id}/days", headers=made.headers).json()["items"]
    assert [(one["business_date"], one["status"]) for one in listed] == [(str(TODAY), "closed")]
    assert api.get(f"{_day(made)}/changes", headers=made.headers).json() == {
        "items": [], "next_cursor": None
    }  # fmt: skip


def test_a_retry_with_the_same_key_moves_cash_once(api: TestClient, made: OrganizationSetUp) -> None:
    session = _open(api, made, _drawer(api, made))
    body = {"kind": "drop", "amount_minor": 5_000, "reason": "safe"}
    path, key = f"/v1/drawer-sessions/{session}/movements", str(uuid.uuid4())
    first = _post(api, made, path, body, **{"Idempotency-Key": key})
    second = _post(api, made, path, body, **{"Idempotency-Key": key})
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    listed = api.get(path, headers=made.headers).json()["items"]
    assert len(listed) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/drawers/{drawer}/sessions", {"opening_float_minor": 0}, 409, "drawer-already-open"),
        ("/v1/drawers/{drawer}/sessions", {"opening_float_minor": -1}, 422, "validation"),
        ("/v1/drawers/{unknown}/sessions", {"opening_float_minor": 0}, 404, "not-found"),
        ("/v1/drawers/nonsense/sessions", {"opening_float_minor": 0}, 422, "validation"),
        ("/v1/drawer-sessions/{unknown}/count", {"pieces": [], "float_left_minor": 0}, 404, "not-found"),
        ("/v1/drawer-sessions/{session}/count", {"pieces": [], "float_left_minor": 1}, 422, "invalid"),
        (
            "/v1/drawer-sessions/{session}/count",
            {"pieces": [{"denomination_minor": 3, "pieces": 1}], "float_left_minor": 0},
            422,
            "invalid",
        ),
        (
            "/v1/drawer-sessions/{session}/count",
            {"pieces": [{"denomination_minor": 100, "pieces": 1}] * 2, "float_left_minor": 0},
            422,
            "doubled-denomination",
        ),
        (
            "/v1/drawer-sessions/{session}/movements",
            {"kind": "drop", "amount_minor": 0, "reason": "safe"},
            422,
            "validation",
        ),
        (
            "/v1/drawer-sessions/{session}/movements",
            {"kind": "paid_out", "amount_minor": 5, "reason": "lunch"},
            422,
            "invalid",
        ),
        (
            "/v1/drawer-sessions/{session}/movements",
            {"kind": "drop", "amount_minor": 20_001, "reason": "safe"},
            409,
            "not-enough-cash",
        ),
        ("/v1/locations/{unknown}/days/2026-03-10/close", None, 404, "not-found"),
        ("/v1/locations/{location}/days/2026-03-11/close", None, 422, "day-not-begun"),
        ("/v1/locations/{location}/days/9999-12-31/close", None, 422, "day-not-begun"),
        ("/v1/locations/{location}/days/2026-02-30/close", None, 422, "validation"),
    ],
)
def test_bad_input_says_what_to_fix(
    api: TestClient, made: OrganizationSetUp, path: str, body: Any, status: int, code: str
) -> None:
    drawer = _drawer(api, made)
    session = _open(api, made, drawer)
    names = {
        "drawer": drawer,
        "session": session,
        "unknown": str(new_id()),
        "location": str(made.location_id),
    }
    answer = _post(api, made, path.format(**names), body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:medspa:problem:{code}"), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_money_needs_an_idempotency_key(api: TestClient, made: OrganizationSetUp) -> None:
    drawer = _drawer(api, made)
    answer = api.post(f"/v1/drawers/{drawer}/sessions", json={"opening_float_minor": 0}, headers=made.headers)
    assert answer.status_code in (400, 422, 428), answer.text
    listed = api.get(
        f"/v1/drawer-sessions?location_id={made.location_id}&limit=200", headers=made.headers
    ).json()["items"]
    assert drawer not in {one["drawer_id"] for one in listed}


def test_permissions_and_other_organizations(
    api: TestClient, made: OrganizationSetUp, operational_module: Database
) -> None:
    drawer = _drawer(api, made)
    session = _open(api, made, drawer)
    location = made.location_id
    paths = [
        f"/v1/locations/{location}/drawers",
        f"/v1/drawer-sessions?location_id={location}",
        f"/v1/drawer-sessions/{session}",
        f"/v1/drawer-sessions/{session}/movements",
        f"/v1/locations/{location}/days",
        _day(made),
        f"{_day(made)}/close",
        f"{_day(made)}/changes",
    ]
    elsewhere = made.key(list(Permission), location_id=made.locations[1])
    nobody = made.key([Permission.BOOKING_READ])
    stranger = organization(operational_module).headers
    for path in paths:
        assert api.get(path, headers=made.headers).status_code == 200, path
        assert api.get(path, headers=nobody).status_code == 403, path
        assert api.get(path, headers=elsewhere).status_code in (403, 404), path
        foreign = api.get(path, headers=stranger)
        assert foreign.status_code == 404, (path, foreign.text)
    writes = [
        (f"/v1/drawers/{drawer}/sessions", {"opening_float_minor": 0}),
        (f"/v1/drawer-sessions/{session}/count", {"pieces": [], "float_left_minor": 0}),
        (
            f"/v1/drawer-sessions/{session}/movements",
            {"kind": "paid_in", "amount_minor": 5, "reason": "bank"},
        ),
        (f"{_day(made)}/close", None),
    ]
    for path, body in writes:
        for who, allowed in ((nobody, (403,)), (elsewhere, (403, 404)), (stranger, (404,))):
            answer: httpx.Response = api.post(
                path, json=body, headers={**who, "Idempotency-Key": str(uuid.uuid4())}
            )
            assert answer.status_code in allowed, (path, answer.text)
    shown = api.get(f"/v1/drawer-sessions/{session}", headers=made.headers).json()
    assert shown["status"] == "open"
