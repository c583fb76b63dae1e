"""The page of a client as it is looked at and worked on: what stands where, and in which words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import text

from tests.browser.conftest import Practice, Visit

pytestmark = pytest.mark.timeout(300)


def edge(one: Locator, bottom: bool = True) -> float:
    box = one.bounding_box()
    assert box
    return box["y"] + box["height"] if bottom else box["y"]


def test_fields_and_their_buttons_stand_on_one_line(practice: Practice, visit: Visit) -> None:
    made = practice.shop.made
    seen = visit(practice.cookie())
    page = seen.page
    seen.goto(f"/clients/{made.client()}")
    details, book = page.get_by_text("Correct these details"), page.get_by_role("link", name="Book a visit")
    assert edge(book, bottom=False) - edge(details) >= 8
    sought = page.get_by_label("Add somebody")
    add = page.get_by_role("button", name="Add", exact=True)
    assert edge(add) == pytest.approx(edge(sought), abs=1)


def test_marks_are_written_one_way(practice: Practice, visit: Visit) -> None:
    made = practice.shop.made
    with made.database.session("owner") as session:
        session.execute(text("update client set flags = '{vip}' where id = :id"), {"id": made.clients[0]})
        name = session.scalar(text("select last_name from client where id = :id"), {"id": made.clients[0]})
    seen = visit(practice.cookie())
    seen.goto("/notifications")
    seen.page.locator("#quick").press_sequentially(str(name))
    expect(seen.page.locator("#quick-found .badge").first).to_have_text("VIP")
