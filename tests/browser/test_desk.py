"""What the desk does with plain forms: the walk-in queue, changes of a visit, visits that belong together."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from medspa.kernel import clock
from tests.browser.conftest import Practice, Visit
from tests.factories.booking import add_service, add_shift
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES, Seen

pytestmark = pytest.mark.timeout(300)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def open_now(practice: Practice) -> None:
    """Somebody works from an hour ago on, for six hours."""
    now = clock.now()
    add_shift(practice.shop.made, now - HOUR, now + 6 * HOUR)


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
