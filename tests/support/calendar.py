"""What a person sees and does on the calendar's page, and the visits behind it."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, expect
from sqlalchemy import text

from medspa.ui.values import clock_time
from tests.browser.conftest import Practice
from tests.factories.booking import book_visit, unit
from tests.factories.organization import TIMEZONE
from tests.support.browser import Seen

ZONE = ZoneInfo(TIMEZONE)


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), ZONE)


def booked(practice: Practice, day: dt.date, hour: int) -> uuid.UUID:
    made = practice.shop.made
    with unit(made.database, made) as session:
        return book_visit(session, made, at(day, hour)).id


def starts(practice: Practice, visit: uuid.UUID) -> dt.datetime:
    with practice.shop.database.session("owner") as session:
        found = session.execute(text("select starts_at from appointment where id = :id"), {"id": visit})
        return found.scalar_one().astimezone(ZONE)  # type: ignore[no-any-return]


def drawn(seen: Seen, hour: int) -> Locator:
    """The visit at this hour in the provider's column."""
    return seen.page.locator(f".ec-event.visit[aria-label*=', {clock_time(dt.time(hour))} to']").first


def open_day(seen: Seen, day: dt.date) -> None:
    assert seen.goto(f"/calendar?day={day}") == 200
    expect(seen.page.locator(".ec-body")).to_be_visible()


def drag(seen: Seen, visit: Locator, hours: float) -> None:
    visit.scroll_into_view_if_needed()
    box = visit.bounding_box()
    assert box
    x, y, mouse = box["x"] + box["width"] / 2, box["y"] + 8, seen.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y + 12, steps=3)
    mouse.move(x, y + hours * 88, steps=6)
    mouse.up()
