"""Time off and a provider who is sick, in a real browser: every visit in it is settled or a task."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from medspa.ui.values import day as shown
from operational import links
from operational.booking import time_off
from operational.booking.book import book
from operational.booking.schedule_schemas import NewTimeOff
from operational.booking.schemas import NewItem, NewVisit
from operational.messaging.send import working
from operational.privacy.vault import Vault, load_master_key
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import actor_of, add_provider, add_shift, book_visit, unit
from tests.factories.organization import TIMEZONE
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES, Seen
from tests.support.calendar import at, open_day, starts

pytestmark = pytest.mark.timeout(300)
PAGE = "/calendar/time-off"


def day(ahead: int) -> dt.date:
    return clock.now().astimezone(ZoneInfo(TIMEZONE)).date() + dt.timedelta(days=ahead)


def is_for_everybody(seen: Seen) -> None:
    for width, scheme, rules in ((DESK, "light", RULES), (PHONE, "dark", [*OF_COLOURS, *OF_WIDTHS])):
        seen.look(width, scheme)
        assert seen.faults(rules) == []
    seen.look(DESK, "light")


def booked(practice: Practice, on: dt.date, hour: int) -> uuid.UUID:
    made = practice.shop.made
    client = made.client()
    with unit(made.database, made) as session:
        return book_visit(session, made, at(on, hour), provider_id=made.provider_id, client_id=client).id


def open_tasks(practice: Practice) -> list[uuid.UUID]:
    with practice.shop.database.session("owner") as session:
        asked = "select appointment_id from task where kind = 'find_time' and done_at is null"
        return list(session.scalars(text(asked)))


def test_the_visits_of_a_sick_provider_are_moved_asked_about_or_tasks(
    practice: Practice, visit: Visit
) -> None:
    made, on = practice.shop.made, day(3)
    add_shift(made, at(on, 9), at(on, 18))
    other = add_provider(made)
    add_shift(made, at(on, 9), at(on, 11), staff_id=other)
    add_shift(made, at(day(4), 9), at(day(4), 11), staff_id=other)
    kept, asked, later = (booked(practice, on, hour) for hour in (9, 14, 16))
    seen = visit(practice.cookie())
    page = seen.page
    assert seen.goto(f"{PAGE}/absent?staff={made.provider_id}&day={on}") == 200
    expect(page.locator("tbody tr")).to_have_count(3)
    is_for_everybody(seen)
    mark, last = page.get_by_role("button", name="Mark absent"), page.get_by_label("Last day")
    last.fill(str(on))
    mark.click()
    expect(page.locator("#last-wrong")).to_contain_text("Choose several days for this last day")
    expect(last).to_have_value(str(on))
    last.fill("")
    page.get_by_label("Several days").check()
    mark.click()
    expect(page.locator("#last-wrong")).to_contain_text("Enter the last day")
    expect(page.get_by_label("Several days")).to_be_checked()
    last.fill(str(on))
    mark.click()
    expect(page.get_by_role("heading", name="3 visits to move")).to_be_visible()
    assert set(open_tasks(practice)) == {kept, asked, later}
    rows = page.locator(".to-move li")
    expect(rows.nth(0)).to_contain_text("Same time with Further provider")
    is_for_everybody(seen)

    page.get_by_role("button", name="Move the ticked ones as shown").click()
    expect(page.get_by_role("heading", name="2 visits to move")).to_be_visible()
    assert starts(practice, kept) == at(on, 9)
    page.get_by_role("button", name="Move the ticked ones as shown").click()
    expect(page.get_by_role("alert")).to_have_text("Tick at least one visit.")
    rows.nth(0).get_by_role("checkbox").check()
    page.get_by_role("button", name="Ask their clients to choose").click()
    expect(rows.nth(0)).to_contain_text("The client is asked to choose")
    expect(page.get_by_role("status")).to_contain_text("1 client is asked.")
    with made.database.session("owner") as session:
        session.execute(text("update message set status = 'failed' where kind = 'must_move'"))
    page.reload()
    expect(rows.nth(0)).not_to_contain_text("The client is asked to choose")
    for said in ("1 client is asked.", "Nobody was asked again"):
        rows.nth(0).get_by_role("checkbox").check()
        page.get_by_role("button", name="Ask their clients to choose").click()
        expect(page.get_by_role("status")).to_contain_text(said)
    expect(rows.nth(0)).to_contain_text("The client is asked to choose")
    with made.database.session("owner") as session:
        states = text("select status from message where kind = 'must_move' order by created_at")
        assert session.scalars(states).all() == ["failed", "scheduled"]
    rows.nth(1).get_by_role("link", name="Other time").click()
    is_for_everybody(seen)
    page.get_by_role("button", name=f"{shown(day(4))}, 10:15 am").click()
    expect(page.get_by_role("heading", name="1 visit to move")).to_be_visible()
    assert starts(practice, later) == at(day(4), 10, 15)
    assert open_tasks(practice) == [asked]

    vault = Vault(load_master_key(practice.server.app.state.services.settings))
    with working(made.database.engine("app"), vault, made.org_id) as session:
        token = links.issue(
            session, purpose=links.APPOINTMENT, client_id=None, subject_id=asked,
            lifetime=dt.timedelta(days=9),
        )  # fmt: skip
    client = visit()
    assert client.goto(f"/visit/{token}") == 200
    expect(client.page.locator("main")).to_contain_text("we cannot keep this time")
    assert client.faults() == []
    client.page.get_by_role("link", name="Change the time").click()
    client.page.get_by_role("button", name="9:30 am").first.click()
    expect(client.page.locator("main")).not_to_contain_text("we cannot keep this time")
    assert starts(practice, asked) == at(on, 9, 30)
    assert open_tasks(practice) == []
    page.reload()
    expect(page.locator("main")).to_contain_text("No visit is left in this time.")


def test_time_off_is_asked_for_shown_with_its_visits_and_decided(practice: Practice, visit: Visit) -> None:
    made, on = practice.shop.made, day(10)
    add_shift(made, at(on, 9), at(on, 18))
    own = booked(practice, on, 12)
    made.grant(made.provider_id, [Permission.BOOKING_READ], location_id=None)
    person = visit(practice.cookie(made.provider_id), scripts=False)
    assert person.goto(PAGE) == 200
    person.page.get_by_role("link", name="Ask for time off").click()
    person.page.get_by_label("First day").fill(str(on))
    person.page.get_by_label("From").fill("11:00")
    person.page.get_by_role("button", name="Ask for it").click()
    expect(person.page.locator("#until-wrong")).to_contain_text("both from and until")
    person.page.get_by_label("Until").fill("14:00")
    person.page.get_by_label("How often in all").fill("2")
    person.page.get_by_role("button", name="Ask for it").click()
    expect(person.page.locator("h1")).to_contain_text("Requested")
    expect(person.page.get_by_role("button", name="Approve")).to_have_count(0)

    seen = visit(practice.cookie())
    page = seen.page
    seen.goto(PAGE)
    is_for_everybody(seen)
    page.get_by_role("row", name="Requested").get_by_role("link").click()
    expect(page.get_by_role("region", name="Visits in this time").locator("tbody tr")).to_have_count(1)
    is_for_everybody(seen)
    page.get_by_label("And all later ones like it").check()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="1 visit to move")).to_be_visible()
    assert own in open_tasks(practice)
    with made.database.session("owner") as session:
        states = text("select count(*) from time_off where status = 'approved' and asked_by = :who")
        assert session.scalar(states, {"who": made.provider_id}) == 2
    stale = visit(practice.cookie())
    stale.page.goto(page.url)
    page.get_by_text("End it: the time can be booked again").click()
    page.get_by_label("And all later ones like it").check()
    page.get_by_role("button", name="End it").click()
    expect(page.locator("h1")).to_contain_text("Ended")
    stale.page.locator(".to-move").get_by_role("checkbox").check()
    stale.page.get_by_role("button", name="Leave as tasks").click()
    expect(stale.page.get_by_role("alert")).to_have_text("It does not count any more.")
    assert own not in open_tasks(practice)


def test_visits_at_a_place_whose_visits_one_may_not_read_are_counted_and_not_shown(
    practice: Practice, visit: Visit
) -> None:
    made, on = practice.shop.made, day(34)
    elsewhere = made.locations[1]
    add_shift(made, at(on, 9), at(on, 18), location_id=elsewhere)
    client = made.client(last_name="Unseen", phone="+12125550123")
    request = NewVisit(
        client_id=client, location_id=elsewhere, starts_at=at(on, 12),
        items=[NewItem(service_id=made.service_id, provider_id=made.provider_id)],
    )  # fmt: skip
    with unit(made.database, made) as session:
        book(session, actor_of(made), request)
    here = [Permission.BOOKING_READ, Permission.BOOKING_WRITE, Permission.CLIENT_READ]
    manager = made.staff([*here, Permission.SCHEDULE_MANAGE], location_id=made.location_id)
    made.grant(manager, [Permission.INVOICE_READ], location_id=elsewhere)
    seen = visit(practice.cookie(manager), scripts=False)
    hidden = "1 visit is at another place and not shown"
    seen.goto(f"{PAGE}/absent?staff={made.provider_id}&day={on}")
    expect(seen.page.locator("main")).to_contain_text(hidden)
    expect(seen.page.locator("main")).not_to_contain_text("Unseen")
    seen.page.get_by_role("button", name="Mark absent").click()
    expect(seen.page.get_by_role("heading", name="1 visit to move")).to_be_visible()
    expect(seen.page.locator("main")).to_contain_text(hidden)
    expect(seen.page.locator("main")).not_to_contain_text("Unseen")
    whole = visit(practice.cookie())
    whole.goto(f"{PAGE}/absent?staff={made.provider_id}&day={on}")
    expect(whole.page.locator("tbody")).to_contain_text("Unseen")


def test_a_closure_or_a_block_that_comes_again_says_first_what_is_booked(
    practice: Practice, visit: Visit
) -> None:
    made, on = practice.shop.made, day(17)
    add_shift(made, at(on, 9), at(on, 18))
    booked(practice, on, 12)
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto(f"{PAGE}/new?day={on}")
    is_for_everybody(seen)
    page.get_by_label("Who or what").select_option(f"location:{made.location_id}")
    page.get_by_label("Why").select_option("holiday")
    page.get_by_label("How often in all").fill("3")
    page.get_by_role("button", name="Take the time").click()
    expect(page.get_by_role("alert")).to_contain_text("1 visit is booked in this time")
    is_for_everybody(seen)
    page.get_by_role("button", name="Take it and move the visits").click()
    expect(page.get_by_role("heading", name="1 visit to move")).to_be_visible()
    seen.goto(f"/calendar?day={on}")
    expect(page.locator(".ec-bg-event")).to_have_text("Closed: holiday")
    is_for_everybody(seen)
    seen.goto(f"{PAGE}?kind=closures")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("and 2 more like it")
    assert seen.goto(f"{PAGE}?over=1") == 200
    page.goto(f"{seen.url}/calendar/time-off/{uuid.uuid4()}")
    expect(page.locator("main")).to_contain_text("There is no such time off")


def test_a_day_on_which_nobody_works_or_all_is_closed_says_so_and_what_to_do(
    practice: Practice, visit: Visit
) -> None:
    made, free = practice.shop.made, day(200)
    seen = visit(practice.cookie())
    nothing = seen.page.locator(".nothing:visible")
    assert seen.goto(f"/calendar?day={free}&view=week") == 200
    expect(nothing).to_have_text("Nobody works in this week. Add shifts")
    expect(nothing.get_by_role("link")).to_have_attribute("href", "/setup/shifts")
    open_day(seen, free)
    assert seen.faults(RULES) == []
    add_shift(made, at(free, 9), at(free, 18))
    expect(nothing).to_have_count(0)
    head = seen.page.get_by_role("link", name="Mark Provider absent")
    expect(head).to_have_attribute("href", re.compile(rf"absent\?staff={made.provider_id}&day={free}"))
    body = {"location_id": made.location_id, "subject_kind": "location", "subject_id": made.location_id}
    with unit(made.database, made) as session:
        until = at(free, 0) + dt.timedelta(days=1)
        off = NewTimeOff.model_validate(
            {**body, "starts_at": at(free, 0), "ends_at": until, "reason": "holiday"}
        )
        time_off.add(session, actor_of(made), off)
    reader = visit(practice.cookie(made.staff([Permission.BOOKING_READ])), scripts=False)
    reader.goto(f"/calendar?day={free}")
    expect(reader.page.locator(".nothing").first).to_contain_text("closed on this day (holiday)")
    reader.goto(f"/calendar?day={free + dt.timedelta(days=1)}")
    expect(reader.page.locator(".nothing").first).to_contain_text("Ask whoever plans the shifts")


def test_a_clock_of_twenty_four_hours_is_kept_to_where_one_pays_in_pounds(
    practice: Practice, visit: Visit
) -> None:
    made = practice.shop.made
    on = day(27)
    add_shift(made, at(on, 9), at(on, 18))
    booked(practice, on, 14)
    priced = text("update location set currency = :currency where id = :id")
    with made.database.session("owner") as session:
        session.execute(priced, {"currency": "GBP", "id": made.location_id})
    try:
        seen = visit(practice.cookie())
        open_day(seen, on)
        one = seen.page.locator(".ec-event.visit").first
        expect(one).to_contain_text("14:00")
        expect(seen.page.locator(".ec-sidebar").last).to_contain_text("15:00")
        one.click()
        expect(seen.page.locator("#visit")).to_contain_text("14:00 – 14:")
    finally:
        with made.database.session("owner") as session:
            session.execute(priced, {"currency": "USD", "id": made.location_id})
