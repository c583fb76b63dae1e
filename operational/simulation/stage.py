"""Where the actors work: one transaction per act, bound, audited and committed as a request's is."""

from __future__ import annotations

import contextlib
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from medspa.kernel.database import TenantSession, bind_organization
from medspa.kernel.vocabulary import ActorKind, Purpose
from operational.banking.statement import StatementLine
from operational.checkout.desk import Desk
from operational.checkout.processor.port import Processor
from operational.identity.access import Actor
from operational.identity.permissions import of_staff
from operational.messaging.send import Post
from operational.privacy.audit import open_audit, record_disclosure
from operational.privacy.vault import Vault

ORIGIN = "job:simulation"
Key = tuple[str, str]


def _of_dicts() -> defaultdict[uuid.UUID, dict[str, datetime]]:
    return defaultdict(dict)


def _of_lists() -> defaultdict[str, list[uuid.UUID]]:
    return defaultdict(list)


def _of_counts() -> defaultdict[Key, int]:
    return defaultdict(int)


def _of_sets() -> defaultdict[str, set[uuid.UUID]]:
    return defaultdict(set)


def _of_amounts() -> defaultdict[str, int]:
    return defaultdict(int)


def _of_bags() -> defaultdict[str, list[tuple[uuid.UUID, int]]]:
    return defaultdict(list)


def _of_lines() -> defaultdict[str, list[StatementLine]]:
    return defaultdict(list)


@dataclass
class Visit:
    """A visit as it was booked: its rows, and what was billed and paid."""

    id: uuid.UUID
    items: list[uuid.UUID]
    client_id: uuid.UUID
    invoice_id: uuid.UUID | None = None
    deposit: Paid | None = None
    paid: list[Paid] = field(default_factory=list)
    link: str | None = None
    dispute: str | None = None
    disputed: Paid | None = None
    given_up: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that may be given back."""

    payment_id: uuid.UUID
    tender: str
    place: str
    value_minor: int


@dataclass
class Ids:
    """Rows by the names that the plan uses."""

    places: dict[str, uuid.UUID] = field(default_factory=dict)
    drawers: dict[str, uuid.UUID] = field(default_factory=dict)
    sessions: dict[str, uuid.UUID] = field(default_factory=dict)
    staff: dict[str, uuid.UUID] = field(default_factory=dict)
    categories: dict[str, uuid.UUID] = field(default_factory=dict)
    products: dict[str, uuid.UUID] = field(default_factory=dict)
    services: dict[str, uuid.UUID] = field(default_factory=dict)
    jurisdictions: dict[Key, uuid.UUID] = field(default_factory=dict)
    lots: dict[Key, uuid.UUID] = field(default_factory=dict)
    roles: dict[str, uuid.UUID] = field(default_factory=dict)
    clients: dict[int, uuid.UUID] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    consent: uuid.UUID | None = None
    plans: dict[str, uuid.UUID] = field(default_factory=dict)
    """Service → the plan of its package."""
    packages: dict[int, uuid.UUID] = field(default_factory=dict)
    """Visit → the package that was sold with it; and the membership that was taken after it."""
    memberships: dict[int, uuid.UUID] = field(default_factory=dict)
    club: uuid.UUID | None = None
    club_plus: uuid.UUID | None = None
    merchants: dict[str, uuid.UUID] = field(default_factory=dict)
    online: dict[int, str] = field(default_factory=dict)
    """Visit → the link of the booking that is under way; and the one to change it, once it is booked."""
    links: dict[int, str] = field(default_factory=dict)
    left: dict[int, uuid.UUID] = field(default_factory=dict)
    """Who left an online booking → that booking; and who wrote by a form → the lead."""
    leads: dict[int, uuid.UUID] = field(default_factory=dict)
    wishes: dict[int, uuid.UUID] = field(default_factory=dict)
    """Wish → the entry on the waitlist; and visit → the place in the queue."""
    queue: dict[int, uuid.UUID] = field(default_factory=dict)


@dataclass
class Memory:
    """What the people of the practice keep in mind: it never asks the database what it should know itself."""

    cash: dict[str, int] = field(default_factory=dict)
    """Expected in the open drawer of a place."""
    left: dict[str, int] = field(default_factory=dict)
    """The float that the last count left."""
    tips: dict[Key, int] = field(default_factory=_of_counts)
    """Owed to (place, provider)."""
    consents: dict[uuid.UUID, datetime] = field(default_factory=dict)
    """Client → when they last signed; exams likewise, per category."""
    exams: dict[uuid.UUID, dict[str, datetime]] = field(default_factory=_of_dicts)
    balances: set[uuid.UUID] = field(default_factory=set)
    """Clients who may have a deposit or account credit."""
    cards: dict[str, int] = field(default_factory=dict)
    """What is left on a gift card that was sold."""
    holders: set[uuid.UUID] = field(default_factory=set)
    """Clients who bought a package or are members."""
    clubs: set[str] = field(default_factory=set)
    """Places that have members."""
    unanswered: dict[str, list[uuid.UUID]] = field(default_factory=_of_lists)
    """Card calls of a place that have no answer yet."""
    safe: dict[str, int] = field(default_factory=_of_amounts)
    checks: dict[str, list[uuid.UUID]] = field(default_factory=_of_lists)
    """In the place's safe until the end of the week; `bags` of cash and `banked` checks are at the bank."""
    bags: dict[str, list[tuple[uuid.UUID, int]]] = field(default_factory=_of_bags)
    banked: dict[str, set[uuid.UUID]] = field(default_factory=_of_sets)
    expected: dict[str, list[StatementLine]] = field(default_factory=_of_lines)
    """Lines that the bank will show."""


