"""A practice with a messenger in this process, and its worker a call away."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import MessageKind
from operational.booking.queries import VisitRow
from operational.messaging.messenger.inprocess import InProcessMessenger, Sent
from operational.messaging.messenger.open import Messengers, open_inprocess
from operational.messaging.outbox import queue
from operational.messaging.send import Post, plan, send_due, working
from operational.models import Client, LocationMessaging, Message
from operational.privacy.vault import Vault, load_master_key
from tests.factories.booking import add_shift, book_visit, next_weekday, unit
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database

PHONE = "+12125550123"
NUMBER = "+12125550100"


@dataclass
class Practice:
    """An organization that writes to its clients."""

    setup: OrganizationSetUp
    settings: Settings
    messenger: InProcessMessenger
    post: Post
    number: str
    booked: list[datetime] = field(default_factory=list)

    @property
    def org_id(self) -> uuid.UUID:
        return self.setup.org_id

    @property
    def client_id(self) -> uuid.UUID:
        return self.setup.clients[0]

    @contextlib.contextmanager
    def working(self) -> Iterator[TenantSession]:
        with working(self.post.engine, self.post.vault, self.org_id) as session:
            yield session

    def rules(self, **values: Any) -> None:
        """How the first location writes; never quiet unless said so."""
        given = {
            "automatic": [], "reminder_minutes": [], "confirmation_minutes": [], "forms_minutes": [],
            "quiet_from_minute": 0, "quiet_until_minute": 0, "offer_minutes": 30,
            "call_number": "+12125550111", "sms_from": self.number, "email_from": "hello@practice.example",
            **values,
        }  # fmt: skip
        with self.setup.database.session("owner") as session:
            row = session.scalar(
                select(LocationMessaging).where(LocationMessaging.location_id == self.setup.location_id)
            )
            row = row or LocationMessaging(org_id=self.org_id, location_id=self.setup.location_id)
            for name, value in given.items():
                setattr(row, name, value)
            session.add(row)

    def reach(self, client_id: uuid.UUID | None = None, **values: str | None) -> None:
        """Change a client's phone or email."""
        with self.setup.database.session("owner") as session:
            session.execute(update(Client).where(Client.id == (client_id or self.client_id)).values(**values))

    def queue(self, kind: MessageKind = MessageKind.BOOKING_COMPLETION, **values: Any) -> list[uuid.UUID]:
        given = {
            "client_id": self.client_id, "location_id": self.setup.location_id, "dedupe": str(uuid.uuid4()),
            "link": "https://practice.example/book/abc", **values,
        }  # fmt: skip
        with self.working() as session:
            return queue(session, kind=kind, **given)

    def send(self) -> int:
        return send_due(self.post, self.org_id)

    def turn(self, at: datetime) -> list[Sent]:
        """What the worker sends at that moment."""
        before = len(self.sent())
        with clock.frozen(at):
            plan(self.post, self.org_id)
            self.send()
        return self.sent()[before:]

    def sent(self) -> list[Sent]:
        """What reached the messenger of this practice."""
        own = {str(one.id) for one in self.messages()}
        return [one for one in self.messenger.sent() if one.key in own]

    def message(self, message_id: uuid.UUID) -> Message:
        with self.setup.database.session("owner") as session:
            return session.get_one(Message, (self.org_id, message_id))

    def messages(self) -> list[Message]:
        with self.setup.database.session("owner") as session:
            return list(
                session.scalars(select(Message).where(Message.org_id == self.org_id).order_by(Message.id))
            )

    def book(self, start: datetime | None = None, client_id: uuid.UUID | None = None) -> VisitRow:
        start = start or next_weekday(hour=15)
        if start.date() not in {one.date() for one in self.booked}:
            add_shift(self.setup, start.replace(hour=12), start.replace(hour=12) + timedelta(hours=11))
        self.booked.append(start)
        with unit(self.setup.database, self.setup) as session:
            return book_visit(session, self.setup, start, client_id=client_id or self.client_id)


def practice_of(database: Database, home: Path) -> Practice:
    settings = Settings(home=home, operational=database.dsns)
    messenger = open_inprocess(settings)
    post = Post(
        database.engine("app"), Vault(load_master_key(settings)), settings, Messengers(messenger, messenger)
    )
    made = organization(database)
    number = f"+1212556{int(made.org_id.hex[-6:], 16) % 10_000:04d}"
    practice = Practice(made, settings, messenger, post, number)
    practice.rules()
    practice.reach(phone=PHONE)
    return practice


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the file: the application of `http` would make another master key."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def practice(operational_module: Database, home: Path) -> Practice:
    return practice_of(operational_module, home)
