"""A desk to check out at: open drawers, goods, performed visits, and services called as the owner."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    ActorKind,
    AppointmentStatus,
    DrawerKind,
    DrawerStatus,
    Intent,
    NoteStatus,
    Permission,
    SubjectKind,
    TreatmentSource,
    UnitKind,
    VisitSource,
)
from operational.checkout import credit, invoices, payments, payouts, schemas
from operational.checkout.credit import Credited
from operational.checkout.desk import Desk, open_desk
from operational.checkout.invoices import Issued
from operational.identity.access import EVERYWHERE, Actor
from operational.models import (
    Appointment,
    AppointmentItem,
    Drawer,
    DrawerSession,
    JournalEntry,
    Occupancy,
    Payment,
    Payout,
    Posting,
    Product,
    TreatmentRecord,
)
from tests.factories.organization import TIMEZONE, OrganizationSetUp, organization
from tests.support.databases import Database


@dataclass
class Shop:
    """An organization ready to sell: ids, and shortcuts that call the services as its owner."""

    database: Database
    made: OrganizationSetUp
    actor: Actor
    drawers: dict[uuid.UUID, uuid.UUID]
    """Location → its open drawer session."""
    retail_id: uuid.UUID
    """2 000 per piece, taxed 8.875 %."""
    today: date
    opened_at: datetime
    slots: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Visits take a minute of the provider's time each, backwards from then."""

    @property
    def north(self) -> uuid.UUID:
        return self.made.locations[0]

    @property
    def south(self) -> uuid.UUID:
        return self.made.locations[1]

    @property
    def client_id(self) -> uuid.UUID:
        return self.made.clients[0]

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        with open_desk(self.database.engine("app"), self.actor) as desk:
            yield desk

    @contextmanager
    def transaction(self) -> Iterator[TenantSession]:
        with self.desk() as desk, desk.transaction() as session:
            yield session

    def visit(
        self,
        *,
        units_milli: int | None = None,
        location_id: uuid.UUID | None = None,
        client_id: uuid.UUID | None = None,
        status: AppointmentStatus = AppointmentStatus.COMPLETED,
    ) -> uuid.UUID:
        """A visit of today: a consultation of 10 000 or, with units, a charted neurotoxin treatment."""
        made, org, place = self.made, self.made.org_id, location_id or self.north
        client = client_id or self.client_id
        now = self.opened_at - next(self.slots) * timedelta(minutes=1)
        until = now + timedelta(minutes=1)
        with self.database.session("owner") as session:
            appointment = Appointment(
                org_id=org, client_id=client, location_id=place, starts_at=now,
                ends_at=until, business_date=self.today, status=status,
                source=VisitSource.WALK_IN, booked_at=now, arrived_at=now,
            )  # fmt: skip
            session.add(appointment)
            session.flush()
            item = AppointmentItem(
                org_id=org, appointment_id=appointment.id, position=1,
                service_id=made.service_id if units_milli else made.consultation_id,
                provider_id=made.provider_id, starts_at=now, provider_ends_at=until,
                ends_at=until, performed=status is AppointmentStatus.COMPLETED,
            )  # fmt: skip
            session.add(item)
            session.flush()
            session.add(
                Occupancy(
                    org_id=org, appointment_id=appointment.id, subject_kind=SubjectKind.PROVIDER,
                    subject_id=made.provider_id, during=Range(now, until, bounds="[)"), starts_at=now,
                    ends_at=until, active=True, hard=True,
                )
            )  # fmt: skip
            if units_milli:
                session.add(self._record(item, place, client, units_milli))
            return appointment.id

    def _record(
        self, item: AppointmentItem, place: uuid.UUID, client: uuid.UUID, units_milli: int
    ) -> TreatmentRecord:
        made, now = self.made, clock.now()
        return TreatmentRecord(
            org_id=made.org_id, client_id=client, appointment_item_id=item.id, location_id=place,
            provider_id=made.provider_id, category_id=made.category_id, product_id=made.product_id,
            intent=Intent.FULL, source=TreatmentSource.CHARTED, quantity_milli=units_milli,
            performed_at=now, business_date=self.today, status=NoteStatus.SIGNED, signed_at=now,
        )  # fmt: skip

    def invoice(self, **values: Any) -> Issued:
        """An invoice; without arguments of a consultation: 10 000 without tax."""
        if not {"appointment_id", "retail", "gift_cards"} & set(values):
            values["appointment_id"] = self.visit(location_id=values.get("location_id"))
        asked = {"location_id": self.north, "client_id": self.client_id, "currency": "USD", **values}
        with self.transaction() as session:
            return invoices.issue_invoice(session, self.actor, schemas.InvoiceIn.model_validate(asked))

    def pay(self, invoice_id: uuid.UUID | None, **values: Any) -> Payment:
        """Cash for all that is due, unless `values` say otherwise."""
        place = values.pop("location_id", self.north)
        asked = {
            "location_id": place, "drawer_session_id": self.drawers[place], "tender": "cash",
            "currency": "USD", "invoice_id": invoice_id, **values,
        }  # fmt: skip
        if asked["tender"] == "cash":
            asked.setdefault("tendered_minor", 1_000_000)
        with self.transaction() as session:
            return payments.take_payment(session, self.actor, schemas.PaymentIn.model_validate(asked))

    def deposit(self, amount_minor: int, **values: Any) -> Payment:
        return self.pay(None, client_id=self.client_id, amount_minor=amount_minor, **values)

    def credit(self, issued: Issued, net_minor: int | None = None, line: int = 0) -> Credited:
        asked = schemas.CreditMemoIn.model_validate(
            {
                "reason": "dissatisfied",
                "lines": [{"invoice_line_id": issued.lines[line].id, "net_minor": net_minor}],
            }
        )
        with self.transaction() as session:
            return credit.issue_credit_memo(session, self.actor, issued.invoice.id, asked)

    def pay_out(self, **values: Any) -> Payout:
        asked = schemas.PayoutIn.model_validate(
            {"currency": "USD", "drawer_session_id": self.drawers[self.north], **values}
        )
        with self.transaction() as session:
            return payouts.pay_out(session, self.actor, asked, f"test_{new_id().hex}")

    def balance(self, account: Account, location_id: uuid.UUID | None = None) -> int:
        """Sum of an account's postings (debit positive), at one location or at all."""
        with self.database.session("owner") as session:
            query = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
                Posting.org_id == self.made.org_id, Posting.account == account.value
            )
            if location_id is not None:
                query = query.where(Posting.location_id == location_id)
            return int(session.execute(query).scalar_one())

    def postings(self, source_id: uuid.UUID) -> list[tuple[str, int]]:
        """(account, amount) of everything posted for a document, sorted."""
        with self.database.session("owner") as session:
            rows = session.execute(
                select(Posting.account, Posting.amount_minor)
                .join(JournalEntry, JournalEntry.id == Posting.entry_id)
                .where(JournalEntry.source_id == source_id)
                .order_by(Posting.account, Posting.amount_minor)
            )
            return [(account, amount) for account, amount in rows]


