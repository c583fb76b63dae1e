"""What people do in a browser, from the first password to a figure and the record behind it.

Scripts are off wherever nothing but the page is looked at: pages work without them.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.identity.presets import OWNER
from tests.e2e.browser.conftest import Visit
from tests.e2e.conftest import Read
from tests.support.browser import DESK, PHONE, Seen
from tests.support.lived import Lived

pytestmark = pytest.mark.timeout(900)
WORDS = "several plain words are enough"


def invited(http: httpx.Client, lived: Lived, email: str) -> str:
    """A new person with the owner's role; the enrolment code that they are handed."""
    role = {"role_id": str(lived.made.roles[OWNER])}
    hired = {"label": "Invited", "email": email, "roles": [role]}
    answer = http.post("/v1/staff", json=hired, headers=lived.headers).raise_for_status()
    return str(answer.json()["enrolment_token"])


def fill(page: Page, **typed: str) -> None:
    """Fill in fields by their names and send the form."""
    for name, value in typed.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("main button[type=submit]").click()


def is_for_everybody(seen: Seen) -> None:
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        seen.look(width, scheme)
        assert seen.faults() == []


def test_an_invited_person_gets_to_their_first_report(visit: Visit, http: httpx.Client, lived: Lived) -> None:
    email = f"{uuid.uuid4().hex[:8]}@lived.example"
    code = invited(http, lived, email)
    seen = visit()
    page = seen.page
    seen.goto("/reports/tips")
    assert page.url.endswith("/sign-in?next=%2Freports%2Ftips")
    is_for_everybody(seen)
    page.get_by_role("link", name="I have an enrolment code").click()
    fill(page, code=code, password="too short", repeated="too short")
    expect(page.locator("[aria-invalid]")).to_have_attribute(
        "aria-describedby", "password-hint password-wrong"
    )
    is_for_everybody(seen)
    fill(page, password=WORDS, repeated=f"{WORDS} ")
    expect(page.get_by_text("The two passwords differ.")).to_be_visible()
    fill(page, password=WORDS, repeated=WORDS)
    expect(page.get_by_role("status")).to_contain_text("Your password is set.")
    seen.goto("/sign-in?next=/reports/tips")
    fill(page, email=email, password="wrong password")
    expect(page.get_by_role("alert")).to_contain_text("is wrong")
    fill(page, password=WORDS)
    expect(page).to_have_title("Set up your authenticator app · medspa")
    expect(page.locator(".qr svg")).to_be_visible()
    is_for_everybody(seen)
    app = pyotp.TOTP((page.locator(".key code").text_content() or "").replace(" ", ""))
    fill(page, code="000000")
    expect(page.get_by_role("alert")).to_be_visible()
    is_for_everybody(seen)
    fill(page, code=app.at(clock.now()))
    expect(page).to_have_url(f"{seen.url}/reports/tips")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tips by provider")
    page.locator("summary", has_text="Invited").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    seen.goto("/enrolment")
    fill(page, code=code, password=WORDS, repeated=WORDS)
    expect(page.locator("#code-wrong")).to_contain_text("This code is used")
    assert seen.troubles == []


def test_a_form_is_asked_and_its_figure_is_the_one_of_the_api(
    visit: Visit, owner_cookie: dict[str, Any], lived: Lived, read: Read
) -> None:
    seen = visit(owner_cookie, scripts=False)
    page = seen.page
    seen.goto("/reports")
    page.get_by_role("link", name="AR aging").click()
    page.get_by_label("As of").fill(str(lived.day))
    page.get_by_label("South Studio").check()
    page.get_by_role("button", name="Show").click()
    south = lived.practice.places["SOUTH"]
    rows = read("ar_aging", as_of=lived.day, location_id=south)["items"]
    shown = page.get_by_role("region", name="AR aging").locator("tbody tr")
    assert rows
    assert shown.locator("td:last-child data").evaluate_all("all => all.map(one => one.value)") == [
        str(row["open_minor"]) for row in rows
    ]
    assert shown.locator("td:first-child").all_text_contents() == ["South Studio"] * len(rows)
    assert seen.troubles == []


