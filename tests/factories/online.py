"""A location that people can book at for themselves, and a visitor who walks through its pages."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from sqlalchemy import text

from medspa.kernel import clock
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.online.finish import Work
from tests.factories.booking import add_provider, add_service, add_shift, next_weekday
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database

POLICY = "Cancel a day before at the latest, or the late fee is due."
CONSENT = "You may contact me about my enquiry by text message and e-mail."
ADDRESS = "1 Sample Street\nSampletown"
VISITOR = {
    "first_name": "Vera",
    "last_name": "Visitor",
    "phone": "2125550188",
    "email": "vera@visitor.example",
}

_FORM = re.compile(r'<form method="post"(?: action="([^"]*)")?[^>]*>(.*?)</form>', re.S)


@dataclass
class OnlineSetUp:
    made: OrganizationSetUp
    start: datetime
    free: str
    """A service without deposit."""
    deposit: str
    """One with a deposit of 50.00 and a card that is kept."""
    path: str = field(default="")

    @property
    def database(self) -> Database:
        return self.made.database

    def visits(self, start: datetime) -> list[str]:
        """The states of the visits that begin at a time."""
        counted = "select string_agg(status, ' ' order by id) from appointment where starts_at = :at"
        return (self.one(counted, at=start) or "").split()

    def one(self, sql: str, **values: Any) -> Any:
        with self.database.session("admin") as session:
            return session.execute(text(sql), values).scalar()


def online(database: Database, http: Any) -> OnlineSetUp:
    """Open for bookings, with two providers on shift around `start`, by the API."""
    made = organization(database)
    start = next_weekday()
    add_shift(made, start - timedelta(hours=2), start + timedelta(hours=6))
    other = add_provider(made)
    add_shift(made, start - timedelta(hours=2), start + timedelta(hours=6), staff_id=other)
    free = str(add_service(made, "Skin consultation"))
    deposit = str(add_service(made, "Peel", deposit_minor=5_000))
    place = f"/v1/locations/{made.location_id}"
    # The same visitor books in most tests of a module.
    opened = {"booking_open": True, "enquiries_open": True, "most_upcoming": 50, "address": ADDRESS}
    asked = [
        ("PUT", f"{place}/online", opened),
        ("PUT", f"/v1/online-services/{free}", {"offered": True}),
        ("PUT", f"/v1/online-services/{deposit}", {"offered": True, "card_on_file": True}),
        ("POST", f"{place}/public-texts", {"kind": "cancellation_policy", "body": POLICY}),
        ("POST", f"{place}/public-texts", {"kind": "contact_consent", "body": CONSENT}),
    ]
    for method, path, body in asked:
        assert http.request(method, path, json=body, headers=made.headers).is_success, path
    return OnlineSetUp(made, start, free, deposit, f"/book/{made.slug}/L1")


@dataclass
class Visitor:
    """Somebody with a browser and no script: follows forms, one page after the other."""

    http: Any
    at: str = ""
    page: str = ""
    status: int = 0

    def get(self, path: str) -> Visitor:
        return self._took(self.http.get(path, follow_redirects=True))

    def post(self, path: str, **typed: Any) -> Visitor:
        return self._took(self.http.post(path, data=typed, follow_redirects=True))

    def send(self, action_end: str, **typed: Any) -> Visitor:
        """Send the form of the page whose address ends so, with its hidden fields."""
        for action, body in _FORM.findall(self.page):
            target = unescape(action) or self.at
            if target.endswith(action_end):
                hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body)
                known: dict[str, Any] = {}
                for name, value in hidden:
                    known.setdefault(name, []).append(unescape(value))
                return self.post(target, **{**known, **typed})
        raise AssertionError(f"no form {action_end} on {self.at}")

    def choose(self, setup: OnlineSetUp, service: str, start: datetime | None = None) -> Visitor:
        """As far as the details of a time that is kept."""
        at = start or setup.start
        self.get(f"{setup.path}/times?service={service}&provider=&from={at.date()}")
        return self.send("/hold", starts_at=at.isoformat())

    def fill(self, **typed: Any) -> Visitor:
        with clock.frozen(clock.now() + timedelta(seconds=5)):
            return self.send("/details", accepted="true", **{**VISITOR, **typed})

    @property
    def token(self) -> str:
        return self.at.split("/")[2]

    def _took(self, answer: Any) -> Visitor:
        self.at, self.page, self.status = str(answer.url.path), answer.text, answer.status_code
        return self


def charges(work: Work, booking_id: uuid.UUID) -> list[str]:
    """What the processor's own books say."""
    assert isinstance(work.processor, InProcessProcessor)
    books = work.processor.operations()
    return [one["outcome"] for one in books if booking_id.hex in one["request_key"]]


def waiting_form(visitor: Visitor, setup: OnlineSetUp, service: str | None = None) -> Visitor:
    return visitor.get(f"{setup.path}/waitlist?service={service or setup.free}")


def join(visitor: Visitor, setup: OnlineSetUp, *, service: str | None = None, **typed: Any) -> Visitor:
    waiting_form(visitor, setup, service)
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        until = re.search(r'name="until"[^>]* value="([0-9-]+)"', visitor.page)
        assert until is not None, visitor.page
        return visitor.send("/waitlist", **{"until": until[1], "provider": "", **VISITOR, **typed})
