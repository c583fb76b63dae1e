"""Sign-in and sign-out in a browser without scripts: forms, their tokens, cookies, and where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pyotp
import pytest
from fastapi.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.pages import own_path
from tests.factories.organization import PASSWORD, OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.pages import Page


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def browser(settings: Settings) -> Iterator[TestClient]:
    with client_of(settings) as client:
        client.follow_redirects = False
        yield client


def send(browser: TestClient, made: OrganizationSetUp, **typed: str) -> httpx2.Response:
    """Fill in the form of a fresh page and send it."""
    form = Page(browser.get("/sign-in", params={"next": "/reports/tips?from=2026-01-01"}))
    filled = {name: form.field(name) for name in ("form_token", "next", "code", "organization")}
    return browser.post("/sign-in", data={**filled, "email": made.owner_email, "password": PASSWORD, **typed})


def goes_to(answer: httpx2.Response) -> str:
    assert answer.status_code == 303, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.headers["location"]


def test_from_the_first_password_to_signing_out(browser: TestClient, made: OrganizationSetUp) -> None:
    onward = goes_to(send(browser, made))
    assert onward == "/sign-in/authenticator?next=%2Freports%2Ftips%3Ffrom%3D2026-01-01"
    setting_up = Page(browser.get(onward))
    app = pyotp.TOTP("".join(part.split("</span>")[0] for part in setting_up.answer.text.split("<span>")[1:]))
    typed = {name: setting_up.field(name) for name in ("csrf_token", "enrolment_token", "next")}
    wrong = Page(browser.post("/sign-in/authenticator", data={**typed, "code": "000000"}))
    assert (wrong.answer.status_code, len(wrong.alerts)) == (422, 1)
    forged = browser.post(
        "/sign-in/authenticator", data={**typed, "csrf_token": "x", "code": app.at(clock.now())}
    )
    assert forged.status_code == 403
    done = browser.post("/sign-in/authenticator", data={**typed, "code": app.at(clock.now())})
    assert goes_to(done) == "/reports/tips?from=2026-01-01"
    csrf = browser.get("/v1/session").json()["csrf_token"]
    assert csrf == typed["csrf_token"]

    # The form of an earlier sign-in's page; then another site's, with which the browser sends no cookie.
    stale = Page(browser.post("/sign-out", data={"csrf_token": "x"}))
    assert (stale.answer.status_code, stale.heading) == (403, "You are still signed in")
    elsewhere = browser.post("/sign-out", data={"csrf_token": "x"}, headers={"cookie": ""})
    assert (goes_to(elsewhere), elsewhere.headers.get("set-cookie")) == ("/sign-in?left=1", None)
    assert Page(browser.get("/sign-in?left=1")).heading == "You are still signed in"
    assert browser.get("/v1/session").status_code == 200
    assert stale.field("csrf_token") == csrf
    left = browser.post("/sign-out", data={"csrf_token": csrf})
    assert (goes_to(left), "max-age=0" in left.headers["set-cookie"].lower()) == ("/sign-in?left=1", True)
    assert Page(browser.get("/sign-in?left=1")).heading == "Sign in"
    assert browser.get("/v1/session").status_code == 401
    assert goes_to(browser.post("/sign-out", data={"csrf_token": csrf})) == "/sign-in?left=1"

    asked = Page(send(browser, made))
    assert (asked.answer.status_code, asked.alerts) == (
        401,
        ["Enter the six digits that your authenticator app shows now."],
    )
    assert asked.field("email") == made.owner_email
    assert PASSWORD not in asked.answer.text
    next_code = app.at(clock.now() + timedelta(seconds=30))
    assert (
        goes_to(send(browser, made, code=f"{next_code[:3]} {next_code[3:]}"))
        == "/reports/tips?from=2026-01-01"
    )
    assert browser.get("/v1/session").json()["permissions"]


WRONG: dict[str, tuple[dict[str, str], int, str]] = {
    "a wrong password": ({"password": "not this one"}, 401, "E-mail address, password or code is wrong."),
    "an address that is none": ({"email": "<b>nobody"}, 422, "Enter your e-mail address"),
    "an unknown organization": (
        {"organization": "nowhere"},
        401,
        "E-mail address, password or code is wrong.",
    ),
    "a code of letters": ({"code": "abcdef"}, 422, "The code has six digits."),
    "a form of another browser": (
        {"form_token": "x"},
        403,
        "This form is not from this browser's last visit",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_and_nobody_is_signed_in(
    browser: TestClient, made: OrganizationSetUp, what: str
) -> None:
    typed, status, words = WRONG[what]
    shown = Page(send(browser, made, **typed))
    assert shown.answer.status_code == status
    assert [one for one in shown.alerts if words in one]
    assert browser.get("/v1/session").status_code == 401
    without = browser.post(
        "/sign-in", data={"email": made.owner_email, "password": PASSWORD}, headers={"cookie": ""}
    )
    assert without.status_code == 403


def test_a_password_is_chosen_with_a_code_by_the_browser_that_was_sent_the_form(
    browser: TestClient, made: OrganizationSetUp
) -> None:
    role = {"role_id": str(made.new.roles["Owner"])}
    invited = {"label": "Invited", "email": "invited@medspa.example", "roles": [role]}
    code = browser.post("/v1/staff", json=invited, headers=made.headers).json()["enrolment_token"]
    form = Page(browser.get("/enrolment"))
    typed = {
        "code": f" {code} ",
        "password": PASSWORD,
        "repeated": PASSWORD,
        "form_token": form.field("form_token"),
    }
    for wrong, status, words in (
        ({"form_token": "x"}, 403, "This form is not from this browser's last visit"),
        ({"code": ""}, 422, "Enter the code"),
        ({"code": code[:-1]}, 410, "This code is used, expired or replaced"),
        ({"password": "short", "repeated": "short"}, 422, "Use between 12 and 200 characters"),
    ):
        shown = Page(browser.post("/enrolment", data={**typed, **wrong}))
        assert (shown.answer.status_code, len(shown.alerts)) == (status, 1)
        assert words in shown.alerts[0]
        assert PASSWORD not in shown.answer.text
    assert goes_to(browser.post("/enrolment", data=typed)) == "/sign-in?enrolled=1"
    assert Page(browser.post("/enrolment", data=typed)).answer.status_code == 410
    onward = send(browser, made, email="invited@medspa.example")
    assert goes_to(onward).startswith("/sign-in/authenticator")


def test_the_style_sheet_is_kept_and_nothing_else_is_served(browser: TestClient) -> None:
    served = browser.get("/assets/medspa.css")
    assert (served.status_code, served.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in served.headers["cache-control"]
    assert browser.get("/assets/..%2Frender.py").status_code == 404
    assert browser.get("/assets/render.py").status_code == 404


OURS = ["/reports", "/reports/tips?from=2026-01-01&x=%2F%2F", "/docs#a"]
OTHERS: list[Any] = [
    None, "", "reports", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example",
    "/re ports", "javascript:alert(1)", "/a\r\nSet-Cookie: a=b", "/ä", "/" + "a" * 2_000, "\\\\evil.example",
]  # fmt: skip


def test_signing_in_leads_to_paths_of_ours_only() -> None:
    assert [own_path(one) for one in OURS] == OURS
    assert {own_path(one) for one in OTHERS} == {"/"}
