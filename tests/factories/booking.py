"""Shifts, further providers, rooms and services, and visits booked through the service."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import ActorKind, Permission, Purpose, ResourceKind
from operational.booking.book import book
from operational.booking.queries import VisitRow
from operational.booking.schemas import NewItem, NewVisit
from operational.identity.access import EVERYWHERE, Actor
from operational.models import (
    Credential,
    Resource,
    Service,
    ServiceResource,
    Shift,
    StaffMember,
    TreatmentCategory,
)
from operational.privacy.audit import open_audit
from tests.factories.organization import FAR_DAY, FIRST_DAY, OrganizationSetUp
from tests.support.databases import Database


def actor_of(setup: OrganizationSetUp, permissions: Iterable[Permission] = tuple(Permission)) -> Actor:
    """The owner as an actor with these permissions everywhere."""
    return Actor(
        org_id=setup.org_id,
        kind=ActorKind.STAFF,
        id=setup.owner_id,
        staff_id=setup.owner_id,
        origin="http",
        permissions={EVERYWHERE: frozenset(permissions)},
    )


@contextlib.contextmanager
def unit(database: Database, setup: OrganizationSetUp, actor: Actor | None = None) -> Iterator[TenantSession]:
    """One committed transaction of the app role with an open audit."""
    with database.session("app", setup.org_id) as session:
        open_audit(session, actor or actor_of(setup), Purpose.OPERATIONS)
        yield session


def next_weekday(weekday: int = 2, hour: int = 15) -> datetime:
    """The next such weekday at least three days ahead, at `hour` UTC on the dot."""
    day = clock.now().astimezone(UTC) + timedelta(days=3)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def add_shift(
    setup: OrganizationSetUp,
    starts_at: datetime,
    ends_at: datetime,
    *,
    staff_id: uuid.UUID | None = None,
    location_id: uuid.UUID | None = None,
) -> uuid.UUID:
    with setup.database.session("owner") as session:
        row = Shift(
            org_id=setup.org_id,
            staff_id=staff_id or setup.provider_id,
            location_id=location_id or setup.location_id,
            starts_at=starts_at,
            ends_at=ends_at,
            active=True,
        )
        session.add(row)
        session.flush()
        return row.id


def add_provider(setup: OrganizationSetUp, location_id: uuid.UUID | None = None) -> uuid.UUID:
    """Another active provider with a credential for the category at one location."""
    with setup.database.session("owner") as session:
        email = f"{uuid.uuid4()}@staff.example"
        staff = StaffMember(
            org_id=setup.org_id,
            label="Further provider",
            email=email,
            email_digest=uuid.uuid4().hex,
            is_provider=True,
            active=True,
        )
        session.add(staff)
        session.flush()
        session.add(
            Credential(
                org_id=setup.org_id,
                staff_id=staff.id,
                category_id=setup.category_id,
                location_id=location_id or setup.location_id,
                valid_from=FIRST_DAY,
                valid_until=FAR_DAY,
            )
        )
        return staff.id


def add_category(setup: OrganizationSetUp, code: str, staff_id: uuid.UUID) -> uuid.UUID:
    """A treatment category that only this provider may perform."""
    with setup.database.session("owner") as session:
        row = TreatmentCategory(org_id=setup.org_id, code=code, name=code)
        session.add(row)
        session.flush()
        session.add(
            Credential(
                org_id=setup.org_id, staff_id=staff_id, category_id=row.id, location_id=setup.location_id,
                valid_from=FIRST_DAY, valid_until=FAR_DAY,
            )
        )  # fmt: skip
        return row.id


def add_resource(
    setup: OrganizationSetUp,
    name: str,
    *,
    kind: ResourceKind = ResourceKind.ROOM,
    tag: str = "injection",
    location_id: uuid.UUID | None = None,
) -> uuid.UUID:
    with setup.database.session("owner") as session:
        row = Resource(
            org_id=setup.org_id,
            location_id=location_id or setup.location_id,
            kind=kind,
            name=name,
            tag=tag,
            active=True,
        )
        session.add(row)
        session.flush()
        return row.id


def add_service(
    setup: OrganizationSetUp,
    name: str,
    *,
    needs: Iterable[tuple[ResourceKind, str]] = (),
    hands: int = 30,
    processing: int = 0,
    finishing: int = 0,
    before: int = 0,
    after: int = 0,
    **values: Any,
) -> uuid.UUID:
    with setup.database.session("owner") as session:
        row = Service(
            **{
                "org_id": setup.org_id,
                "category_id": setup.category_id,
                "name": name,
                "provider_minutes": hands,
                "processing_minutes": processing,
                "finishing_minutes": finishing,
                "buffer_before_minutes": before,
                "buffer_after_minutes": after,
                "price_minor": 10_000,
                "billed_by_unit": False,
                "tax_class": "service",
                "deposit_minor": 0,
                "needs_treatment_record": False,
                "needs_exam": False,
                "active": True,
                **values,
            }
        )
        session.add(row)
        session.flush()
        session.add_all(
            ServiceResource(org_id=setup.org_id, service_id=row.id, kind=kind, tag=tag) for kind, tag in needs
        )
        return row.id


def book_visit(
    session: TenantSession,
    setup: OrganizationSetUp,
    starts_at: datetime,
    *,
    service_id: uuid.UUID | None = None,
    provider_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    **values: Any,
) -> VisitRow:
    """A visit of one item through the service, in a session with an open audit. Needs a shift."""
    item = NewItem(service_id=service_id or setup.service_id, provider_id=provider_id)
    request = NewVisit(
        client_id=client_id or setup.clients[0],
        location_id=setup.location_id,
        starts_at=starts_at,
        items=[item],
        **values,
    )
    return book(session, actor_of(setup), request)


OVERLAPS = text(
    """
    select count(*) from occupancy a
    join occupancy b on b.org_id = a.org_id and b.subject_kind = a.subject_kind
        and b.subject_id = a.subject_id and b.id > a.id
        and b.starts_at < a.ends_at and a.starts_at < b.ends_at
    where a.active and a.hard and b.active and b.hard
    """
)
"""Pairs of hard claims that overlap, by comparison of instants: does not rely on the constraint."""

MISMATCHED = text(
    """
    with held as (
        select a.id, a.status in ('booked', 'confirmed', 'arrived', 'completed') as holds from appointment a
    ), wanted as (
        select i.appointment_id as id, 'provider' as kind, i.provider_id as subject,
            range_agg(tstzrange(i.starts_at, i.provider_ends_at)) as time
        from appointment_item i where i.removed_at is null group by 1, 3
        union all
        select i.appointment_id, r.kind, r.id, range_agg(tstzrange(i.starts_at, i.ends_at))
        from appointment_item i join appointment_item_resource ir on ir.appointment_item_id = i.id
        join resource r on r.id = ir.resource_id
        where i.removed_at is null group by 1, 2, 3
    ), claimed as (
        select o.appointment_id as id, o.subject_kind as kind, o.subject_id as subject,
            range_agg(o.during) as time
        from occupancy o where o.active and o.hard group by 1, 2, 3
    )
    select count(*) from held
    left join lateral (select * from wanted w where w.id = held.id and held.holds) w on true
    full join claimed c on c.id = held.id and c.kind = w.kind and c.subject = w.subject
    where (held.holds or c.id is not null) and w.time is distinct from c.time
    """
)
"""Visits whose claims are not the time they hold."""


def violations(database: Database) -> tuple[int, int]:
    """(overlapping pairs, visits without their claims), counted by a role that sees every row."""
    with database.session("admin") as session:
        return session.execute(OVERLAPS).scalar_one(), session.execute(MISMATCHED).scalar_one()
