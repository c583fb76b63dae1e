"""What stands around every page, in a browser: search by keyboard, location, look, notices, menu, toast."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import NoticeKind, Permission
from operational.directory.devices import trust
from operational.directory.lookup import StaffFound
from operational.identity.pins import hash_pin
from operational.identity.tokens import digest
from operational.models.client import Client
from operational.models.staff import StaffMember
from operational.notices import notify
from tests.browser.conftest import Practice, Visit
from tests.support.browser import DESK, PHONE, Seen


def is_for_everybody(seen: Seen) -> None:
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        seen.look(width, scheme)
        assert seen.faults() == []
    seen.look(DESK, "light")


def named(practice: Practice) -> tuple[str, str]:
    """A client's id and last name."""
    with practice.shop.database.session("admin") as session:
        row = session.get_one(Client, (practice.shop.made.org_id, practice.shop.client_id))
        return str(row.id), row.last_name


def test_a_client_is_found_by_keyboard_from_any_page(practice: Practice, visit: Visit) -> None:
    client, name = named(practice)
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/notifications")
    page.keyboard.press("/")
    page.keyboard.type(name[:4].lower())
    hit = page.locator("#quick-found a").first
    expect(hit).to_contain_text(name)
    is_for_everybody(seen)
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    assert hit.get_attribute("href") == f"/clients/{client}"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(page.locator("#quick-found a")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("#quick")).to_be_focused()
    assert seen.troubles == []


def test_what_is_found_stands_within_the_window(practice: Practice, visit: Visit) -> None:
    _, name = named(practice)
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/notifications")
    # As where there is one location only: the field stands further to the right.
    page.locator("form.place").evaluate("one => one.remove()")
    for width in (DESK, 900, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("#quick").fill("")
        page.locator("#quick").press_sequentially(name[:4])
        expect(page.locator("#quick-found a").first).to_be_visible()
        box = page.locator("#quick-found").bounding_box()
        assert box
        assert box["x"] >= 0, width
        assert box["x"] + box["width"] <= width, width


def test_the_part_that_is_open_is_in_sight_on_a_phone(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    seen.look(PHONE, "light")
    seen.goto("/setup/shifts")
    box = seen.page.locator(".parts [aria-current]").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE


def test_without_scripts_search_and_location_are_plain_forms(practice: Practice, visit: Visit) -> None:
    _, name = named(practice)
    seen = visit(practice.cookie(), scripts=False)
    page = seen.page
    seen.goto("/notifications")
    page.locator("#quick").fill("x")
    page.locator("#quick").press("Enter")
    expect(page.locator("#q-wrong")).to_contain_text("at least 2 letters")
    page.locator("#q").fill(name)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("region", name="Found")).to_contain_text(name)
    assert name not in page.url
    other = page.locator("#place option:not([selected])")
    words, value = other.inner_text(), other.get_attribute("value") or ""
    page.locator("#place").select_option(value)
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#place option[selected]")).to_have_text(words)
    expect(page).to_have_url(f"{seen.url}/search")


def test_the_look_is_kept_on_the_device(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/notifications")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_text("Owner", exact=True).click()
    is_for_everybody(seen)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-look", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.get_by_text("Owner", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("html")).to_have_attribute("data-look", "dark")
    is_for_everybody(seen)


def test_what_is_new_is_counted_opened_and_put_away(practice: Practice, visit: Visit) -> None:
    shop = practice.shop
    with shop.transaction() as session:
        for place in (shop.north, None):
            notify(
                session,
                location_id=place,
                permission=Permission.STAFF_MANAGE,
                kind=NoticeKind.STAFF_JOINED,
                subject_id=shop.made.owner_id,
            )
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/notifications")
    expect(page.locator(".count")).to_have_text(re.compile("2 unread"))
    is_for_everybody(seen)
    seen.look(PHONE, "light")
    page.get_by_text("Menu", exact=True).click()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link")).not_to_have_count(0)
    assert seen.faults() == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("status")).to_have_text("Marked as read.")
    expect(page.locator(".count")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)
    is_for_everybody(seen)


def test_a_desk_that_nobody_touches_is_locked(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    page.clock.install()
    seen.goto("/notifications")
    page.clock.run_for("14:30")
    page.mouse.move(200, 300)
    page.clock.run_for("14:30")
    expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    page.clock.run_for("01:00")
    expect(page).to_have_url(re.compile("/(switch|sign-in)"))
    seen.goto("/notifications")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_shared_device_is_locked_and_taken_over_by_pin(practice: Practice, visit: Visit) -> None:
    shop, device = practice.shop, "a device of the desk"
    with shop.database.session("owner") as session:
        owner = session.get_one(StaffMember, (shop.made.org_id, shop.made.owner_id))
        owner.totp_secret, owner.pin_hash = b"sealed", hash_pin("8264")
    person = StaffFound(shop.made.org_id, shop.made.owner_id)
    trust(shop.database.engine("app"), digest(device), person, clock.now(), full=True)
    seen = visit(practice.cookie())
    seen.page.context.add_cookies([{"name": "medspa_device", "value": device, "url": seen.url}])
    page = seen.page
    seen.goto("/pin")
    is_for_everybody(seen)
    page.get_by_text("Owner", exact=True).click()
    page.get_by_role("button", name="Lock, or switch person").click()
    expect(page).to_have_url(f"{seen.url}/switch?next=%2Fpin")
    is_for_everybody(seen)
    page.get_by_label("PIN").fill("8265")
    page.keyboard.press("Enter")
    expect(page.get_by_label("PIN")).to_have_accessible_description("That is not the PIN. 4 more tries.")
    is_for_everybody(seen)
    page.get_by_label("PIN").fill("8264")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{seen.url}/pin")


def test_the_bar_is_one_line_at_a_desk(practice: Practice, visit: Visit) -> None:
    """With every way, and a location whose name is long."""
    with practice.shop.database.session("admin") as session:
        session.execute(text("update location set name = name || ' of the northern shore'"))
    seen = visit(practice.cookie())
    seen.goto("/waitlist")
    bar = seen.page.locator(".bar")
    for width in (1440, 1280, 1265, 1264, 1100):
        seen.page.set_viewport_size({"width": width, "height": 700})
        box = bar.bounding_box()
        assert box is not None
        assert box["height"] < 2 * 44, width
