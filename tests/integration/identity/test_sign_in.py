"""Sign-in over HTTP: password, authenticator app, cookies, CSRF, idling, throttling."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.directory import throttle
from operational.identity import sign_in
from tests.conftest import MakeSettings
from tests.factories.organization import PASSWORD, OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture(scope="module")
def operational(operational_module: Database) -> Database:
    return operational_module


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def settings(operational: Database, make_settings: MakeSettings) -> Settings:
    with operational.session("owner") as session:
        session.execute(text("truncate directory.attempt"))
    return make_settings(operational)


@pytest.fixture
def api(settings: Settings) -> Iterator[TestClient]:
    with client_of(settings) as client:
        yield client


def _body(made: OrganizationSetUp, **values: str) -> dict[str, str]:
    return {"email": made.owner_email, "password": PASSWORD, **values}


def _enrol(api: TestClient, made: OrganizationSetUp) -> tuple[pyotp.TOTP, str]:
    """Sign in for the first time and set up an app: (the app, the CSRF token of the session)."""
    answer = api.post("/v1/session", json=_body(made))
    assert answer.status_code == 201, answer.text
    csrf = answer.json()["csrf_token"]
    assert answer.json()["second_factor_complete"] is False
    begun = api.post("/v1/session/totp", headers={"X-CSRF-Token": csrf}).json()
    app = pyotp.TOTP(begun["secret"])
    confirmed = api.post(
        "/v1/session/totp/confirm",
        json={"enrolment_token": begun["enrolment_token"], "code": app.at(clock.now())},
        headers={"X-CSRF-Token": csrf},
    )
    assert confirmed.status_code == 204, confirmed.text
    return app, csrf


def test_a_session_without_second_factor_may_only_enrol(api: TestClient, made: OrganizationSetUp) -> None:
    api.post("/v1/session", json=_body(made))
    answer = api.get("/v1/clients")
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:medspa:problem:second-factor-enrolment-required",
    )
    assert api.get("/v1/session").json()["permissions"] == []


def test_after_enrolment_the_session_works_and_sign_in_needs_the_code(
    api: TestClient, made: OrganizationSetUp
) -> None:
    now = clock.now()
    with clock.frozen(now):
        app, _ = _enrol(api, made)
        assert api.get("/v1/clients").status_code == 200
        api.cookies.clear()
        asked = api.post("/v1/session", json=_body(made))
        assert (asked.status_code, asked.json()["type"]) == (401, "urn:medspa:problem:second-factor-required")
    with clock.frozen(now + timedelta(seconds=60)):
        answer = api.post("/v1/session", json=_body(made, code=app.at(clock.now())))
        assert answer.status_code == 201
        assert answer.json()["second_factor_complete"] is True
        assert api.get("/v1/session").json()["csrf_token"] == answer.json()["csrf_token"]


def test_a_code_works_once(api: TestClient, made: OrganizationSetUp) -> None:
    now = clock.now()
    with clock.frozen(now):
        app, _ = _enrol(api, made)
    with clock.frozen(now + timedelta(seconds=90)):
        code = app.at(clock.now())
        assert api.post("/v1/session", json=_body(made, code=code)).status_code == 201
        again = api.post("/v1/session", json=_body(made, code=code))
        assert (again.status_code, again.json()["type"]) == (401, "urn:medspa:problem:sign-in-failed")
        # Nor does the code of the step before, which an onlooker may have kept.
        older = app.at(clock.now() - timedelta(seconds=30))
        assert api.post("/v1/session", json=_body(made, code=older)).status_code == 401


def test_of_sign_ins_at_once_with_one_code_one_wins(api: TestClient, made: OrganizationSetUp) -> None:
    now = clock.now()
    with clock.frozen(now):
        app, _ = _enrol(api, made)
    with clock.frozen(now + timedelta(seconds=90)):
        body = _body(made, code=app.at(clock.now()))
        statuses: list[int] = []
        barrier = threading.Barrier(3)

        def attempt() -> None:
            barrier.wait()
            statuses.append(api.post("/v1/session", json=body).status_code)

        threads = [threading.Thread(target=attempt) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert sorted(statuses) == [201, 401, 401]


def test_wrong_password_and_unknown_address_answer_the_same(api: TestClient, made: OrganizationSetUp) -> None:
    wrong = api.post("/v1/session", json=_body(made, password="not the password at all"))
    unknown = api.post("/v1/session", json=_body(made, email="nobody@nowhere.example"))
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401
    assert made.owner_email not in wrong.text


def test_a_write_needs_the_csrf_token(api: TestClient, made: OrganizationSetUp) -> None:
    _, csrf = _enrol(api, made)
    body = {"first_name": "Ada", "last_name": "Vale"}
    for headers in ({}, {"X-CSRF-Token": "0" * 64}):
        refused = api.post("/v1/clients", json=body, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:medspa:problem:csrf")
        assert all("X-CSRF-Token" in refused.json()[name] for name in ("title", "detail"))
    assert api.post("/v1/clients", json=body, headers={"X-CSRF-Token": csrf}).status_code == 201
    assert api.get("/v1/clients").status_code == 200


def test_a_session_idles_out(api: TestClient, made: OrganizationSetUp, settings: Settings) -> None:
    start = clock.now()
    with clock.frozen(start):
        _enrol(api, made)
    for minute in (14, 28, 42):
        with clock.frozen(start + timedelta(minutes=minute)):
            assert api.get("/v1/session").status_code == 200
    with clock.frozen(start + timedelta(minutes=42 + settings.session_idle_minutes)):
        answer = api.get("/v1/session")
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:medspa:problem:unauthenticated")


def test_a_session_ends_after_a_working_day_whatever_happens(
    api: TestClient, made: OrganizationSetUp
) -> None:
    start = clock.now()
    with clock.frozen(start):
        _enrol(api, made)
    steps = int(sign_in.SESSION_LIFETIME / timedelta(minutes=10))
    for step in range(1, steps):
        with clock.frozen(start + step * timedelta(minutes=10)):
            assert api.get("/v1/session").status_code == 200
    with clock.frozen(start + sign_in.SESSION_LIFETIME):
        assert api.get("/v1/session").status_code == 401


def test_signing_out_ends_the_session_on_the_server(api: TestClient, made: OrganizationSetUp) -> None:
    _, csrf = _enrol(api, made)
    cookies = dict(api.cookies)
    assert api.delete("/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    api.cookies.update(cookies)
    assert api.get("/v1/session").status_code == 401


def test_cookies_over_https_are_host_cookies(
    operational: Database, make_settings: MakeSettings, made: OrganizationSetUp
) -> None:
    settings = make_settings(operational, public_url="https://desk.example")
    with client_of(settings) as api:
        answer = api.post("/v1/session", json=_body(made))
        cookies = answer.headers.get_list("set-cookie")
        assert answer.headers["strict-transport-security"]
    assert [one.split("=")[0] for one in cookies] == ["__Host-medspa_session", "__Host-medspa_device"]
    for one in cookies:
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {part.strip() for part in one.split(";")}


def test_guessing_is_slowed_down_and_nobody_is_locked_out(
    settings: Settings, made: OrganizationSetUp
) -> None:
    start = clock.now()
    with client_of(settings) as known, client_of(settings) as stranger:
        with clock.frozen(start):
            app, _ = _enrol(known, made)
        moment = start + timedelta(minutes=1)
        with clock.frozen(moment):
            # The device that signed in before is known from now on.
            assert known.post("/v1/session", json=_body(made, code=app.at(moment))).status_code == 201
        guess = _body(made, password="a wrong password")
        moment += timedelta(minutes=1)
        with clock.frozen(moment):
            statuses = [stranger.post("/v1/session", json=guess).status_code for _ in range(6)]
            assert statuses == [401] * throttle.FREE_PER_ACCOUNT + [429] * (6 - throttle.FREE_PER_ACCOUNT)
            waiting = stranger.post("/v1/session", json=_body(made))
            assert int(waiting.headers["retry-after"]) == 2
            # The owner's own device is not held up by that.
            assert known.post("/v1/session", json=_body(made, code=app.at(moment))).status_code == 201
        delays = []
        for _ in range(5):
            moment += timedelta(minutes=6)
            with clock.frozen(moment):
                assert stranger.post("/v1/session", json=guess).status_code == 401
                delays.append(int(stranger.post("/v1/session", json=guess).headers["retry-after"]))
        assert delays == [4, 8, 16, 32, 64]
        with clock.frozen(moment + timedelta(minutes=6)):
            code = app.at(clock.now())
            assert stranger.post("/v1/session", json=_body(made, code=code)).status_code == 201


def test_guesses_in_parallel_do_not_slip_through(settings: Settings, made: OrganizationSetUp) -> None:
    guess = _body(made, password="a wrong password")
    statuses: list[int] = []
    barrier = threading.Barrier(12)
    now = clock.now()
    with clock.frozen(now), client_of(settings) as api:

        def attempt() -> None:
            barrier.wait()
            statuses.append(api.post("/v1/session", json=guess).status_code)

        threads = [threading.Thread(target=attempt) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert sorted(statuses) == [401] * throttle.FREE_PER_ACCOUNT + [429] * (12 - throttle.FREE_PER_ACCOUNT)


def test_the_stored_secret_and_session_are_not_readable(api: TestClient, made: OrganizationSetUp) -> None:
    app, _ = _enrol(api, made)
    token = api.cookies["medspa_session"]
    with made.database.session("owner") as session:
        row = session.execute(
            text("select totp_secret, password_hash from staff_member where id = :id"), {"id": made.owner_id}
        ).one()
        digests = session.scalars(text("select token_digest from auth_session")).all()
    assert app.secret.encode() not in bytes(row.totp_secret)
    assert row.password_hash.startswith("$argon2id$")
    assert token not in digests


def test_passwords_of_people_are_hashed_at_the_full_cost() -> None:
    """In a process of its own: in this one it is cheap (tests/conftest.py). OWASP's least for Argon2id."""
    program = "from operational.identity import passwords; print(passwords.hash_password('a long password'))"
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert made.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_attempts_are_forgotten_after_a_day(api: TestClient, made: OrganizationSetUp) -> None:
    guess = _body(made, email="nobody@nowhere.example")
    now = clock.now()
    with clock.frozen(now):
        api.post("/v1/session", json=guess)
    with clock.frozen(now + timedelta(days=1, seconds=1)):
        api.post("/v1/session", json=_body(made, password="a wrong password"))
    with made.database.session("owner") as session:
        last = session.scalars(text("select at from directory.attempt")).all()
    assert len(last) == 2
    assert min(last) > now
