"""What may stand in the way of a close: visits, treatments, unresolved payments."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    AppointmentStatus,
    Intent,
    NoteStatus,
    PaymentPurpose,
    PaymentStatus,
    SubjectKind,
    Tender,
    TreatmentSource,
    VisitSource,
)
from operational.ledger.days import open_business_date
from operational.models import (
    Appointment,
    AppointmentItem,
    InvoiceLine,
    Occupancy,
    Payment,
    Service,
    TreatmentCategory,
    TreatmentRecord,
)
from tests.factories.goods import service_row
from tests.factories.ledger import Books


def make_service(session: Session, books: Books) -> Service:
    """A service billed by the charted unit."""
    category = TreatmentCategory(org_id=books.org_id, id=new_id(), code=uuid.uuid4().hex, name="Toxin")
    session.add(category)
    session.flush()
    service = service_row(books.org_id, category.id, uuid.uuid4().hex, billed_by_unit=True, price_minor=0)
    session.add(service)
    session.flush()
    return service


def make_visit(
    session: Session, books: Books, service: Service, status: AppointmentStatus = AppointmentStatus.COMPLETED
) -> AppointmentItem:
    """An appointment of now at the north location, its one item performed when it is completed."""
    start = clock.now()
    appointment = Appointment(
        org_id=books.org_id,
        id=new_id(),
        client_id=books.client_id,
        location_id=books.north,
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
        business_date=open_business_date(session, books.north),
        status=status,
        source=VisitSource.DESK,
        booked_at=start,
    )
    session.add(appointment)
    session.flush()
    item = AppointmentItem(
        org_id=books.org_id,
        id=new_id(),
        appointment_id=appointment.id,
        position=1,
        service_id=service.id,
        provider_id=books.staff_id,
        starts_at=start,
        provider_ends_at=appointment.ends_at,
        ends_at=appointment.ends_at,
        performed=status is AppointmentStatus.COMPLETED,
    )
    session.add(item)
    session.add(
        Occupancy(
            org_id=books.org_id,
            id=new_id(),
            appointment_id=appointment.id,
            subject_kind=SubjectKind.PROVIDER,
            subject_id=books.staff_id,
            during=Range(start, appointment.ends_at),
            starts_at=start,
            ends_at=appointment.ends_at,
            active=True,
            hard=True,
        )
    )
    session.flush()
    return item


def chart(
    session: Session, books: Books, item: AppointmentItem, service: Service, quantity_milli: int
) -> None:
    """A signed treatment of the item (a session of the owner role: charts are readable only under audit)."""
    session.add(
        TreatmentRecord(
            org_id=books.org_id,
            id=new_id(),
            client_id=books.client_id,
            appointment_item_id=item.id,
            location_id=books.north,
            provider_id=books.staff_id,
            category_id=service.category_id,
            intent=Intent.FULL,
            source=TreatmentSource.CHARTED,
            quantity_milli=quantity_milli,
            performed_at=clock.now(),
            business_date=open_business_date(session, books.north),
            status=NoteStatus.SIGNED,
            signed_at=clock.now(),
        )
    )
    session.flush()


def add_line(
    session: Session,
    item: AppointmentItem,
    first: InvoiceLine,
    quantity_milli: int,
    reason: str | None = None,
) -> None:
    """A free line of `quantity_milli` for the item beside the invoice's first line."""
    session.add(
        InvoiceLine(
            org_id=item.org_id,
            id=new_id(),
            invoice_id=first.invoice_id,
            location_id=first.location_id,
            position=first.position + 1,
            kind=first.kind,
            appointment_item_id=item.id,
            quantity_milli=quantity_milli,
            quantity_reason=reason,
            unit_price_minor=0,
            list_minor=0,
            discount_minor=0,
            net_minor=0,
            tax_minor=0,
            business_date=first.business_date,
        )
    )
    session.flush()


def unresolved_card(
    session: Session, books: Books, session_id: uuid.UUID, status: PaymentStatus = PaymentStatus.UNKNOWN
) -> Payment:
    payment = Payment(
        org_id=books.org_id,
        id=new_id(),
        client_id=books.client_id,
        location_id=books.north,
        drawer_session_id=session_id,
        purpose=PaymentPurpose.DEPOSIT,
        tender=Tender.CARD,
        status=status,
        currency="USD",
        amount_minor=500,
        tip_minor=0,
        rounding_minor=0,
        merchant_account_id=books.merchant_id,
    )
    session.add(payment)
    session.flush()
    return payment