def open_shop(database: Database, **values: Any) -> Shop:
    """An organization of two locations with an open physical drawer at each."""
    made = organization(database, **values)
    today = clock.business_date(clock.now(), TIMEZONE, 3)
    drawers: dict[uuid.UUID, uuid.UUID] = {}
    with database.session("owner") as session:
        product = Product(
            org_id=made.org_id, name="Sun cream", unit=UnitKind.EACH, price_minor=2_000, is_retail=True,
            tax_class="retail", active=True,
        )  # fmt: skip
        session.add(product)
        for place in made.locations:
            drawer = Drawer(org_id=made.org_id, location_id=place, name="Desk", kind=DrawerKind.PHYSICAL)
            session.add(drawer)
            session.flush()
            opened = DrawerSession(
                org_id=made.org_id, drawer_id=drawer.id, location_id=place, business_date=today,
                status=DrawerStatus.OPEN, currency="USD", opened_at=clock.now(), opening_float_minor=0,
            )  # fmt: skip
            session.add(opened)
            session.flush()
            drawers[place] = opened.id
        session.flush()
        retail_id = product.id
    actor = Actor(
        made.org_id,
        ActorKind.STAFF,
        made.owner_id,
        made.owner_id,
        "test",
        {EVERYWHERE: frozenset(Permission)},
    )
    return Shop(database, made, actor, drawers, retail_id, today, clock.now())
