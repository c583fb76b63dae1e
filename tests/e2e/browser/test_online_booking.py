"""Somebody books on a phone, with scripts and without; every public page is for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from medspa.kernel.settings import Settings
from operational.app import create_app
from tests.factories.online import VISITOR, OnlineSetUp, online
from tests.support import browser
from tests.support.browser import HEIGHT, PHONE, RULES, Seen
from tests.support.databases import Database
from tests.support.web import LiveServer, serving

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def site(
    operational_module: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, OnlineSetUp]]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), operational=operational_module.dsns)
    with serving(partial(create_app, settings)) as server, server.client() as http:
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
