"""A solo injector gets from nothing but an organization's name to open for business, by pages alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from medspa.kernel import clock
from operational.organization.bootstrap import create_organization
from tests.browser.conftest import Practice, Visit
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES, Seen
from tests.support.signed_in import session_token

pytestmark = pytest.mark.timeout(300)


def is_for_everybody(seen: Seen) -> None:
    for width, scheme, rules in ((DESK, "light", RULES), (PHONE, "dark", [*OF_COLOURS, *OF_WIDTHS])):
        seen.look(width, scheme)
        assert seen.faults(rules) == []
    seen.look(DESK, "light")


def fill(page: Page, press: str, **typed: str) -> None:
    """Fill in fields by their names: texts, choices by their words, then press the button."""
    for name, value in typed.items():
        field = page.locator(f"main [name={name}]").first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("button", name=press, exact=True).click()


def missing(page: Page) -> list[str]:
    return page.locator(".checklist li", has_text="Missing").locator("h2").all_inner_texts()


def test_from_nothing_to_open_for_business(practice: Practice, visit: Visit) -> None:
    database = practice.shop.database
    made = create_organization(
        database.engine("owner"),
        name="Solo",
        slug="solo",
        owner_label="Ines",
        owner_email="ines@solo.example",
    )
    token = session_token(database, made.org_id, made.owner_id)
    seen = visit({"name": "medspa_session", "value": token, "url": practice.server.url})
    page, today = seen.page, clock.now().date()
    seen.goto("/")
    expect(page).to_have_url(f"{seen.url}/setup")
    assert len(missing(page)) == 8
    is_for_everybody(seen)

    page.get_by_role("link", name="Legal entity", exact=True).click()
    is_for_everybody(seen)
    page.get_by_role("link", name="New legal entity").click()
    fill(page, "Save", name="Solo Aesthetics PLLC", currency="ABC")
    expect(page.locator("#currency")).to_have_accessible_description(
        "Three letters. It stays: the books are kept in it. Send a currency code of ISO 4217 such as USD."
    )
    is_for_everybody(seen)
    fill(page, "Save", currency="USD")
    expect(page.get_by_role("status")).to_have_text("Saved.")

    seen.goto("/setup/locations/new")
    is_for_everybody(seen)
    fill(
        page,
        "Save",
        name="Studio",
        code="STUDIO",
        timezone="America/New_York",
        state="NY",
        no_show_fee_minor="75.5",
    )
    page.get_by_role("link", name="Studio", exact=True).click()
    expect(page.locator("#no_show_fee_minor")).to_have_value("75.50")
    page.get_by_role("link", name="Opening hours").click()
    is_for_everybody(seen)
    page.get_by_label("Monday from", exact=True).fill("09:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Monday: enter from and until")
    page.get_by_label("Monday until", exact=True).fill("17:30")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Taxes").click()
    fill(page, "Add the rate", name="New York State", rate_ppm="8.875", valid_from="2026-01-01")
    expect(page.get_by_role("region", name="Taxes at Studio")).to_contain_text("8.875 %")
    is_for_everybody(seen)

    seen.goto("/setup/categories")
    page.get_by_role("button", name="Add the usual categories").click()
    expect(page.get_by_role("link", name="Microneedling")).to_be_visible()
    seen.goto("/setup/resources/new")
    fill(page, "Save", kind="Room", name="Room 1", tag="treatment")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    seen.goto("/setup/services/new")
    is_for_everybody(seen)
    page.get_by_label("Room: treatment").check()
    fill(
        page,
        "Save",
        name="Microneedling, face",
        category_id="Microneedling",
        provider_minutes="45",
        price_minor="350",
    )
    expect(page.get_by_role("region", name="Services")).to_contain_text("$350.00")
    is_for_everybody(seen)

    seen.goto("/setup/staff")
    page.get_by_role("link", name="Ines").click()
    page.get_by_label("Performs services").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Microneedling").check()
    fill(page, "Add", valid_from=str(today), valid_until=str(today + timedelta(days=365)))
    expect(page.get_by_role("region", name="Credentials")).to_contain_text("Microneedling")
    is_for_everybody(seen)

    seen.goto("/setup")
    assert missing(page) == ["Shifts"]
    page.get_by_role("link", name="Shifts", exact=True).last.click()
    # Who works while it is open types nothing.
    expect(page.get_by_label("Monday until", exact=True)).to_have_value("17:30")
    expect(page.get_by_label("Tuesday from", exact=True)).to_have_value("")
    expect(page.get_by_label("First day")).not_to_have_value("")
    for weekday in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(f"{weekday} from", exact=True).fill("09:00")
        page.get_by_label(f"{weekday} until", exact=True).fill("17:00")
    fill(page, "Plan the shifts", first=str(today + timedelta(days=1)), weeks="2")
    expect(page.get_by_role("status")).to_have_text("10 shifts are planned.")
    is_for_everybody(seen)
    seen.goto("/setup")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("You are open for business")
    free = page.evaluate(FREE, [str(today + timedelta(days=1))])
    assert free["items"], free

    seen.goto(f"/setup/services/{free['service']}/rules")
    is_for_everybody(seen)
    fill(page, "Save", lead_minutes="120", slot_minutes="7")
    expect(page.locator("#slot_minutes")).to_have_attribute("aria-invalid", "true")
    fill(page, "Save", slot_minutes="15", min_age="18")
    page.get_by_role("link", name="Online booking").click()
    page.get_by_label("Can be booked").check()
    page.get_by_role("button", name="Save Microneedling, face").click()
    page.get_by_label("Open for bookings").check()
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_role("textbox", name="Cancellation policy").fill("A day before, or $75.50.")
    page.get_by_role("button", name="Publish a new version").first.click()
    assert seen.goto("/book/solo/STUDIO") == 200
    expect(page.locator("main")).to_contain_text("Microneedling, face")
    seen.goto("/setup/legal-entities")
    page.get_by_role("link", name="Solo Aesthetics PLLC").click()
    page.get_by_role("link", name="Card accounts").click()
    fill(page, "Add the account", name="Cards")
    expect(page.get_by_role("region", name="Card accounts of Solo Aesthetics PLLC")).to_contain_text("Cards")
    is_for_everybody(seen)

    seen.goto("/setup/staff/new")
    fill(page, "Invite", label="Mara", email="mara@solo.example", role_id="Front desk")
    expect(page.get_by_role("heading", level=1)).to_have_text("Enrolment code")
    is_for_everybody(seen)
    for path in (
        "/setup/roles",
        "/setup/roles/new",
        "/setup/organization",
        "/setup/products/new",
        "/setup/resources",
    ):
        seen.goto(path)
        is_for_everybody(seen)


FREE = """
async ([day]) => {
  const ask = async (path) => (await fetch(path)).json();
  const [place] = (await ask("/v1/locations")).items, [service] = (await ask("/v1/services")).items;
  const asked = `location_id=${place.id}&service_id=${service.id}&from=${day}`;
  return { ...await ask(`/v1/availability/next?${asked}`), service: service.id };
}
"""
