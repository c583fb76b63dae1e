"""Every page in a real browser: for everybody's eyes, hands and screens, asking nothing of anybody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reporting_api.catalog import reports
from tests.e2e.browser.conftest import Visit
from tests.support.browser import DESK, OF_COLOURS, OF_WIDTHS, PHONE, RULES
from tests.support.lived import Lived

pytestmark = pytest.mark.timeout(900)
LOOKS = {
    (DESK, "light"): RULES,
    (PHONE, "dark"): [*OF_COLOURS, *OF_WIDTHS],
}
"""Every rule once, and again those whose outcome the look can change; none of them by both at once."""
ASKED = {
    "revenue": "grain=day&group_by=location&group_by=kind&compare=previous&compare=last_year",
    "owner_rollup": "compare=previous",
    "appointments": "grain=week&compare=last_year",
}


def address(name: str, day: dt.date) -> str:
    """A report with rows, and with everything that its form offers."""
    single = {"as_of": f"as_of={day}", "day": f"day={day}"}
    dates = single.get(reports()[name].dates, f"from={day - dt.timedelta(100)}&until={day}")
    return f"/reports/{name}?{dates}&{ASKED.get(name, '')}"


EMPTY = {"cycle_adherence", "post_close_changes", "waitlist"}
"""Reports that the lived day leaves without rows: no cycle is over, no closed day changed, nobody waits."""
ANSWERED = {"/reports/nothing": 404, "/reports/revenue?from=2026-13-01&until=2026-01-01": 422}
PAGES = [
    "/reports",
    "/reports/data-quality",
    "/reports/glossary",
    "/reports/nothing",
    "/reports/revenue?from=2026-13-01&until=2026-01-01",
    "/reports/revenue?from=2001-01-01&until=2001-01-31",
]


@pytest.mark.parametrize("group", [*sorted({one.group for one in reports().values()}), "beside"])
def test_every_page_is_for_everybody(
    visit: Visit, owner_cookie: dict[str, Any], lived: Lived, group: str
) -> None:
    paths = [address(name, lived.day) for name, one in reports().items() if one.group == group] or PAGES
    seen = visit(owner_cookie)
    faults = {}
    for path in paths:
        seen.troubles.clear()
        asked, _, _ = path.partition("?")
        assert seen.goto(path) == ANSWERED.get(path, 200), path
        assert seen.page.url.startswith(f"{seen.url}{asked}")
        named = reports().get(asked.removeprefix("/reports/"))
        if named is not None and path not in PAGES:
            assert seen.page.locator("h1").inner_text() == named.title
            assert bool(seen.page.locator("tbody tr").count()) == (named.name not in EMPTY), asked
        for look, rules in LOOKS.items():
            seen.look(*look)
            if found := seen.faults(rules):
                faults[asked, look] = found
    assert faults == {}


PLANTED = """
const main = document.querySelector("main");
main.insertAdjacentHTML("beforeend", `<p id="faint">too faint</p><input id="nameless">`);
main.insertAdjacentHTML("beforeend", `<div id="wide">x</div>`);
document.styleSheets[0].insertRule("#faint { color: #777; background: #888 }");
document.styleSheets[0].insertRule("#wide { width: 3000px }");
console.warn("said");
fetch("http://localhost:1/elsewhere").catch(() => 0);
"""


def test_what_is_wrong_with_a_page_is_found(visit: Visit, owner_cookie: dict[str, Any]) -> None:
    seen = visit(owner_cookie)
    seen.goto("/reports")
    assert seen.faults() == []
    seen.page.evaluate(PLANTED)
    found = "\n".join(seen.faults())
    for fault in ("color-contrast at #faint", "label at #nameless", "DIV  reaches", "console warning: said"):
        assert fault in found
    assert "Content Security Policy" in found  # the page itself lets nothing of another host in
