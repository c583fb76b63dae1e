"""Talks to the API the way a practice's programs do: JSON over HTTP, a key per role, retries by key.

The clock is simulated: the day is lived at the hours it would have taken place.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from medspa.kernel import clock


class RequestRefused(RuntimeError):
    """The API refused a step of the demonstration; the problem document says why."""


class SimulatedClock:
    """A clock that stands where it is put and never goes back."""

    def __init__(self, timezone: str, start: dt.datetime) -> None:
        self._zone = ZoneInfo(timezone)
        self._now = start

    def __call__(self) -> dt.datetime:
        return self._now

    def at(self, day: dt.date, wall: str) -> dt.datetime:
        """Go to a local time of day, `HH:MM`, and give it."""
        hour, minute = map(int, wall.split(":"))
        local = dt.datetime.combine(day, dt.time(hour, minute))
        self._now = clock.from_local(local, str(self._zone), fold=0)
        return self._now

    def instant(self, day: dt.date, wall: str) -> dt.datetime:
        """A local time as an instant, without going there."""
        hour, minute = map(int, wall.split(":"))
        return clock.from_local(dt.datetime.combine(day, dt.time(hour, minute)), str(self._zone), fold=0)


class Desk:
    """One role's view of the API."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {key}"}

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **extra: Any) -> Any:
        """The JSON answer. Raises RequestRefused with the problem's words."""
        headers = dict(self._headers)
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        if "if_match" in extra:
            headers["If-Match"] = extra.pop("if_match")
        answer = self._http.request(method, path, json=body, headers=headers, params=extra or None)
        if answer.is_error:
            raise RequestRefused(f"{method} {path}: {answer.status_code} {answer.text[:600]}")
        return answer.json() if answer.content else None

    def get(self, path: str, **parameters: Any) -> Any:
        return self.call("GET", path, **parameters)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self.call("POST", path, {} if body is None else body)

    def edit(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Change a record with the ETag that it has now."""
        seen = self._http.get(path, headers=self._headers)
        return self.call(method, path, body, if_match=seen.headers.get("ETag", ""))

    def everything(self, path: str, **parameters: Any) -> list[Any]:
        """Every item of a paged list."""
        items: list[Any] = []
        cursor = None
        while True:
            page = self.get(path, **parameters, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items
