"""A calendar day of 40 providers and 500 visits: the server's time for it, and a real browser's to draw it.

The server is a process of its own; the browser is the one of the tests, without a cache. First paint is when
the visits that a screen shows stand on it, not when the page's bar does; all are drawn after it.
Run: `python -m benchmarks.calendar [requests] [page loads]`.
"""

from __future__ import annotations

import json
import sys
import time

import httpx
import uvicorn

from benchmarks.harness import operational_store, quantile
from benchmarks.processes import serving
from medspa.kernel.settings import load_settings
from medspa.kernel.settled import settled
from operational.app import create_app
from tests.factories.calendar import ITEMS, PROVIDERS, fill_day
from tests.factories.organization import OrganizationSetUp, organization
from tests.support import browser
from tests.support.signed_in import session_token

GOAL_SERVER_MS, GOAL_DRAWN_MS = 100.0, 1000.0
_DRAWN = "() => performance.getEntriesByName('calendar-drawn')[0]?.startTime"
_SEEN = "() => performance.getEntriesByName('calendar-seen')[0]?.startTime"
_SCROLL = """
async () => {
  const body = document.querySelector(".ec-main");
  const frames = [];
  let last = performance.now();
  for (let step = 0; step < 60; step++) {
    body.scrollLeft += 60;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames;
}
"""


def serve(port: int) -> None:
    settings = load_settings()
    uvicorn.run(
        settled(create_app(settings)), host="127.0.0.1", port=port, log_level="error", access_log=False
    )


def run(requests: int = 60, loads: int = 9) -> dict[str, object]:
    """Milliseconds, p50 and p95: the feed over HTTP; first paint, all drawn, a frame while scrolling."""
    with operational_store() as (database, settings):
        made = organization(database)
        first = fill_day(database, made)
        day = first.date().isoformat()
        with database.connect("admin", autocommit=True) as connection:
            connection.execute("vacuum analyze")
        token = session_token(database, made.org_id, made.owner_id)
        with serving("benchmarks.calendar", settings) as port:
            fed = _fed(port, made, day, requests)
            painted, drawn, frames = _drawn(port, token, day, loads)
    return {
        "visits": ITEMS, "providers": PROVIDERS,
        "server ms": _both(fed), "first paint ms": _both(painted), "all drawn ms": _both(drawn),
        "frame ms": _both(frames), "goals": [GOAL_SERVER_MS, GOAL_DRAWN_MS],
    }  # fmt: skip


def _fed(port: int, made: OrganizationSetUp, day: str, requests: int) -> list[float]:
    spent = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=made.headers) as http:
        for number in range(requests + 5):
            began = time.perf_counter()
            answer = http.get("/v1/calendar", params={"location_id": str(made.location_id), "day": day})
            took = (time.perf_counter() - began) * 1000
            assert answer.status_code == 200
            assert len(answer.json()["items"]) == ITEMS
            if number >= 5:
                spent.append(took)
    return spent


def _drawn(port: int, token: str, day: str, loads: int) -> tuple[list[float], list[float], list[float]]:
    url = f"http://127.0.0.1:{port}"
    painted, drawn, frames = [], [], []
    with browser.chromium() as running:
        for number in range(loads + 1):
            context = browser.context(running)
            context.set_default_timeout(60_000)
            context.add_cookies([{"name": "medspa_session", "value": token, "url": url}])
            page = context.new_page()
            page.goto(f"{url}/calendar?day={day}")
            page.wait_for_function(_DRAWN)
            assert page.locator(".ec-event.visit").count() == ITEMS
            if number:
                painted.append(page.evaluate(_SEEN))
                drawn.append(page.evaluate(_DRAWN))
                frames += page.evaluate(_SCROLL)
            context.close()
    return painted, drawn, frames


def _both(values: list[float]) -> list[float]:
    return [round(quantile(values, share), 1) for share in (0.5, 0.95)]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        print(json.dumps(run(*(int(one) for one in sys.argv[1:3])), indent=2))
