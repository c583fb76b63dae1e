"""Booking from any page: by keyboard, for who is known and who is new; what is typed is kept, who may not be
booked is said at once."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import text

from medspa.kernel import clock
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import add_shift
from tests.support.browser import Seen
from tests.support.calendar import ZONE, at, booked, open_day

pytestmark = pytest.mark.timeout(300)
days = iter(range(2, 60))
KNOWN_SECONDS, KNOWN_STEPS, NEW_SECONDS = 30, 10, 45


@pytest.fixture
def day(practice: Practice) -> dt.date:
    """A day of its own, on which somebody works from nine to six."""
    found = clock.now().astimezone(ZONE).date() + dt.timedelta(days=next(days))
    add_shift(practice.shop.made, at(found, 9), at(found, 18))
    return found


def _visits(practice: Practice) -> int:
    with practice.shop.database.session("owner") as session:
        return int(session.execute(text("select count(*) from appointment")).scalar_one())


class Hands:
    """Counts what a person does: a word typed, a key, a choice."""

    def __init__(self, seen: Seen) -> None:
        self.page, self.steps, self.begun = seen.page, 0, time.monotonic()

    def press(self, key: str) -> None:
        self.steps += 1
        self.page.keyboard.press(key)

    def write(self, words: str) -> None:
        self.steps += 1
        self.page.keyboard.type(words)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun


def _done(page: Callable[[], Locator], before: int, practice: Practice) -> None:
    expect(page()).to_contain_text("is booked")
    assert _visits(practice) == before + 1


def test_a_call_is_booked_from_any_page_by_keyboard(practice: Practice, visit: Visit, day: dt.date) -> None:
    seen, before = visit(practice.cookie()), _visits(practice)
    page = seen.page
    assert seen.goto(f"/clients/{practice.shop.client_id}") == 200
    hands = Hands(seen)
    hands.press("b")
    expect(page.locator("#b-who")).to_be_focused()
    hands.write("Ada")
    expect(page.locator("#b-who-list li").first).to_contain_text("Ada")
    hands.press("Enter")
    expect(page.locator("#b-what")).to_be_focused()
    hands.write("Neuro")
    hands.press("Enter")
    expect(page.locator(".slots input").first).to_be_focused()
    hands.press("Enter")
    _done(lambda: page.locator("#told"), before, practice)
    assert hands.steps <= KNOWN_STEPS
    assert hands.seconds <= KNOWN_SECONDS
    assert seen.troubles == []


def test_a_form_that_is_left_keeps_what_was_typed(practice: Practice, visit: Visit, day: dt.date) -> None:
    """Escape is pressed by mistake while somebody is on the phone; “Leave” is meant."""
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/notifications")
    page.keyboard.press("b")
    expect(page.locator("#b-who")).to_be_focused()
    page.keyboard.type("Nia Typed")
    expect(page.locator("#b-who-list li")).to_contain_text("New client")
    page.keyboard.press("Enter")
    page.keyboard.type("2125550144")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator("dialog")).to_be_visible()
    expect(page.locator("#b-phone")).to_have_value("2125550144")
    expect(page.locator("#b-last")).to_have_value("Typed")
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("dialog")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator("#b-who")).to_be_focused()
    expect(page.locator("#b-who")).to_have_value("")
    assert seen.troubles == []


def test_who_may_not_be_booked_is_said_before_a_time_is_chosen(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    made = practice.shop.made
    client = made.client("Dora", "Nottreat")
    with made.database.session("owner") as session:
        session.execute(text("update client set flags = '{do_not_treat}' where id = :id"), {"id": client})
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto("/notifications")
    page.keyboard.press("b")
    page.locator("#b-who").fill("Nottreat")
    expect(page.locator("#b-who-list li").first).to_contain_text("do not treat")
    page.locator("#b-who").press("Enter")
    expect(page.locator(".booking .alert")).to_have_text("Marked do not treat: no visit can be booked.")
    page.locator("#b-what").fill("Neuro")
    page.locator("#b-what").press("Enter")
    expect(page.locator(".slots input").first).to_be_visible()
    expect(page.get_by_role("button", name="Book", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Leave").click()
    seen.goto(f"/clients/{client}")
    page.get_by_role("link", name="Book a visit").click()
    expect(page.locator(".booking .alert")).to_be_visible()


def test_the_desk_says_with_whom_and_opens_what_it_booked(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    seen = visit(practice.cookie())
    page = seen.page
    with practice.shop.database.session("owner") as session:
        asked = text("select label from staff_member where is_provider")
        names = "|".join(map(re.escape, session.scalars(asked)))
    seen.goto(f"/clients/{practice.shop.client_id}")
    page.get_by_role("link", name="Book a visit").click()
    page.locator("#b-what").fill("Neuro")
    page.locator("#b-what").press("Enter")
    expect(page.locator(".slots label").first).to_contain_text(re.compile(names))
    page.locator(".slots input").first.press("Enter")
    told = page.locator("#told")
    expect(told).to_contain_text(re.compile(f"is booked: .* with ({names})"))
    told.get_by_role("button", name="Open the visit").click()
    expect(page.locator("h2 .badge")).to_have_text("Booked")


def test_a_new_client_is_booked_with_name_and_mobile_and_doubles_are_offered(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    made = practice.shop.made
    with made.database.session("owner") as session:
        known = {"id": made.clients[0]}
        session.execute(text("update client set phone = '+12125550177' where id = :id"), known)
    seen, before = visit(practice.cookie()), _visits(practice)
    page = seen.page
    assert seen.goto("/clients") == 200
    hands = Hands(seen)
    hands.press("b")
    expect(page.locator("#b-who")).to_be_focused()
    hands.write("Mia Newman")
    expect(page.locator("#b-who-list li")).to_contain_text("New client")
    hands.press("Enter")
    expect(page.locator("#b-phone")).to_be_focused()
    hands.write("2125550177")
    expect(page.locator(".same button")).to_contain_text("has this number")
    page.locator("#b-phone").fill("2125550188")
    hands.press("Tab")
    hands.write("Neuro")
    hands.press("Enter")
    expect(page.locator(".slots input").first).to_be_focused()
    hands.press("Enter")
    _done(lambda: page.locator("#told"), before, practice)
    assert hands.seconds <= NEW_SECONDS
    with made.database.session("owner") as session:
        found = session.execute(text("select phone from client where last_name = 'Newman'")).scalar_one()
    assert found == "+12125550188"


def test_booking_keeps_to_the_time_that_was_clicked(practice: Practice, visit: Visit, day: dt.date) -> None:
    seen = visit(practice.cookie())
    page, before = seen.page, _visits(practice)
    open_day(seen, day)
    detail = f"{{detail: {{at: new Date('{day}T14:00')}}}}"
    page.evaluate(f"document.dispatchEvent(new CustomEvent('book', {detail}))")
    page.locator("#b-what").fill("Neuro")
    page.keyboard.press("Enter")
    chosen = page.locator(".slots input:checked")
    expect(chosen).to_have_value(re.compile(f"{day}T14:00"))
    page.locator("#b-who").fill("Ada")
    expect(page.locator("#b-who-list li").first).to_contain_text("Ada")
    page.locator("#b-who").press("Enter")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_value(re.compile(f"{day}T14:00"))
    booked(practice, day, 14)  # by somebody else, meanwhile
    page.keyboard.press("Enter")
    expect(page.locator(".booking .wrong")).to_be_visible()
    expect(page.locator(".slots input").first).to_have_value(re.compile(f"{day}T14:30"))
    expect(chosen).to_have_count(0)
    expect(page.get_by_role("button", name="Book", exact=True)).to_be_disabled()
    page.locator("#b-day").fill(str(day - dt.timedelta(days=1)))
    page.locator("#b-with").select_option(index=1)
    page.locator("[data-later]").click()
    expect(page.locator(".slots input").first).to_be_visible()
    assert _visits(practice) == before + 1
