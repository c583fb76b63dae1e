"""A small practice with one client, written as the owner role: for tests below the services."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime

from medspa.kernel.ids import new_client_key, new_id
from medspa.kernel.vocabulary import ActorKind, Permission
from operational.identity.access import EVERYWHERE, Actor
from operational.models import (
    Client,
    LegalEntity,
    Location,
    Organization,
    StaffMember,
    TreatmentCategory,
)
from tests.support.databases import Database

STARTED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Practice:
    """Ids of what `make_practice` wrote, and an actor who may do everything in it."""

    org_id: uuid.UUID
    legal_entity_id: uuid.UUID
    location_id: uuid.UUID
    other_location_id: uuid.UUID
    staff_id: uuid.UUID
    category_id: uuid.UUID
    client_id: uuid.UUID
    actor: Actor


def actor_of(
    org_id: uuid.UUID,
    staff_id: uuid.UUID,
    *permissions: Permission,
    location_id: uuid.UUID | None = EVERYWHERE,
) -> Actor:
    """A staff actor with `permissions` (none given: all) at one location or everywhere."""
    held = frozenset(permissions or Permission)
    return Actor(org_id, ActorKind.STAFF, staff_id, staff_id, "http", {location_id: held})


def make_client(database: Database, practice_org: uuid.UUID, name: str, **values: object) -> uuid.UUID:
    """A client row; `name` becomes the last name."""
    client_id = new_id()
    fields: dict[str, object] = {
        "first_name": "Test", "last_name": name, "phone": None, "email": None, "flags": [], **values,
    }  # fmt: skip
    with database.session("owner") as session:
        session.add(Client(org_id=practice_org, id=client_id, client_key=new_client_key(), **fields))
    return client_id


def make_practice(database: Database, slug: str = "first") -> Practice:
    """Organization, legal entity, two locations, one provider, one category, one client."""
    org, entity, one, two, staff, category = (new_id() for _ in range(6))
    location = {
        "org_id": org, "legal_entity_id": entity, "timezone": "America/Los_Angeles", "currency": "USD",
        "state": "CA", "cutover_hour": 3, "notice_minutes": 1440, "no_show_fee_minor": 5000,
        "late_cancel_fee_minor": 5000, "cash_step_minor": 5, "invoice_due_days": 0, "active": True,
    }  # fmt: skip
    with database.session("owner") as session:
        session.add(Organization(org_id=org, name=f"Practice {slug}", slug=slug, created_at=STARTED))
        session.flush()
        session.add(LegalEntity(org_id=org, id=entity, name="Entity", currency="USD"))
        session.flush()
        session.add(Location(id=one, name="One", code="one", **location))
        session.add(Location(id=two, name="Two", code="two", **location))
        session.add(
            StaffMember(
                org_id=org, id=staff, label="Provider", email=f"provider@{slug}.test", is_provider=True,
                email_digest=uuid.uuid4().hex * 2, active=True,
            )
        )  # fmt: skip
        session.add(
            TreatmentCategory(org_id=org, id=category, code="neurotoxin", name="Neurotoxin", cycle_days=90)
        )
    client = make_client(
        database, org, f"Surname{slug}", phone="+12025550123", email=f"client@{slug}.test",
        birth_date=date(1980, 5, 17), zip_code="90210",
    )  # fmt: skip
    return Practice(org, entity, one, two, staff, category, client, actor_of(org, staff))
