"""A page as a reader has it: tables by caption, forms, what it says is wrong, what a browser would run."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
import httpx2


@dataclass
class Cell:
    text: str = ""
    exact: str | None = None
    """What the value's own element carries: the number, the date, the whole token."""
    link: str | None = None


@dataclass
class Table:
    caption: str = ""
    labels: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


class Page(HTMLParser):
    """Raises AssertionError for what the policy of our pages forbids: styles, handlers and code within."""

    def __init__(self, answer: httpx.Response | httpx2.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.answer = answer
        self.tables: list[Table] = []
        self.inputs: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.alerts: list[str] = []
        self.pictures = 0
        self.heading = ""
        self._open: list[tuple[str, dict[str, str | None]]] = []
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self';")
        assert "unsafe" not in policy
        self.feed(answer.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        assert tag not in ("style", "iframe", "object", "embed"), tag
        assert tag != "script" or (known.get("src") or "").startswith("/assets/"), "a script within the page"
        assert not [name for name in known if name == "style" or name.startswith("on")], attrs
        if tag not in ("input", "meta", "link", "img", "br", "line", "circle", "rect", "polyline"):
            self._open.append((tag, known))
        if tag == "input":
            self.inputs.append(known)
        if tag == "a":
            self.links.append(known.get("href") or "")
        if known.get("role") == "img":
            assert "aria-labelledby" in known
            self.pictures += 1
        if "alert" in (known.get("role") or "") or known.get("class") == "wrong":
            self.alerts.append("")
        self._take(tag, known)

    def _take(self, tag: str, known: dict[str, str | None]) -> None:
        if tag == "table":
            self.tables.append(Table())
        if tag == "th":
            self.tables[-1].labels.append("")
        if tag == "tr" and self._inside("tbody"):
            self.tables[-1].rows.append([])
        if tag == "td":
            self.tables[-1].rows[-1].append(Cell())
        if self._inside("td"):
            cell = self.tables[-1].rows[-1][-1]
            cell.exact = known.get("value") or known.get("datetime") or known.get("title") or cell.exact
            cell.link = known.get("href") or cell.link

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        assert not self._inside("script"), "code within the page"
        if self._inside("td"):
            self.tables[-1].rows[-1][-1].text += data.strip()
        elif self._inside("th"):
            self.tables[-1].labels[-1] += data
        elif self._inside("caption"):
            self.tables[-1].caption += data
        elif self._inside("h1"):
            self.heading += data
        if any(known.get("role") == "alert" or known.get("class") == "wrong" for _, known in self._open):
            self.alerts[-1] += data

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self._open)

    def table(self, caption: str) -> Table:
        (found,) = [one for one in self.tables if one.caption == caption]
        return found

    def field(self, name: str) -> str:
        """The value of the one field of that name."""
        (found,) = [one for one in self.inputs if one.get("name") == name]
        return found.get("value") or ""

    def field_of(self, name: str) -> str:
        """The value of the first field of that name."""
        return next(one.get("value") or "" for one in self.inputs if one.get("name") == name)
