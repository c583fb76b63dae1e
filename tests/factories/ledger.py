"""Books to post into: an organization with two locations, and the records that postings name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.ids import new_client_key, new_id
from medspa.kernel.vocabulary import (
    Account,
    ActorKind,
    DrawerKind,
    InvoiceStatus,
    LedgerEvent,
    LineKind,
    PaymentPurpose,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.identity.access import EVERYWHERE, Actor
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import (
    Client,
    Drawer,
    GiftCard,
    Invoice,
    InvoiceLine,
    LegalEntity,
    Location,
    MerchantAccount,
    Organization,
    Payment,
    StaffMember,
    TaxJurisdiction,
    Tip,
)

NOON = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
"""Noon in New York on a Tuesday."""
TODAY = date(2026, 3, 10)


@dataclass(frozen=True)
class Books:
    """Ids of one organization's records; `north` and `south` share a legal entity."""

    org_id: uuid.UUID
    entity_id: uuid.UUID
    north: uuid.UUID
    south: uuid.UUID
    client_id: uuid.UUID
    other_client_id: uuid.UUID
    staff_id: uuid.UUID
    gift_card_id: uuid.UUID
    merchant_id: uuid.UUID
    jurisdiction_id: uuid.UUID
    drawer_id: uuid.UUID

    def actor(self, *permissions: Permission, location_id: uuid.UUID | None = EVERYWHERE) -> Actor:
        held = frozenset(permissions or Permission)
        return Actor(self.org_id, ActorKind.STAFF, self.staff_id, self.staff_id, "test", {location_id: held})


def make_books(session: Session, slug: str = "books", timezone: str = "America/New_York") -> Books:
    """Insert the records (a session of the owner role: clients are readable only under audit)."""
    books = Books(*(new_id() for _ in range(11)))
    org = books.org_id
    session.add(Organization(org_id=org, name="Books", slug=f"{slug}-{org.hex[-8:]}", created_at=NOON))
    session.flush()
    session.add(LegalEntity(org_id=org, id=books.entity_id, name="Books LLC", currency="USD"))
    session.flush()
    for location_id, code in ((books.north, "N"), (books.south, "S")):
        session.add(make_location(books, location_id, code, timezone=timezone))
    session.add(
        MerchantAccount(
            org_id=org,
            id=books.merchant_id,
            legal_entity_id=books.entity_id,
            name="Cards",
            processor="inprocess",
            processor_account=str(books.merchant_id),
            reports_from=NOON.date(),
        )
    )
    session.add(
        StaffMember(
            org_id=org,
            id=books.staff_id,
            label="Desk",
            email=f"desk-{org.hex[-8:]}@example.invalid",
            email_digest=uuid.uuid4().hex,
            is_provider=True,
            active=True,
        )
    )
    for client_id in (books.client_id, books.other_client_id):
        session.add(
            Client(
                org_id=org, id=client_id, client_key=new_client_key(), first_name="A", last_name="B", flags=[]
            )
        )
    session.flush()
    session.add(TaxJurisdiction(org_id=org, id=books.jurisdiction_id, location_id=books.north, name="State"))
    session.add(
        Drawer(org_id=org, id=books.drawer_id, location_id=books.north, name="Desk", kind=DrawerKind.PHYSICAL)
    )
    session.add(
        GiftCard(
            org_id=org,
            id=books.gift_card_id,
            code_digest=uuid.uuid4().hex,
            last_four="0001",
            location_id=books.north,
            purchaser_id=books.client_id,
            currency="USD",
            issued_on=TODAY,
        )
    )
    session.flush()
    return books


def make_location(
    books: Books, location_id: uuid.UUID, code: str, timezone: str = "America/New_York", currency: str = "USD"
) -> Location:
    return Location(
        org_id=books.org_id,
        id=location_id,
        legal_entity_id=books.entity_id,
        name=f"Location {code}",
        code=code,
        timezone=timezone,
        currency=currency,
        state="NY",
        cutover_hour=3,
        notice_minutes=1440,
        no_show_fee_minor=5_000,
        late_cancel_fee_minor=2_500,
        cash_step_minor=1,
        invoice_due_days=0,
        active=True,
    )


