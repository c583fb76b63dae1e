"""What runs in a browser is ours, bundled at set-up: nothing else does, and no other host is asked."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from tests.browser.conftest import Practice, Visit

PLANTED = """
() => {
  window.ran = [];
  const script = document.createElement("script");
  script.textContent = "window.ran.push('within')";
  document.body.append(script);
  const far = document.createElement("script");
  far.src = "http://localhost:1/far.js";
  document.body.append(far);
  document.body.insertAdjacentHTML("beforeend", `<img src="/nothing" onerror="ran.push('handler')">`);
  document.body.insertAdjacentHTML("beforeend", `<b id="on" hx-on:click="ran.push('attribute')">b</b>`);
  htmx.process(document.body);
  document.querySelector("#on").click();
}
"""
CALENDAR = """
() => {
  const place = document.createElement("div");
  const shown = { view: "resourceTimeGridDay", resources: [{ id: 1, title: "Room" }] };
  place.dataset.calendar = JSON.stringify(shown);
  document.querySelector("main").append(place);
  const script = document.createElement("script");
  script.src = "/assets/calendar.js";
  document.body.append(script);
}
"""


def a_page(practice: Practice) -> str:
    """A page of somebody who is signed in."""
    return f"/appointments/{practice.shop.visit()}"


def test_only_our_own_files_run(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    assert seen.goto(a_page(practice)) == 200
    assert seen.page.evaluate("typeof htmx.process") == "function"
    assert seen.faults() == []
    seen.page.evaluate(PLANTED)
    seen.page.wait_for_timeout(200)
    assert seen.page.evaluate("ran") == []
    told = "\n".join(seen.troubles)
    assert "inline script" in told
    assert "http://localhost:1/far.js" in told


def test_without_the_policy_what_is_planted_would_run(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie(), bypass_csp=True)
    seen.goto(a_page(practice))
    seen.page.evaluate(PLANTED)
    seen.page.wait_for_timeout(200)
    # No attribute even so: our own script hands none to the evaluator.
    assert set(seen.page.evaluate("ran")) == {"within", "handler"}


def test_requests_of_scripts_carry_the_token_of_the_session(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    seen.goto(a_page(practice))
    sent: dict[str, str] = {}
    seen.page.on("request", lambda one: sent.update(one.headers) if one.method == "POST" else None)
    answered = seen.page.evaluate(
        "async () => { await htmx.ajax('POST', '/v1/session/totp', {swap: 'none'}); }"
    )
    assert answered is None
    assert sent["x-csrf-token"] == seen.page.locator("meta[name=csrf-token]").get_attribute("content")


def test_the_calendar_is_drawn_under_the_policy(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie())
    seen.goto(a_page(practice))
    seen.page.evaluate(CALENDAR)
    expect(seen.page.locator(".ec")).to_be_visible()
    expect(seen.page.locator(".ec")).to_contain_text("Room")
    assert seen.troubles == []


def test_a_page_that_is_not_there_is_a_page(practice: Practice, visit: Visit) -> None:
    seen = visit(practice.cookie(), scripts=False)
    assert seen.goto(f"/appointments/{uuid.uuid4()}") == 404
    expect(seen.page.locator("h1")).to_be_visible()
