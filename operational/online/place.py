"""The public side of a location: who it is, what it offers, and what a visitor may do there.

Found by the names in the address, before anybody is known. Booking under way is draft.py's.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from medspa.kernel.database import TenantSession, session_scope
from medspa.kernel.vocabulary import ActorKind, Permission, PublicTextKind, Purpose
from operational.checkout.desk import Desk, open_desk
from operational.directory import lookup
from operational.identity.access import Actor
from operational.models import (
    BookingRule,
    Location,
    LocationMessaging,
    OnlineLocation,
    OnlineOrigin,
    OnlineService,
    Organization,
    PublicText,
    Service,
    ServicePrerequisite,
    TreatmentCategory,
)
from operational.online.errors import NotOffered

MAY = frozenset(
    {
        Permission.BOOKING_READ,
        Permission.BOOKING_WRITE,
        Permission.CLIENT_WRITE,
        Permission.PAYMENT_TAKE,
    }
)
NOBODY = uuid.UUID("6d656473-7061-7000-8000-76697369746f")
"""The actor id of a visitor about whom nothing is kept yet: a fixed UUID, to find their entries by."""


HOLD_MINUTES, DAYS_AHEAD, MOST_UPCOMING = 10, 60, 3
Services = Select[Service, OnlineService, str, BookingRule, bool]


@dataclass(frozen=True, slots=True)
class Place:
    """A location that people may book at or write to."""

    org_id: uuid.UUID
    location_id: uuid.UUID
    practice: str
    slug: str
    name: str
    code: str
    timezone: str
    currency: str
    booking_open: bool
    enquiries_open: bool
    waitlist_open: bool
    hold_minutes: int
    days_ahead: int
    most_upcoming: int
    fees_to_card: bool
    address: str | None
    phone: str | None
    """The number that people are told to call."""
    origins: tuple[str, ...]
    """Web sites that may show its pages inside their own."""

    @property
    def path(self) -> str:
        return f"/book/{self.slug}/{self.code}"

    @property
    def enquiry_path(self) -> str:
        return f"/enquire/{self.slug}/{self.code}"


@dataclass(frozen=True, slots=True)
class Offered:
    """A service as a visitor sees it."""

    id: uuid.UUID
    name: str
    category: str
    minutes: int
    price_minor: int
    by_unit: bool
    deposit_minor: int
    card_on_file: bool
    needs_approval: bool
    min_age: int | None
    max_age: int | None
    needs_earlier_visit: bool
    """Something else must have been done before: who is new, or may be, books that first."""

    @property
    def asks_more(self) -> bool:
        """More than a name and a time: a card, a deposit, an approval, an earlier visit."""
        return bool(
            self.deposit_minor or self.card_on_file or self.needs_approval or self.needs_earlier_visit
        )

    @property
    def limits_age(self) -> bool:
        return self.min_age is not None or self.max_age is not None


def find(engine: Engine, slug: str, code: str) -> Place:
    """Raises NotOffered."""
    org_id = lookup.organization_by_slug(engine, slug)
    if org_id is None:
        raise NotOffered
    with session_scope(engine, org_id) as session:
        location_id = session.scalar(select(Location.id).where(Location.code == code, Location.active))
        if location_id is None:
            raise NotOffered
        place = of_location(session, location_id)
    if not (place.booking_open or place.enquiries_open):
        raise NotOffered
    return place


def of_location(session: Session, location_id: uuid.UUID) -> Place:
    """A location as people see it, open to the public or not."""
    row = session.execute(
        select(Location, OnlineLocation, Organization, LocationMessaging.call_number)
        .outerjoin(OnlineLocation, OnlineLocation.location_id == Location.id)
        .outerjoin(LocationMessaging, LocationMessaging.location_id == Location.id)
        .join(Organization, Organization.org_id == Location.org_id)
        .where(Location.id == location_id)
    ).one()
    location, organization = row.Location, row.Organization
    online: OnlineLocation | None = row.OnlineLocation
    return Place(
        org_id=location.org_id, location_id=location.id, practice=organization.name, slug=organization.slug,
        name=location.name, code=location.code, timezone=location.timezone, currency=location.currency,
        booking_open=online is not None and online.booking_open and location.active,
        enquiries_open=online is not None and online.enquiries_open and location.active,
        waitlist_open=online.waitlist_open if online else True,
        hold_minutes=online.hold_minutes if online else HOLD_MINUTES,
        days_ahead=online.days_ahead if online else DAYS_AHEAD,
        most_upcoming=online.most_upcoming if online else MOST_UPCOMING,
        fees_to_card=online is not None and online.fees_to_card,
        address=online.address if online else None, phone=row.call_number, origins=tuple(origins(session)),
    )  # fmt: skip


def origins(session: Session) -> list[str]:
    """Web sites that may show the organization's pages inside their own."""
    return list(session.scalars(select(OnlineOrigin.origin).order_by(OnlineOrigin.origin)))