def test_a_row_opens_the_page_of_its_record_and_leads_back(
    visit: Visit, owner_cookie: dict[str, Any], lived: Lived, http: httpx.Client
) -> None:
    seen = visit(owner_cookie)
    page = seen.page
    asked = f"/reports/ar_aging?as_of={lived.day}"
    seen.goto(asked)
    row = page.get_by_role("region", name="AR aging").locator("tbody tr", has_text="31-60")
    row.get_by_role("link").click()
    told = http.get(f"/v1/invoices/{lived.told.overdue_invoice}", headers=lived.headers).json()
    client = http.get(f"/v1/clients/{told['client_id']}", headers=lived.headers).json()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Invoice {told['number']}")
    expect(page.locator("main")).to_contain_text("$750.00")
    expect(page.locator("main")).to_contain_text(f"{client['first_name']} {client['last_name']}")
    assert uuid.UUID(told["client_id"]) in lived.disclosed("client.name")
    net = page.get_by_role("region", name="Lines").locator("tbody td:nth-child(6) data")
    assert net.evaluate_all("all => all.map(one => Number(one.value))") == [
        one["net_minor"] for one in told["lines"]
    ]
    is_for_everybody(seen)
    invoice = page.url
    if told["appointment_id"]:
        page.get_by_role("link", name="What was done").click()
        expect(page.get_by_role("region", name="History")).to_contain_text("Booked")
        is_for_everybody(seen)
        page.get_by_role("link", name="‹ Back").click()
        expect(page).to_have_url(invoice)
    page.get_by_role("link", name="‹ Back").click()
    expect(page).to_have_url(f"{seen.url}{asked}")
    paid = http.get("/v1/payments", headers=lived.headers).json()["items"]
    seen.goto(f"/payments/{paid[0]['id']}?back=//elsewhere.example")
    expect(page.get_by_role("link", name="‹ Start")).to_have_attribute("href", "/")
    is_for_everybody(seen)


def test_a_record_is_shown_to_nobody_who_may_not_read_it(
    visit: Visit, http: httpx.Client, lived: Lived, owner_cookie: dict[str, Any]
) -> None:
    path = f"/invoices/{lived.told.overdue_invoice}"
    stranger = visit()
    stranger.goto(path)
    assert stranger.page.url == f"{stranger.url}/sign-in?next={path.replace('/', '%2F')}"
    seen = visit(owner_cookie)
    for other, status, words in (
        (f"/invoices/{lived.neighbours_invoice}", 404, "no such invoice"),
        ("/invoices/none", 422, "There is no such page"),
        (f"/drill-down/invoice/{uuid.uuid4()}", 404, "opens no record"),
    ):
        assert seen.goto(other) == status
        expect(seen.page.locator("main")).to_contain_text(re.compile(words, re.IGNORECASE))
        is_for_everybody(seen)
    held = lived.key(*set(Permission) - {Permission.CLIENT_READ})
    named = http.get(path, headers=held)
    assert (named.status_code, "Not shown to your role" in named.text) == (200, True)


def test_the_keyboard_alone_reaches_a_report(visit: Visit, owner_cookie: dict[str, Any]) -> None:
    seen = visit(owner_cookie, scripts=False)
    page = seen.page
    seen.goto("/reports")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Owner's rollup")
    assert page.locator(":focus").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Owner's rollup")
    seen.goto("/reports/daily_close_out")
    page.locator("#day").focus()
    presses = 0
    while not page.locator("button:focus", has_text="Show").count():
        page.keyboard.press("Tab")
        presses += 1
    assert presses <= 8
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"daily_close_out\?day="))


def test_what_is_wrong_with_dates_is_said_at_their_fields(
    visit: Visit, owner_cookie: dict[str, Any], lived: Lived
) -> None:
    seen = visit(owner_cookie, scripts=False)
    page = seen.page
    seen.goto("/reports/revenue")
    page.get_by_label("First day").fill(str(lived.day))
    page.get_by_label("Last day").fill("2001-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_contain_text("Please correct the form")
    last = page.get_by_label("Last day")
    expect(last).to_have_attribute("aria-invalid", "true")
    expect(last).to_have_accessible_description(re.compile("The last day is before the first one"))
    expect(last).to_have_value("2001-01-01")
    assert page.locator("table").count() == 0
