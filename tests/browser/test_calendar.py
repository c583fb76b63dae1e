"""The calendar in a real browser: drawn for all, followed by two desks, moved by hand, booked by keys."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import add_service, add_shift, book_visit, unit
from tests.factories.organization import TIMEZONE
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES, Seen
from tests.support.calendar import at, booked, drag, drawn, open_day, starts

pytestmark = pytest.mark.timeout(300)
ZONE = ZoneInfo(TIMEZONE)
days = iter(range(2, 60))
KNOWN_SECONDS, KNOWN_STEPS, NEW_SECONDS = 30, 10, 45


@pytest.fixture
def day(practice: Practice) -> dt.date:
    """A day of its own, on which somebody works from nine to six."""
    found = clock.now().astimezone(ZONE).date() + dt.timedelta(days=next(days))
    add_shift(practice.shop.made, at(found, 9), at(found, 18))
    return found


def test_calendar_and_clients_are_for_everybody(practice: Practice, visit: Visit, day: dt.date) -> None:
    booked(practice, day, 10)
    client = practice.shop.client_id
    seen = visit(practice.cookie())
    faults = {}
    for path in (f"/calendar?day={day}", f"/calendar?day={day}&view=week", "/clients", f"/clients/{client}"):
        assert seen.goto(path) == 200, path
        if path == f"/calendar?day={day}":
            drawn(seen, 10).click()
            expect(seen.page.locator("#visit h2")).to_contain_text("Booked")
        for look, rules in {
            (DESK, "light"): RULES,
            (PHONE, "dark"): [*OF_COLOURS, *OF_WIDTHS],
        }.items():
            seen.look(*look)
            if found := seen.faults(rules):
                faults[path, look] = found
    assert faults == {}


def test_without_scripts_the_day_is_a_list_and_a_visit_can_be_confirmed(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    booked(practice, day, 10)
    seen = visit(practice.cookie(), scripts=False)
    assert seen.goto(f"/calendar?day={day}") == 200
    seen.page.get_by_role("link", name="10:00 am").click()
    seen.page.get_by_role("button", name="Confirm").click()
    expect(seen.page.locator("h2 .badge")).to_have_text("Confirmed")


def test_what_another_desk_does_appears_by_itself(practice: Practice, visit: Visit, day: dt.date) -> None:
    one, other = visit(practice.cookie()), visit(practice.cookie())
    for seen in (one, other):
        open_day(seen, day)
    booked(practice, day, 11)
    for seen in (one, other):
        expect(drawn(seen, 11)).to_be_visible(timeout=5_000)
    drawn(one, 11).click()
    one.page.locator("#visit").get_by_role("button", name="Confirm").click()
    expect(other.page.locator(".ec-event.is-confirmed").first).to_be_visible(timeout=5_000)
    one.page.locator("#visit").get_by_role("button", name="Undo: confirmed").click()
    expect(other.page.locator(".ec-event.is-confirmed")).to_have_count(0, timeout=5_000)
    assert one.troubles == other.troubles == []


def test_a_visit_is_dragged_and_goes_back_with_the_reason(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    moved, _ = booked(practice, day, 10), booked(practice, day, 14)
    seen = visit(practice.cookie())
    open_day(seen, day)
    drag(seen, drawn(seen, 10), 1)
    expect(seen.page.locator("#told")).to_contain_text("Moved.")
    assert starts(practice, moved) == at(day, 11)
    seen.page.locator("#told").get_by_role("button", name="Undo").click()
    expect(drawn(seen, 10)).to_be_visible()
    assert starts(practice, moved) == at(day, 10)
    drag(seen, drawn(seen, 10), 1)
    expect(drawn(seen, 11)).to_be_visible()
    drag(seen, drawn(seen, 11), 3)
    expect(seen.page.locator("#told")).to_contain_text("This time is taken")
    expect(drawn(seen, 11)).to_be_visible()
    assert starts(practice, moved) == at(day, 11)


def test_what_a_soft_rule_refuses_is_squeezed_in_by_who_may(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    made = practice.shop.made
    slow = add_service(made, f"Slow {day}", hands=30, after=30)
    with unit(made.database, made) as session:
        book_visit(session, made, at(day, 10, 30), service_id=slow)
    moved = booked(practice, day, 13)
    seen = visit(practice.cookie())
    open_day(seen, day)
    drag(seen, drawn(seen, 13), -2)
    told = seen.page.locator("#told")
    expect(told).to_contain_text("squeezing in")
    assert starts(practice, moved) == at(day, 13)
    told.get_by_role("button", name="Squeeze it in").click()
    expect(told).to_contain_text("Moved.")
    assert starts(practice, moved) == at(day, 11)


def test_a_visit_is_made_longer_by_its_edge(practice: Practice, visit: Visit, day: dt.date) -> None:
    longer = booked(practice, day, 10)
    seen = visit(practice.cookie())
    open_day(seen, day)
    one = drawn(seen, 10)
    one.scroll_into_view_if_needed()
    one.hover()
    box = one.bounding_box()
    assert box
    mouse = seen.page.mouse
    mouse.move(box["x"] + 40, box["y"] + box["height"] - 2)
    mouse.down()
    mouse.move(box["x"] + 40, box["y"] + box["height"] + 20, steps=4)
    mouse.up()
    expect(seen.page.locator("#told")).to_contain_text("Moved.")
    with practice.shop.database.session("owner") as session:
        asked = text("select provider_ends_at - starts_at from appointment_item where appointment_id = :id")
        assert session.execute(asked, {"id": longer}).scalar_one() == dt.timedelta(minutes=45)


def test_the_next_free_time_is_jumped_to(practice: Practice, visit: Visit, day: dt.date) -> None:
    seen = visit(practice.cookie())
    open_day(seen, day)
    choice = seen.page.locator("[data-next-free]")
    choice.focus()
    expect(choice.locator("option", has_text="Neurotoxin visit")).to_have_count(1)
    choice.select_option(label="Neurotoxin visit")
    expect(seen.page.locator("#told")).to_contain_text("Free at 9:00 am")
    seen.page.get_by_role("button", name="Book it").click()
    expect(seen.page.locator(".slots input").first).to_be_visible()


def test_a_desk_that_looked_before_is_refused_in_words(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    moved = booked(practice, day, 10)
    seen = visit(practice.cookie())
    seen.page.add_init_script("window.EventSource = class { addEventListener() {} close() {} };")
    open_day(seen, day)
    with practice.shop.database.session("owner") as session:
        session.execute(text("update appointment set status = 'confirmed' where id = :id"), {"id": moved})
    drag(seen, drawn(seen, 10), 2)
    expect(seen.page.locator("#told")).to_contain_text("Somebody changed this visit a moment ago")
    expect(drawn(seen, 10)).to_be_visible()
    assert starts(practice, moved) == at(day, 10)


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


def test_who_may_only_read_cannot_move(practice: Practice, visit: Visit, day: dt.date) -> None:
    booked(practice, day, 10)
    reader = practice.shop.made.staff([Permission.BOOKING_READ])
    seen = visit(practice.cookie(reader))
    open_day(seen, day)
    expect(drawn(seen, 10)).to_contain_text("Booked")
    assert seen.page.locator(".ec-draggable").count() == 0