def offered(session: Session, service_ids: Sequence[uuid.UUID] | None = None) -> list[Offered]:
    """What can be booked by oneself, by category and name; or these services, in their order.

    Raises NotOffered when one of them is not.
    """
    open_ = BookingRule.online.is_distinct_from(False)
    statement = _services().where(OnlineService.offered, Service.active, open_)
    if service_ids is None:
        ordered = statement.order_by(TreatmentCategory.name, Service.name)
        return [_offered(*row) for row in session.execute(ordered)]
    found = described(session, service_ids, statement)
    if not found or len(found) < len(service_ids):
        raise NotOffered
    return found


def described(
    session: Session, service_ids: Sequence[uuid.UUID], among: Services | None = None
) -> list[Offered]:
    """These services as people see them, in their order, whether they are offered by now or not."""
    statement = (_services() if among is None else among).where(Service.id.in_(service_ids))
    found = {row[0].id: _offered(*row) for row in session.execute(statement)}
    return [found[one] for one in service_ids if one in found]


def _services() -> Services:
    earlier = select(ServicePrerequisite.id).where(ServicePrerequisite.service_id == Service.id)
    return (
        select(Service, OnlineService, TreatmentCategory.name, BookingRule, earlier.exists())
        .outerjoin(OnlineService, OnlineService.service_id == Service.id)
        .outerjoin(BookingRule, BookingRule.service_id == Service.id)
        .join(TreatmentCategory, TreatmentCategory.id == Service.category_id)
    )


def _offered(
    service: Service, online: OnlineService | None, category: str, rule: BookingRule | None, earlier: bool
) -> Offered:
    return Offered(
        id=service.id,
        name=service.name,
        category=category,
        minutes=service.provider_minutes + service.processing_minutes + service.finishing_minutes,
        price_minor=service.price_minor,
        by_unit=service.billed_by_unit,
        deposit_minor=service.deposit_minor,
        card_on_file=online is not None and online.card_on_file,
        needs_approval=online is not None and online.needs_approval,
        min_age=rule.min_age if rule else None,
        max_age=rule.max_age if rule else None,
        needs_earlier_visit=earlier,
    )


def may_wait(place: Place, services: Sequence[Offered]) -> bool:
    """Whether a time for these can be taken by one tap: what asks for more is booked, or by phone."""
    return place.waitlist_open and place.booking_open and not any(one.asks_more for one in services)


def current_text(session: Session, location_id: uuid.UUID, kind: PublicTextKind) -> PublicText | None:
    """The words that a visitor is asked to agree to now."""
    newest = (
        select(func.max(PublicText.number))
        .where(PublicText.location_id == location_id, PublicText.kind == kind)
        .scalar_subquery()
    )
    return session.scalar(
        select(PublicText).where(
            PublicText.location_id == location_id, PublicText.kind == kind, PublicText.number == newest
        )
    )


def visitor(org_id: uuid.UUID, location_id: uuid.UUID | None, about: uuid.UUID | None = None) -> Actor:
    """Whoever opened a public page. `about` is what they act on: their booking or their link."""
    held: dict[uuid.UUID | None, frozenset[Permission]]
    held = {} if location_id is None else {location_id: MAY}
    return Actor(org_id, ActorKind.CLIENT, about or NOBODY, None, "public", held)


@contextlib.contextmanager
def reading(engine: Engine, place: Place) -> Iterator[TenantSession]:
    """A look at what a location offers: about nobody, so nothing about anybody can be read in it.

    Without the audit, which programs that only look would fill.
    """
    with session_scope(engine, place.org_id, (place.location_id,)) as session:
        yield session


@contextlib.contextmanager
def visiting(engine: Engine, actor: Actor) -> Iterator[Desk]:
    """A desk for a visitor: its transactions are audited as operations."""
    with open_desk(engine, actor) as desk:
        yield replace(desk, purpose=Purpose.OPERATIONS)