@dataclass
class Stage:
    """One organization being lived in, over one connection: what happens, happens one after another."""

    connection: Connection
    post: Post
    processor: Processor
    org_id: uuid.UUID
    owner: Actor
    ids: Ids = field(default_factory=Ids)
    memory: Memory = field(default_factory=Memory)
    actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        """For services that find their own organization, as those behind public pages do."""
        return self.post.engine

    @property
    def vault(self) -> Vault:
        return self.post.vault

    @property
    def front(self) -> Actor:
        return self.actors["Front desk"]

    @property
    def manager(self) -> Actor:
        return self.actors["Manager"]

    @contextlib.contextmanager
    def act(
        self,
        actor: Actor,
        purpose: Purpose = Purpose.OPERATIONS,
        *,
        view: str | None = None,
        client: uuid.UUID | None = None,
        clients: Sequence[uuid.UUID] = (),
    ) -> Iterator[TenantSession]:
        """One transaction, committed at the end of the block; `view` showed these clients to the actor."""
        with self._transaction() as session:
            open_audit(session, actor, purpose)
            yield session
            shown = [*clients, *([] if client is None else [client])]
            if view is not None and shown:
                record_disclosure(session, actor, view, shown)

    @contextlib.contextmanager
    def desk(self, actor: Actor) -> Iterator[Desk]:
        """For services that work in several transactions of their own."""
        with TenantSession(self.connection, expire_on_commit=False) as session:
            bind_organization(session, self.org_id)
            yield Desk(session, actor)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[TenantSession]:
        with TenantSession(self.connection, expire_on_commit=False) as session:
            bind_organization(session, self.org_id)
            with session.begin():
                yield session

    def know(self, label: str, staff_id: uuid.UUID) -> Actor:
        """The actor of a staff member, with the permissions of their roles."""
        with self._transaction() as session:
            held = of_staff(session, staff_id)
        self.ids.staff[label] = staff_id
        actor = Actor(self.org_id, ActorKind.STAFF, staff_id, staff_id, ORIGIN, held)
        self.actors[label] = actor
        return actor
