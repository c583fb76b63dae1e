"""An organization with everything a test needs to start, and the headers to call the API as somebody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Permission, ResourceKind
from operational.identity import tokens
from operational.models.catalogue import Resource, ServiceResource, TreatmentCategory
from operational.models.client import Client
from operational.models.organization import (
    LegalEntity,
    Location,
    LocationHours,
    MerchantAccount,
    TaxJurisdiction,
    TaxRate,
)
from operational.models.staff import ApiKey, Credential, Role, StaffMember, StaffRole
from operational.organization.bootstrap import NewOrganization, create_organization
from tests.factories.goods import product_row, service_row
from tests.support.databases import Database

FIRST_DAY = clock.business_date(clock.now(), "UTC").replace(month=1, day=1, year=2020)
FAR_DAY = FIRST_DAY.replace(year=2090)
TIMEZONE = "America/New_York"
PASSWORD = "correct horse battery staple"
"""The owner's."""


@dataclass
class OrganizationSetUp:
    """Ids of what was made, and the owner's API key. `headers()` of a narrower actor: `key(...)`."""

    database: Database
    slug: str
    new: NewOrganization
    legal_entity_id: uuid.UUID
    locations: list[uuid.UUID]
    provider_id: uuid.UUID
    category_id: uuid.UUID
    product_id: uuid.UUID
    service_id: uuid.UUID
    """Botulinum visit of 30 minutes, billed by unit, needs an injection room."""
    consultation_id: uuid.UUID
    """Flat price, no room."""
    rooms: list[uuid.UUID]
    """One injection room per location."""
    merchant_account_id: uuid.UUID
    clients: list[uuid.UUID] = field(default_factory=list)

    @property
    def org_id(self) -> uuid.UUID:
        return self.new.org_id

    @property
    def owner_id(self) -> uuid.UUID:
        return self.new.owner_id

    @property
    def location_id(self) -> uuid.UUID:
        return self.locations[0]

    @property
    def owner_email(self) -> str:
        return f"owner@{self.slug}.example"

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the owner's API key: every permission, everywhere."""
        return {"Authorization": f"Bearer {self.new.api_key}"}

    def staff(
        self,
        permissions: Iterable[Permission],
        *,
        location_id: uuid.UUID | None = None,
        label: str = "Staff",
        is_provider: bool = False,
    ) -> uuid.UUID:
        """A staff member holding exactly these permissions, everywhere or at one location."""
        with self.database.session("owner") as session:
            staff = _staff(self.org_id, label, is_provider)
            session.add(staff)
        self.grant(staff.id, permissions, location_id=location_id)
        return staff.id

    def grant(
        self, staff_id: uuid.UUID, permissions: Iterable[Permission], *, location_id: uuid.UUID | None
    ) -> None:
        """One more role of a staff member."""
        with self.database.session("owner") as session:
            role = Role(org_id=self.org_id, name=f"role {new_id()}", permissions=sorted(permissions))
            session.add(role)
            session.flush()
            session.add(
                StaffRole(org_id=self.org_id, staff_id=staff_id, role_id=role.id, location_id=location_id)
            )

    def key(
        self,
        permissions: Iterable[Permission],
        *,
        location_id: uuid.UUID | None = None,
        staff_id: uuid.UUID | None = None,
    ) -> dict[str, str]:
        """Headers of a key with exactly these permissions, everywhere or at one location."""
        held = sorted(permissions)
        owner = staff_id or self.staff(held, location_id=location_id)
        token = tokens.new_api_key()
        with self.database.session("owner") as session:
            session.add(
                ApiKey(
                    org_id=self.org_id,
                    name="test",
                    key_digest=tokens.digest(token),
                    scopes=held,
                    location_id=location_id,
                    created_by=owner,
                )
            )
        return {"Authorization": f"Bearer {token}"}

    def client(
        self, first_name: str = "Ada", last_name: str = "Example", phone: str | None = None
    ) -> uuid.UUID:
        """A client record, written by the owner role (no audit needed)."""
        with self.database.session("owner") as session:
            row = Client(
                org_id=self.org_id,
                client_key=uuid.uuid4(),
                first_name=first_name,
                last_name=last_name,
                phone=phone,
                flags=[],
                home_location_id=self.location_id,
            )
            session.add(row)
            session.flush()
            self.clients.append(row.id)
            return row.id


