"""Switching by PIN: only on a device of a fresh full sign-in, only for its people, five tries each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx2
import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text, update

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Permission
from operational.directory.devices import FRESH, WRONG_PINS
from operational.directory.lookup import StaffFound
from operational.identity import pins, staff, switching, tokens
from operational.identity.passwords import hash_password
from operational.identity.unit import Services
from operational.models import Notification
from operational.models.staff import AuthSession, StaffMember
from operational.privacy.vault import Vault, load_master_key
from tests.factories.organization import PASSWORD, OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.pages import Page
from tests.support.signed_in import session_token
from tests.support.together import together

PIN = "8264"
Device = TestClient


@pytest.fixture(scope="module")
def made(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module)


@pytest.fixture
def device(operational_module: Database, settings_of: Settings) -> Iterator[Device]:
    with client_of(settings_of) as client:
        client.follow_redirects = False
        client.cookies.clear()
        yield client


@pytest.fixture(scope="module")
def settings_of(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), operational=operational_module.dsns)


def person(
    device: Device, made: OrganizationSetUp, settings: Settings, *, pin: str | None = PIN
) -> uuid.UUID:
    """Somebody who signed in on this device with password and code, and set a PIN there."""
    staff_id = made.staff([Permission.BOOKING_READ], label=f"Person {uuid.uuid4().hex[:6]}")
    secret = pyotp.random_base32()
    vault = Vault(load_master_key(settings))
    with made.database.session("app", made.org_id) as session:
        row = session.get_one(StaffMember, (made.org_id, staff_id))
        email = row.email
        row.password_hash = hash_password(PASSWORD)
        row.totp_secret = vault.seal_for_organization(session, secret.encode(), purpose="totp_secret")
    form = Page(device.get("/sign-in?full=1"))
    typed = {"email": email, "password": PASSWORD, "code": pyotp.TOTP(secret).at(clock.now())}
    sent = device.post("/sign-in", data={"form_token": form.field("form_token"), "next": "/pin", **typed})
    assert sent.headers["location"] == "/pin", sent.text
    if pin is not None:
        page = Page(device.get("/pin"))
        done = device.post(
            "/pin", data={"csrf_token": page.field_of("csrf_token"), "password": PASSWORD, "pin": pin}
        )
        assert done.status_code == 303, done.text
    return staff_id


def try_pin(
    device: Device, made: OrganizationSetUp, staff_id: uuid.UUID, pin: str, org: uuid.UUID | None = None
) -> httpx2.Response:
    token = Page(device.get("/enrolment")).field("form_token")
    chosen = {"person": f"{org or made.org_id}:{staff_id}", "pin": pin, "next": "/notifications"}
    return device.post("/switch", data={"form_token": token, **chosen})


def who(device: Device) -> str | None:
    answer = device.get("/v1/session")
    return answer.json()["id"] if answer.status_code == 200 else None


def test_two_people_share_a_device_and_each_has_a_session(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    one, other = person(device, made, settings_of), person(device, made, settings_of, pin="7351")
    assert who(device) == str(other)
    former = device.cookies["medspa_session"]
    assert try_pin(device, made, one, PIN).headers["location"] == "/notifications"
    assert who(device) == str(one)
    with made.database.session("owner") as session:
        ended = select(AuthSession.ended_at).where(AuthSession.token_digest == tokens.digest(former))
        assert session.scalar(ended) is not None
    csrf = Page(device.get("/pin")).field_of("csrf_token")
    assert (device.post("/lock", data={"csrf_token": "x"}).status_code, who(device)) == (403, str(one))
    locked = device.post("/lock", data={"csrf_token": csrf, "next": "/pin"})
    assert (locked.headers["location"], who(device)) == ("/switch?next=%2Fpin", None)
    again = device.post("/lock", data={"csrf_token": csrf, "next": "//elsewhere.example"})
    assert again.headers["location"] == "/switch?next=%2F"
    assert device.get("/pin", headers={"accept": "text/html"}).headers["location"] == "/sign-in?next=%2Fpin"
    assert device.get("/sign-in?next=%2Fpin").headers["location"] == "/switch?next=%2Fpin"
    people = Page(device.get("/switch"))
    assert {field["value"] for field in people.inputs if field.get("name") == "person"} == {
        f"{made.org_id}:{one}", f"{made.org_id}:{other}",
    }  # fmt: skip
    assert try_pin(device, made, other, "7351").status_code == 303
    assert who(device) == str(other)


def test_five_wrong_pins_end_it_for_that_person_there_until_a_full_sign_in(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    one, other = person(device, made, settings_of), person(device, made, settings_of)
    for left in range(WRONG_PINS - 1, -1, -1):
        refused = try_pin(device, made, one, "9999")
        assert refused.status_code == 401
        assert (f"{left} more tries" in refused.text) == bool(left)
    assert try_pin(device, made, one, PIN).status_code == 401
    assert f"{made.org_id}:{one}" not in device.get("/switch").text
    assert try_pin(device, made, other, PIN).status_code == 303
    with made.database.session("owner") as session:
        told = select(func.count()).where(Notification.staff_id == one, Notification.kind == "pin_refused")
        assert session.scalar(told) == 1


def test_the_right_pin_takes_back_its_own_try_only(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    one = person(device, made, settings_of)
    wrong = "select failures from directory.person_device where staff_id = :id"
    for pin, counted in (("9999", 1), ("9998", 2), (PIN, 2), (PIN, 2), ("9997", 3)):
        try_pin(device, made, one, pin)
        with made.database.session("admin") as session:
            assert session.execute(text(wrong), {"id": one}).scalar_one() == counted


def test_a_new_enrolment_forgets_the_devices(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    one, other = person(device, made, settings_of), person(device, made, settings_of)
    services = Services(settings_of, made.database.engine("app"), Vault(load_master_key(settings_of)))
    issued = device.post(f"/v1/staff/{one}/enrolment", headers=made.headers).json()["enrolment_token"]
    staff.accept_enrolment(services, issued, PASSWORD)
    with made.database.session("owner") as session:
        session.execute(update(StaffMember).where(StaffMember.id == one).values(pin_hash=pins.hash_pin(PIN)))
        secret = session.get_one(StaffMember, (made.org_id, other)).totp_secret
        session.execute(update(StaffMember).where(StaffMember.id == one).values(totp_secret=secret))
    assert try_pin(device, made, one, PIN).status_code == 401
    assert try_pin(device, made, other, PIN).status_code == 303


def _gone(made: OrganizationSetUp, staff_id: uuid.UUID) -> None:
    with made.database.session("owner") as session:
        session.execute(update(StaffMember).where(StaffMember.id == staff_id).values(active=False))


def _re_enrolled(made: OrganizationSetUp, staff_id: uuid.UUID) -> None:
    with made.database.session("owner") as session:
        session.execute(update(StaffMember).where(StaffMember.id == staff_id).values(pin_hash=None))


def _stale(_: OrganizationSetUp, __: uuid.UUID) -> None:
    later = clock.now() + FRESH + timedelta(minutes=1)
    clock.install(lambda: later)


@pytest.mark.parametrize("change", [_gone, _re_enrolled, _stale])
def test_the_right_pin_opens_nothing_once_it_should_not(
    device: Device,
    made: OrganizationSetUp,
    settings_of: Settings,
    change: Callable[[OrganizationSetUp, uuid.UUID], None],
) -> None:
    one = person(device, made, settings_of)
    change(made, one)
    refused = try_pin(device, made, one, PIN)
    assert (
        refused.status_code,
        "set-cookie" in refused.headers and "medspa_session=" in refused.headers["set-cookie"],
    ) == (401, False)


def test_nobody_else_can_be_chosen_on_a_device(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    """Of another device, of an organization with the same address, by a made-up cookie: all know the PIN."""
    neighbour = organization(made.database)
    victim = person(device, made, settings_of)
    with made.database.session("owner") as session:
        address = session.scalar(select(StaffMember.email_digest).where(StaffMember.id == victim))
    device.cookies.clear()
    attacker = person(device, neighbour, settings_of)
    with made.database.session("owner") as session:
        session.execute(update(StaffMember).where(StaffMember.id == attacker).values(email_digest=address))
    for org, staff_id in ((made.org_id, victim), (neighbour.org_id, victim), (made.org_id, attacker)):
        assert try_pin(device, made, staff_id, PIN, org).status_code == 401
    assert str(victim) not in device.get("/switch").text
    device.cookies.delete("medspa_device")
    device.cookies.set("medspa_device", "made-up")
    assert device.get("/switch").headers["location"].startswith("/sign-in?full=1")
    assert try_pin(device, neighbour, attacker, PIN).status_code == 401


def test_a_form_of_another_site_and_a_wrong_password_change_nothing(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    one = person(device, made, settings_of)
    sent = {"person": f"{made.org_id}:{one}", "pin": PIN}
    assert device.post("/switch", data={**sent, "form_token": "x"}).status_code == 403
    assert (
        device.post("/pin", data={"csrf_token": "x", "password": PASSWORD, "pin": "5937"}).status_code == 403
    )
    csrf = Page(device.get("/pin")).field_of("csrf_token")
    wrong = device.post("/pin", data={"csrf_token": csrf, "password": "not mine at all", "pin": "5937"})
    assert wrong.status_code == 422
    assert try_pin(device, made, one, "5937").status_code == 401
    assert (
        device.post("/pin", data={"csrf_token": csrf, "password": PASSWORD, "remove": "1"}).status_code == 303
    )
    assert try_pin(device, made, one, PIN).status_code == 401


def test_tries_at_once_are_all_counted(
    device: Device, made: OrganizationSetUp, settings_of: Settings
) -> None:
    one = person(device, made, settings_of)
    services = Services(settings_of, made.database.engine("app"), Vault(load_master_key(settings_of)))
    token = device.cookies["medspa_device"]

    def guess() -> str:
        try:
            switching.switch(services, token, StaffFound(made.org_id, one), "9998", "")
        except switching.PinRefused as error:
            return str(error.extra["left"])
        return "opened"

    answers = together([guess] * 12)
    assert sorted(map(str, answers)) == sorted([*map(str, range(WRONG_PINS)), *["0"] * (12 - WRONG_PINS)])


def test_pins_that_others_would_try_first_are_refused() -> None:
    for pin in (
        "1234",
        "4321",
        "0000",
        "789012",
        "1212",
        "123123",
        "1987",
        "2026",
        "2580",
        "9012",
        "123",
        "12a4",
        "123456789",
    ):
        with pytest.raises(Invalid):
            pins.hash_pin(pin)
    assert pins.hash_pin("8264").startswith("$argon2id$")


def test_a_session_without_its_device_lists_nobody(device: Device, made: OrganizationSetUp) -> None:
    device.cookies.set("medspa_session", session_token(made.database, made.org_id, made.owner_id))
    assert device.get("/switch").headers["location"].startswith("/sign-in?full=1")