def make_invoice(
    session: Session,
    books: Books,
    business_date: date = TODAY,
    net_minor: int = 10_000,
    location_id: uuid.UUID | None = None,
) -> Invoice:
    """An issued invoice of one service line without tax. Its postings are the caller's."""
    location = location_id or books.north
    invoice = Invoice(
        org_id=books.org_id,
        id=new_id(),
        number=uuid.uuid4().hex[:12],
        client_id=books.client_id,
        location_id=location,
        currency="USD",
        business_date=business_date,
        due_on=business_date,
        status=InvoiceStatus.ISSUED,
        issued_at=NOON,
    )
    session.add(invoice)
    session.flush()
    session.add(
        InvoiceLine(
            org_id=books.org_id,
            id=new_id(),
            invoice_id=invoice.id,
            location_id=location,
            position=1,
            kind=LineKind.SERVICE,
            quantity_milli=1_000,
            unit_price_minor=net_minor,
            list_minor=net_minor,
            discount_minor=0,
            net_minor=net_minor,
            tax_minor=0,
            business_date=business_date,
        )
    )
    session.flush()
    return invoice


def bill(
    session: Session, books: Books, net_minor: int = 10_000, location_id: uuid.UUID | None = None
) -> Invoice:
    """An invoice of the open day with its postings: receivable against service revenue."""
    location = location_id or books.north
    invoice = make_invoice(session, books, open_business_date(session, location), net_minor, location)
    post(
        session,
        event=LedgerEvent.LINE_PERFORMED,
        source_kind="invoice",
        source_id=invoice.id,
        lines=[
            Line(Account.ACCOUNTS_RECEIVABLE, net_minor, location, invoice_id=invoice.id),
            Line(Account.SERVICE_REVENUE, -net_minor, location, invoice_id=invoice.id),
        ],
    )
    return invoice


def pay(
    session: Session,
    books: Books,
    session_id: uuid.UUID,
    amount_minor: int,
    *,
    tip_minor: int = 0,
    tip_provider: bool = True,
    tender: Tender = Tender.CASH,
    invoice_id: uuid.UUID | None = None,
    location_id: uuid.UUID | None = None,
) -> Payment:
    """A succeeded payment with its postings: on an invoice, or as a deposit."""
    location = location_id or books.north
    payment = Payment(
        org_id=books.org_id,
        id=new_id(),
        client_id=books.client_id,
        location_id=location,
        drawer_session_id=session_id,
        invoice_id=invoice_id,
        purpose=PaymentPurpose.INVOICE if invoice_id else PaymentPurpose.DEPOSIT,
        tender=tender,
        status=PaymentStatus.SUCCEEDED,
        currency="USD",
        amount_minor=amount_minor,
        tip_minor=tip_minor,
        rounding_minor=0,
        business_date=open_business_date(session, location),
        merchant_account_id=books.merchant_id if tender is Tender.CARD else None,
        succeeded_at=clock.now(),
    )
    session.add(payment)
    session.flush()
    if tip_minor and tip_provider:
        session.add(
            Tip(
                org_id=books.org_id,
                id=new_id(),
                payment_id=payment.id,
                provider_id=books.staff_id,
                amount_minor=tip_minor,
            )
        )
    settled = amount_minor - tip_minor
    into = Line(Account.CASH_DRAWER, amount_minor, location)
    if tender is Tender.CARD:
        into = Line(Account.CARD_CLEARING, amount_minor, location, merchant_account_id=books.merchant_id)
    post(
        session,
        event=LedgerEvent.PAYMENT_TAKEN,
        source_kind="payment",
        source_id=payment.id,
        lines=[
            into,
            Line(Account.TIPS_PAYABLE, -tip_minor, location, provider_id=books.staff_id),
            Line(Account.ACCOUNTS_RECEIVABLE, -settled, location, invoice_id=invoice_id)
            if invoice_id
            else Line(Account.CLIENT_DEPOSITS, -settled, location, client_id=books.client_id),
        ],
    )
    return payment
