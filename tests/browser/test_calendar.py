"""The calendar in a real browser: drawn for all, followed by two desks, moved by hand, booked by keys."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import add_service, add_shift, book_visit, unit
from tests.factories.organization import TIMEZONE
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES
from tests.support.calendar import at, booked, drag, drawn, open_day, starts

pytestmark = pytest.mark.timeout(300)
ZONE = ZoneInfo(TIMEZONE)
days = iter(range(2, 60))


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
    expect(seen.page.locator("#told")).to_contain_text("Moved to 11:00")
    assert starts(practice, moved) == at(day, 11)
    seen.page.locator("#told").get_by_role("button", name="Undo").click()
    expect(drawn(seen, 10)).to_be_visible()
    assert starts(practice, moved) == at(day, 10)
    drag(seen, drawn(seen, 10), 1)
    expect(drawn(seen, 11)).to_be_visible()
    drag(seen, drawn(seen, 11), 3)
    # Whose visit it is, and until when.
    expect(seen.page.locator("#told")).to_contain_text(
        re.compile(r"This time is taken: \S.* has Ada Example, 2:00\sp\.?m\.? to 2:\d\d")
    )
    expect(drawn(seen, 11)).to_be_visible()
    assert starts(practice, moved) == at(day, 11)


def test_how_a_client_is_marked_is_seen_on_their_visit(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    made = practice.shop.made
    booked(practice, day, 10)
    mark = text("update client set flags = cast(:flags as text[]) where id = :id")
    seen = visit(practice.cookie())
    for flags, words in ((["do_not_treat"], "Do not treat"), (["vip"], "VIP"), ([], None)):
        with made.database.session("owner") as session:
            session.execute(mark, {"flags": flags, "id": made.clients[0]})
        open_day(seen, day)
        one = drawn(seen, 10)
        expect(one.locator("em")).to_have_text([words] if words else [])
        if words:
            expect(one).to_have_attribute("aria-label", re.compile(f"{words}$"))
            assert seen.faults() == []


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
    expect(told).to_contain_text("Moved to 11:00")
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
    expect(seen.page.locator("#told")).to_contain_text("It takes 45 minutes now.")
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


def test_what_is_shown_stays_so_from_day_to_day(practice: Practice, visit: Visit, day: dt.date) -> None:
    booked(practice, day, 10)
    seen = visit(practice.cookie())
    open_day(seen, day)
    column = seen.page.locator("[data-filter=column]")
    column.select_option("provider")
    seen.page.get_by_role("link", name="Later").click()
    seen.page.wait_for_url(lambda url: str(day + dt.timedelta(days=1)) in url)
    expect(seen.page.locator(".ec-body")).to_be_visible()
    expect(column).to_have_value("provider")


def test_the_bar_of_the_calendar_is_one_line_at_a_desk(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    """And a week on a phone is as wide as can be read, and names who works."""
    booked(practice, day, 10)
    seen = visit(practice.cookie())
    for view in ("day", "week"):
        seen.goto(f"/calendar?day={day}&view={view}")
        expect(seen.page.locator(".ec-event.visit").first).to_be_visible()
        box = seen.page.locator(".calendar-bar").bounding_box()
        assert box
        assert box["height"] < 60, view
    head = seen.page.locator(".calendar-bar h1")
    monday = day - dt.timedelta(days=day.weekday())
    expect(head).to_have_text(f"Week of {monday.day} {monday:%b %Y}")
    with practice.shop.database.session("owner") as session:
        name = session.scalar(
            text("select label from staff_member where id = :id"), {"id": practice.shop.made.provider_id}
        )
    expect(seen.page.locator(".ec-event.visit").first).to_contain_text(str(name))
    seen.look(PHONE, "light")
    seen.goto(f"/calendar?day={day}&view=week")
    drawn_at = seen.page.locator(".ec-body .ec-day").first
    expect(drawn_at).to_be_attached()
    column = drawn_at.bounding_box()
    assert column
    assert column["width"] >= 100
    body = seen.page.locator(".calendar-bar").bounding_box()
    assert body
    assert body["height"] < 170
    assert seen.faults() == []


def test_who_may_only_read_cannot_move(practice: Practice, visit: Visit, day: dt.date) -> None:
    booked(practice, day, 10)
    reader = practice.shop.made.staff([Permission.BOOKING_READ])
    seen = visit(practice.cookie(reader))
    open_day(seen, day)
    expect(drawn(seen, 10)).to_contain_text("Booked")
    assert seen.page.locator(".ec-draggable").count() == 0
