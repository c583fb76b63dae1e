"""What an import must know of the store before it decides: the location's books, names, earlier rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.vocabulary import DayStatus, DrawerKind
from operational.models import (
    BusinessDay,
    Client,
    Drawer,
    GiftCard,
    ImportRow,
    Invoice,
    Location,
    Product,
    Service,
    StaffMember,
    TaxJurisdiction,
    TreatmentCategory,
)
from operational.rows import get_row

HISTORY_TAX = "Imported history"
"""The jurisdiction of taxes whose own the other system did not tell."""


@dataclass(frozen=True, slots=True)
class Place:
    """The location that the history belongs to, and which of its days may still take it."""

    id: UUID
    legal_entity_id: UUID
    code: str
    currency: str
    timezone: str
    cutover_hour: int
    closed_until: dt.date | None
    """The books are closed up to this day."""
    last_day: dt.date
    """The day before the location's own business begins: the last that history may have."""

    def refuses(self, day: dt.date) -> str:
        """The reason why this day takes no history, or nothing."""
        if self.closed_until is not None and day <= self.closed_until:
            return "day_closed"
        return "day_in_use" if day > self.last_day else ""

    def business_day(self, day: dt.date, time: dt.time | None) -> dt.date:
        if time is None:
            return day
        return (dt.datetime.combine(day, time) - dt.timedelta(hours=self.cutover_hour)).date()

    def instant(self, day: dt.date, time: dt.time | None) -> dt.datetime:
        """The moment there; noon where no time is known. A time that the clocks skipped is moved on."""
        wall = dt.datetime.combine(day, time or dt.time(12))
        return wall.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(dt.UTC)


@dataclass(slots=True)
class Known:
    """The store as the import found it."""

    place: Place
    categories: dict[str, UUID]
    products: dict[str, UUID]
    services: dict[str, UUID]
    staff: dict[str, UUID]
    """Labels in lower case."""
    drawer_id: UUID | None
    jurisdiction_id: UUID | None
    rows: dict[str, UUID | None]
    """Digest of a source row taken earlier → its client."""
    invoices: set[str]
    cards: set[str]
    """Digests of gift cards' codes."""
    clients: list[tuple[UUID, UUID, str, str, str | None, str | None, dt.date | None]] = field(
        default_factory=list
    )
    """(id, the record it was merged into or itself, first, last, phone, e-mail, birth date)."""


def place_of(session: Session, location_id: UUID) -> Place:
    """Raises NotFound."""
    location = get_row(session, Location, location_id)
    of_location = (BusinessDay.org_id == location.org_id, BusinessDay.location_id == location_id)
    closed = session.scalar(
        select(func.max(BusinessDay.business_date)).where(
            *of_location, BusinessDay.status == DayStatus.CLOSED
        )
    )
    first_open = session.scalar(
        select(func.min(BusinessDay.business_date)).where(*of_location, BusinessDay.status == DayStatus.OPEN)
    )
    today = clock.business_date(clock.now(), location.timezone, location.cutover_hour)
    first = min(today, first_open) if first_open else today
    return Place(
        location.id,
        location.legal_entity_id,
        location.code,
        location.currency,
        location.timezone,
        location.cutover_hour,
        closed,
        first - dt.timedelta(days=1),
    )


def known(session: Session, location_id: UUID, *, with_clients: bool) -> Known:
    """What the store holds. Clients can be read under an open audit only."""
    org_id = organization_of(session)

    def named(model: type[Product] | type[Service]) -> dict[str, UUID]:
        return dict(session.execute(select(model.name, model.id).where(model.org_id == org_id)).all())

    drawer_id = session.scalar(
        select(Drawer.id).where(
            Drawer.org_id == org_id, Drawer.location_id == location_id, Drawer.kind == DrawerKind.BILLING
        )
    )
    jurisdiction_id = session.scalar(
        select(TaxJurisdiction.id).where(
            TaxJurisdiction.org_id == org_id,
            TaxJurisdiction.location_id == location_id,
            TaxJurisdiction.name == HISTORY_TAX,
        )
    )
    categories = select(TreatmentCategory.code, TreatmentCategory.id).where(
        TreatmentCategory.org_id == org_id
    )
    staff = select(func.lower(StaffMember.label), StaffMember.id).where(StaffMember.org_id == org_id)
    taken = select(ImportRow.fingerprint, ImportRow.client_id).where(ImportRow.org_id == org_id)
    cards = select(GiftCard.code_digest).where(GiftCard.org_id == org_id, GiftCard.code_digest.is_not(None))
    found = Known(
        place=place_of(session, location_id),
        categories=dict(session.execute(categories).all()),
        products=named(Product),
        services=named(Service),
        staff=dict(session.execute(staff).all()),
        drawer_id=drawer_id,
        jurisdiction_id=jurisdiction_id,
        rows=dict(session.execute(taken).all()),
        invoices=set(
            session.scalars(
                select(Invoice.number).where(Invoice.org_id == org_id, Invoice.location_id == location_id)
            )
        ),
        cards={one for one in session.scalars(cards) if one},
    )
    if with_clients:
        people = select(
            Client.id, func.coalesce(Client.merged_into_id, Client.id), Client.first_name, Client.last_name,
            Client.phone, Client.email, Client.birth_date,
        )  # fmt: skip
        found.clients = [tuple(row) for row in session.execute(people.where(Client.org_id == org_id))]  # type: ignore[misc]
    return found
