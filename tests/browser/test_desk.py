"""What the desk does with plain forms: the walk-in queue, changes of a visit, visits that belong together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from medspa.kernel import clock
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import add_provider, add_service, add_shift, book_visit, unit
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES, Seen
from tests.support.calendar import ZONE, at, booked, drawn, open_day, starts

pytestmark = pytest.mark.timeout(300)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
days = iter(range(2, 9))


@pytest.fixture(scope="module")
def noon(practice: Practice) -> dt.datetime:
    """Noon of today, around which somebody works."""
    found = at(clock.now().astimezone(ZONE).date(), 12)
    add_shift(practice.shop.made, found - HOUR, found + 6 * HOUR)
    return found


@pytest.fixture
def open_now(noon: dt.datetime) -> Iterator[None]:
    """It is noon: the desk is open at whatever hour the test is run."""
    source = clock.source()
    ahead = noon - source()
    clock.install(lambda: source() + ahead)
    yield
    clock.install(source)


@pytest.fixture
def day(practice: Practice) -> dt.date:
    """A day of its own, on which somebody works from nine to six."""
    found = clock.now().astimezone(ZONE).date() + dt.timedelta(days=next(days))
    add_shift(practice.shop.made, at(found, 9), at(found, 18))
    return found


def for_everybody(seen: Seen) -> list[str]:
    found = []
    for look, rules in {(DESK, "light"): RULES, (PHONE, "dark"): [*OF_COLOURS, *OF_WIDTHS]}.items():
        seen.look(*look)
        found += seen.faults(rules)
    seen.look(DESK, "light")
    return found


def test_who_walks_in_is_told_the_wait_and_seated(practice: Practice, visit: Visit, open_now: None) -> None:
    made = practice.shop.made
    add_service(made, "Quick look", hands=30, after=30)
    with made.database.session("owner") as session:
        session.execute(
            text("update client set phone = '+12125550177' where id = :id"), {"id": made.clients[0]}
        )
    seen, other = visit(practice.cookie(), scripts=False), visit(practice.cookie())
    page = seen.page
    assert other.goto("/walk-ins") == 200
    expect(other.page.locator(".empty")).to_have_text("Nobody waits.")
    seen.goto("/walk-ins")
    for first, phone in (("Mia", "2125550199"), ("Noa", "2125550177")):
        page.get_by_label("First name").fill(first)
        page.get_by_label("Last name").fill("Walker")
        page.get_by_label("Mobile").fill(phone)
        page.get_by_label("Service").select_option(label="Quick look")
        page.get_by_role("button", name="Add to the queue").click()
    expect(page.locator(".alert")).to_contain_text("There are records that fit")
    page.locator(".people label").first.click()
    page.get_by_role("button", name="Add to the queue").click()
    expect(page.locator(".toast")).to_contain_text("Tell them: about")
    expect(other.page.locator(".queue li")).to_have_count(2, timeout=5_000)
    assert for_everybody(other) == []
    page.get_by_role("button", name="Seat Mia Walker").click()
    expect(page.locator("h2 .badge")).to_have_text("Arrived")
    expect(other.page.locator(".queue li")).to_have_count(1, timeout=5_000)
    seen.goto("/walk-ins")
    page.get_by_role("button", name="Seat").click()
    expect(page.locator(".alert")).to_contain_text("This time is taken")
    page.get_by_role("button", name="Left").click()
    expect(page.locator(".empty")).to_have_text("Nobody waits.")
    assert seen.troubles == []


def test_waits_are_told_again_each_minute(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    seen.page.clock.install()
    seen.goto("/walk-ins")
    with seen.page.expect_response(lambda one: "/walk-ins?location=" in one.url) as told:
        seen.page.clock.fast_forward(61_000)
    assert told.value.status == 200


def test_a_visit_is_changed_without_dragging(practice: Practice, visit: Visit, day: dt.date) -> None:
    made = practice.shop.made
    add_service(made, f"Wash {day}", hands=30, after=30)
    changed, _ = booked(practice, day, 10), booked(practice, day, 14)
    seen, late = visit(practice.cookie(), scripts=False), visit(practice.cookie(), scripts=False)
    page = seen.page
    for one in (seen, late):
        one.goto(f"/calendar/visits/{changed}")
        one.page.get_by_role("link", name="Change…").click()
    page.get_by_label("Another time", exact=True).last.fill(f"{day}T14:00")
    page.get_by_role("radio", name="Another time").check()
    page.get_by_role("button", name="Move the visit").click()
    expect(page.locator(".alert")).to_contain_text("This time is taken")
    expect(page.locator(".alert")).to_contain_text("Whoever would perform it is with somebody else")
    assert starts(practice, changed) == at(day, 10)
    page.locator(".free .check", has_text="11:30").click()
    page.get_by_role("button", name="Move the visit").click()
    expect(page.locator("h2 .badge")).to_have_text("Booked")
    assert starts(practice, changed) == at(day, 11, 30)
    late.page.get_by_role("button", name="Save").click()
    expect(late.page.locator(".alert")).to_contain_text("Somebody changed this record since you read it")
    late.page.get_by_label("Minutes").fill("60")
    late.page.get_by_label("always takes so long with").check()
    late.page.get_by_role("button", name="Save").click()
    expect(late.page.locator("strong").first).to_contain_text("12:30")
    late.goto(f"/clients/{practice.shop.client_id}")
    expect(late.page.locator("#durations + p + ul")).to_contain_text("60 minutes")
    late.page.get_by_role("button", name="As usual again").click()
    expect(late.page.locator("#durations")).to_have_count(0)
    late.goto(f"/calendar/visits/{changed}")
    page.get_by_role("link", name="Change…").click()
    late.page.get_by_role("link", name="Change…").click()
    page.get_by_label("One more").select_option(label=f"Wash {day}")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".plain-list li")).to_have_count(2)
    late.page.get_by_label("Minutes").fill("30")
    late.page.get_by_role("button", name="Save").click()
    expect(late.page.locator(".alert")).to_contain_text("Somebody changed this record since you read it")
    late.page.get_by_label("From").last.fill(f"{day}T13:15")
    late.page.get_by_role("button", name="Save").click()
    expect(late.page.locator(".alert")).to_contain_text("a buffer")
    late.page.get_by_role("button", name="Squeeze it in").click()
    expect(late.page.locator(".panel strong").first).to_contain_text("1:45 pm")
    late.page.get_by_role("link", name="Change…").click()
    late.page.get_by_role("button", name="Take off Wash").click()
    expect(late.page.locator(".plain-list li")).to_have_count(1)
    assert seen.troubles == late.troubles == []


def test_the_panel_changes_a_visit_beside_the_calendar(
    practice: Practice, visit: Visit, day: dt.date
) -> None:
    changed, _ = booked(practice, day, 10), booked(practice, day, 14)
    seen = visit(practice.cookie())
    open_day(seen, day)
    drawn(seen, 10).click()
    panel = seen.page.locator("#visit")
    panel.get_by_role("link", name="Change…").click()
    expect(panel.locator(".free .check").first).to_be_visible()
    assert for_everybody(seen) == []
    panel.get_by_label("From").last.fill(f"{day}T14:00")
    panel.get_by_role("button", name="Save").click()
    expect(panel.locator(".alert")).to_contain_text("This time is taken")
    seen.troubles.clear()  # that it was refused
    panel.get_by_label("From").last.fill(f"{day}T16:00")
    panel.get_by_role("button", name="Save").click()
    expect(panel.locator("strong").first).to_contain_text("4:00 pm")
    expect(drawn(seen, 16)).to_be_visible()
    assert starts(practice, changed) == at(day, 16)
    panel.get_by_role("link", name="Again, or a series…").click()
    panel.get_by_label("Every so many days").fill("7")
    panel.get_by_label("How many times").fill("2")
    panel.get_by_role("button", name="Show the dates").click()
    expect(panel.locator(".badge.bad").first).to_have_text("Nothing is free")
    assert for_everybody(seen) == []


def test_a_gate_is_passed_with_a_reason_and_the_visit_rebooked_in_one_tap(
    practice: Practice, visit: Visit, open_now: None
) -> None:
    made = practice.shop.made
    service = add_service(made, "Guarded", hands=30)
    with made.database.session("owner") as session:
        session.execute(text("update service set needs_exam = true where id = :id"), {"id": service})
        session.execute(text("update treatment_category set cycle_days = 28, earliest_days = 7"))
    now = clock.now().astimezone(ZONE)
    for weeks in range(4, 9):
        add_shift(made, now + weeks * 7 * DAY - 2 * HOUR, now + weeks * 7 * DAY + 2 * HOUR)
    with unit(made.database, made) as session:
        booked_now = book_visit(session, made, now + 3 * HOUR, service_id=service).id
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto(f"/calendar/visits/{booked_now}")
    page.get_by_role("button", name="Arrived").click()
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.locator(".alert")).to_contain_text("Record a good-faith exam.")
    assert for_everybody(seen) == []
    page.get_by_label("Exam: go on all the same, because").select_option("recorded_elsewhere")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("h2 .badge")).to_have_text("Completed")
    page.get_by_role("button", name="Rebook:").click()
    expect(page.locator("h2 .badge")).to_have_text("Booked")
    again = page.url.rsplit("/", 1)[1]
    first = starts(practice, uuid.UUID(again))
    assert (first.date() - now.date()).days == 28
    seen.goto(f"/calendar/visits/{booked_now}")
    expect(page.get_by_role("button", name="Rebook:")).to_have_count(0)
    page.get_by_role("link", name=f"{first:%a} {first.day} {first:%b %Y}").click()
    expect(page.locator("h2 .badge")).to_have_text("Booked")
    page.get_by_role("link", name="Again, or a series…").click()
    page.get_by_label("How many times").fill("3")
    page.get_by_role("button", name="Show the dates").click()
    expect(page.get_by_label("3. ")).to_be_visible()
    page.get_by_label("Every so many days").fill("7")
    page.get_by_role("button", name="Show the dates").click()
    page.get_by_label("2. ").select_option("")
    page.get_by_role("button", name="Book them all").click()
    expect(page.get_by_text("Series of 2")).to_be_visible()
    with made.database.session("owner") as session:
        kept = text("select reason from gate_override where appointment_id = :id")
        assert session.scalars(kept, {"id": booked_now}).all() == ["recorded_elsewhere"]


def test_two_come_together_and_arrive_together(practice: Practice, visit: Visit, open_now: None) -> None:
    made = practice.shop.made
    add_service(made, "Side by side", hands=10)
    other = add_provider(made)
    now = clock.now().astimezone(ZONE)
    add_shift(made, now - HOUR, now + 6 * HOUR, staff_id=other)
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto(f"/clients/{made.client()}")
    page.get_by_role("link", name="Comes with others").click()
    page.get_by_label("When").fill(f"{now + 4 * HOUR:%Y-%m-%dT%H:%M}")
    page.get_by_label("First name").fill("Lou")
    page.get_by_label("Last name").fill("Companion")
    for one in page.get_by_label("Service").all():
        one.select_option(label="Side by side")
    for one in page.get_by_label("With").all():
        one.select_option(str(other))
    page.get_by_label("pays for all").check()
    page.get_by_role("button", name="Book them all").click()
    expect(page.locator(".alert")).to_contain_text("This time is taken")
    assert for_everybody(seen) == []
    page.get_by_role("button", name="Find times from here on").click()
    expect(page.get_by_role("status")).to_contain_text("No time was found for all of them at once")
    page.get_by_label("With").first.select_option("")
    page.get_by_role("button", name="Find times from here on").click()
    expect(page.get_by_role("group", name="Free for all of them").get_by_role("radio").first).to_be_checked()
    expect(page.get_by_label("Last name")).to_have_value("Companion")
    assert for_everybody(seen) == []
    # Another time that is typed is meant, whatever was found before; so is looking again from then on.
    page.get_by_label("When").fill(f"{now + 24 * HOUR:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Book them all").click()
    expect(page.locator(".alert")).to_be_visible()
    expect(page.get_by_label("When")).to_have_value(f"{now + 24 * HOUR:%Y-%m-%dT%H:%M}")
    page.get_by_label("When").fill(f"{now + 4 * HOUR:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Find times from here on").click()
    page.get_by_role("group", name="Free for all of them").get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Book them all").click()
    page.get_by_text("Comes with 1 more, one bill").click()
    page.get_by_role("button", name="All have arrived").click()
    expect(page.locator("h2 .badge")).to_have_text("Arrived")
    page.get_by_text("Comes with 1 more").click()
    expect(page.locator("details li").last).to_contain_text("Arrived")