def organization(
    database: Database, *, slug: str | None = None, locations: int = 2, processor_account: str | None = None
) -> OrganizationSetUp:
    """An organization with a legal entity, locations (open daily 08:00-20:00, tax 8.875 %), one credentialed
    provider, a category, a product, two services, a room per location, a merchant account, a client."""
    slug = slug or f"org-{new_id().hex[-12:]}"
    new = create_organization(
        database.engine("owner"),
        name=f"Practice {slug}",
        slug=slug,
        owner_label="Owner",
        owner_email=f"owner@{slug}.example",
        password=PASSWORD,
    )
    org = new.org_id
    with database.session("owner") as session:
        entity = LegalEntity(org_id=org, name="Practice PC", currency="USD")
        category = TreatmentCategory(
            org_id=org,
            code="neurotoxin",
            name="Neurotoxin",
            cycle_days=90,
            contact_from_days=84,
            contact_until_days=120,
            earliest_days=90,
        )
        provider = _staff(org, "Provider", is_provider=True)
        session.add_all([entity, category, provider])
        session.flush()
        places = [_location(org, entity.id, number) for number in range(1, locations + 1)]
        merchant = MerchantAccount(
            org_id=org, legal_entity_id=entity.id, name="Cards", processor="inprocess",
            processor_account=processor_account or f"acct_{new_id().hex}", reports_from=date(2026, 1, 1),
        )  # fmt: skip
        product = product_row(org, category.id)
        visit = service_row(org, category.id, "Neurotoxin visit", billed_by_unit=True, price_minor=0)
        talk = service_row(org, category.id, "Consultation", billed_by_unit=False, price_minor=10_000)
        session.add_all([*places, merchant, product, visit, talk])
        session.flush()
        session.add(ServiceResource(org_id=org, service_id=visit.id, kind=ResourceKind.ROOM, tag="injection"))
        session.add(
            StaffRole(org_id=org, staff_id=provider.id, role_id=new.roles["Provider"], location_id=None)
        )
        rooms = [_open(session, org, place.id, provider.id, category.id) for place in places]
        made = OrganizationSetUp(
            database=database,
            slug=slug,
            new=new,
            legal_entity_id=entity.id,
            locations=[place.id for place in places],
            provider_id=provider.id,
            category_id=category.id,
            product_id=product.id,
            service_id=visit.id,
            consultation_id=talk.id,
            rooms=rooms,
            merchant_account_id=merchant.id,
        )
    made.client()
    return made


def _open(
    session: Session, org: uuid.UUID, location_id: uuid.UUID, provider_id: uuid.UUID, category_id: uuid.UUID
) -> uuid.UUID:
    room = Resource(
        org_id=org,
        location_id=location_id,
        kind=ResourceKind.ROOM,
        name="Room 1",
        tag="injection",
        active=True,
    )
    jurisdiction = TaxJurisdiction(org_id=org, location_id=location_id, name="State")
    session.add_all([room, jurisdiction])
    session.flush()
    session.add_all(
        LocationHours(
            org_id=org, location_id=location_id, weekday=day, opens_minute=8 * 60, closes_minute=20 * 60
        )
        for day in range(7)
    )
    session.add_all(
        TaxRate(
            org_id=org,
            jurisdiction_id=jurisdiction.id,
            tax_class=tax_class,
            rate_ppm=rate,
            valid_from=FIRST_DAY,
        )
        for tax_class, rate in (("service", 0), ("retail", 88_750))
    )
    session.add(
        Credential(
            org_id=org,
            staff_id=provider_id,
            category_id=category_id,
            location_id=location_id,
            valid_from=FIRST_DAY,
            valid_until=FAR_DAY,
        )
    )
    return room.id


def _staff(org: uuid.UUID, label: str, is_provider: bool) -> StaffMember:
    email = f"{new_id()}@staff.example"
    return StaffMember(
        org_id=org,
        label=label,
        email=email,
        email_digest=tokens.email_digest(email),
        is_provider=is_provider,
        active=True,
    )


def _location(org: uuid.UUID, entity: uuid.UUID, number: int) -> Location:
    return Location(
        org_id=org,
        legal_entity_id=entity,
        name=f"Location {number}",
        code=f"L{number}",
        timezone=TIMEZONE,
        currency="USD",
        state="NY",
        cutover_hour=3,
        notice_minutes=1440,
        no_show_fee_minor=5_000,
        late_cancel_fee_minor=5_000,
        cash_step_minor=5,
        invoice_due_days=30,
        active=True,
    )
