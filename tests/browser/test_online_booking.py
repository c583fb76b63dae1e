"""Somebody books on a phone, with scripts and without; every public page is for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from medspa.kernel.settings import Settings
from tests.factories.online import VISITOR, OnlineSetUp, online
from tests.support import browser
from tests.support.api import lent
from tests.support.browser import DESK, HEIGHT, PHONE, RULES, Seen
from tests.support.databases import Database
from tests.support.signed_in import session_token
from tests.support.web import LiveServer, serving

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def site(
    operational_module: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, OnlineSetUp]]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), operational=operational_module.dsns)
    with lent(settings) as app, serving(lambda: app) as server, server.client() as http:
        yield server, online(operational_module, http)


def phone(chromium: Browser, server: LiveServer, *, scripts: bool) -> Seen:
    context = chromium.new_context(
        java_script_enabled=scripts, viewport={"width": PHONE, "height": HEIGHT}, locale="en-US"
    )
    context.set_default_timeout(10_000)
    return browser.opened(context, server.url)


def check(seen: Seen) -> None:
    for scheme in ("light", "dark"):
        seen.look(PHONE, scheme)
        assert seen.faults(RULES) == []


def fill(page: Page) -> None:
    for name, value in VISITOR.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_label("I accept the cancellation policy.").check()
    # What is quicker than a person is asked once more.
    page.wait_for_timeout(2_000)
    page.locator(".go button").click()


def test_a_phone_books_with_a_deposit(chromium: Browser, site: tuple[LiveServer, OnlineSetUp]) -> None:
    server, setup = site
    seen = phone(chromium, server, scripts=True)
    page = seen.page
    seen.goto(setup.path)
    check(seen)
    page.get_by_label("Peel").check()
    page.get_by_role("button", name="See times").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("When would you like to come?")
    check(seen)
    page.locator(".slots button").first.click()
    expect(page.locator(".kept").first).to_contain_text(re.compile(r", \d:\d\d left"))
    check(seen)
    page.locator("[name=phone]").fill("1")
    page.locator("form").evaluate("one => { one.noValidate = true; one.requestSubmit(); }")
    expect(page.locator("#email-wrong")).to_be_visible()
    check(seen)
    fill(page)
    page.get_by_role("button", name="Give your card").click()
    check(seen)
    page.get_by_label("which is declined").check()
    page.get_by_role("button", name="Use this card").click()
    page.get_by_role("button", name="Pay $50.00 and book").click()
    expect(page.get_by_role("alert")).to_contain_text("declined and nothing was charged")
    check(seen)
    page.get_by_role("button", name="Give your card").click()
    page.get_by_role("button", name="Use this card").click()
    page.get_by_role("button", name="Pay $50.00 and book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    check(seen)
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    page.get_by_role("button", name="Change or cancel").click()
    check(seen)
    page.get_by_role("button", name="I will come").click()
    page.get_by_role("link", name="Cancel").click()
    check(seen)
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is cancelled")
    check(seen)
    page.go_back()
    assert "cannot be used any more" in page.content()
    check(seen)


def test_a_phone_books_and_asks_without_scripts(
    chromium: Browser, site: tuple[LiveServer, OnlineSetUp]
) -> None:
    server, setup = site
    seen = phone(chromium, server, scripts=False)
    page = seen.page
    seen.goto(setup.path)
    page.get_by_label("Skin consultation").check()
    page.get_by_role("button", name="See times").click()
    page.locator(".slots button").nth(2).click()
    expect(page.locator(".kept").first).to_contain_text("Kept for you until")
    fill(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    seen.goto(f"/enquire/{setup.made.slug}/L1")
    page.locator("[name=first_name]").fill("Ida")
    page.locator("[name=last_name]").fill("Interested")
    page.locator("[name=email]").fill("ida@visitor.example")
    page.get_by_label("You may contact me").check()
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert seen.troubles == []
    looked = phone(chromium, server, scripts=True)
    looked.goto(f"/enquire/{setup.made.slug}/L1?embed=1")
    check(looked)


@pytest.mark.parametrize("scripts", [True, False])
def test_who_finds_no_time_joins_the_waitlist(
    chromium: Browser, site: tuple[LiveServer, OnlineSetUp], scripts: bool
) -> None:
    server, setup = site
    seen = phone(chromium, server, scripts=scripts)
    page = seen.page
    seen.goto(f"{setup.path}/times?service={setup.free}&provider=")
    page.get_by_role("link", name="Join the waitlist").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Join the waitlist")
    page.get_by_label("Tue").check()
    page.get_by_label("Time of day").select_option("Before noon")
    for name, value in {**VISITOR, "phone": "1"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.wait_for_timeout(2_000)
    page.locator(".go button").click()
    expect(page.locator("#phone-wrong")).to_be_visible()
    expect(page.get_by_label("Tue")).to_be_checked()
    if scripts:
        check(seen)
    page.locator("[name=phone]").fill(VISITOR["phone"])
    page.wait_for_timeout(2_000)
    page.locator(".go button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the waitlist")
    if scripts:
        check(seen)
    assert seen.troubles == []


def test_the_desk_works_on_leads_and_tasks(chromium: Browser, site: tuple[LiveServer, OnlineSetUp]) -> None:
    server, setup = site
    with server.client(headers=setup.made.headers) as http:
        asked = {
            "location_id": str(setup.made.location_id), "source": "phone", "first_name": "Lea",
            "last_name": "Lead", "phone": "2125550133", "message": "Is Thursday possible?",
        }  # fmt: skip
        lead = http.post("/v1/leads", json=asked).raise_for_status().json()
        due = {"location_id": asked["location_id"], "lead_id": lead["id"], "due_at": "2026-03-02T10:00:00Z"}
        http.post("/v1/tasks", json={**due, "note": "Call her"}).raise_for_status()
    context = browser.context(chromium)
    token = session_token(setup.database, setup.made.org_id, setup.made.owner_id)
    context.add_cookies([{"name": "medspa_session", "value": token, "url": server.url}])
    seen = browser.opened(context, server.url)
    page = seen.page

    def everywhere() -> None:
        for width, scheme in ((DESK, "light"), (PHONE, "dark")):
            seen.look(width, scheme)
            assert seen.faults(RULES) == []

    seen.goto("/setup/online")
    everywhere()
    page.get_by_label("Sites that may show these pages").fill("https://practice.example")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_label("Sites that may show these pages")).to_have_value("https://practice.example")
    seen.goto("/leads")
    everywhere()
    page.get_by_role("link", name="Lead, Lea").click()
    everywhere()
    page.get_by_label("Follow up on").fill("2026-11-30T09:30")
    page.get_by_label("Note").fill("Send prices")
    page.get_by_role("button", name="Add the task").click()
    page.get_by_role("button", name="Contacted").click()
    seen.goto("/tasks")
    everywhere()
    expect(page.locator("tbody tr", has_text="Call her")).to_contain_text("Lea Lead")
    page.locator("tbody tr", has_text="Call her").get_by_role("button", name="Done").click()
    expect(page.locator("tbody tr", has_text="Call her")).to_have_count(0)
    seen.goto(f"/leads/{lead['id']}")
    page.get_by_role("button", name="Make a new client").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lea Lead")
