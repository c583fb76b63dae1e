"""Programmes that pay in a client's place: what they settle and what they refuse (rows 20, 21).

Taking such a payment is checkout's.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import (
    Account,
    LedgerEvent,
    PaymentStatus,
    Permission,
    ProgrammeKind,
    SettlementOutcome,
    Tender,
)
from operational.banking.errors import NotOwedByProgramme, ProgrammeTaken
from operational.checkout.queries import found, given_back, present
from operational.checkout.unredeemed import hold, require_redeemed
from operational.identity.access import Actor
from operational.ledger.balances import lock_payment
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import Invoice, Location, Payment, Remittance, RemittanceItem, TenderProgramme


@dataclass(frozen=True, slots=True)
class Settled:
    """What a remittance says of one payment: what it holds back as its fee, and what the practice funds."""

    payment_id: uuid.UUID
    fee_minor: int = 0
    practice_funded_minor: int = 0


def create_programme(session: Session, actor: Actor, name: str, kind: ProgrammeKind) -> TenderProgramme:
    """Raises Forbidden, ProgrammeTaken."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    if session.scalar(select(TenderProgramme.id).where(TenderProgramme.name == name)) is not None:
        raise ProgrammeTaken
    programme = TenderProgramme(org_id=actor.org_id, name=name, kind=kind, active=True)
    session.add(programme)
    session.flush()
    return programme


def settle(
    session: Session,
    actor: Actor,
    programme_id: uuid.UUID,
    location_id: uuid.UUID,
    items: Sequence[Settled],
    external_date: date | None = None,
) -> Remittance:
    """Book a transfer of a programme. Raises Forbidden, NotFound, Invalid, NotOwedByProgramme."""
    actor.require(Permission.DAY_CLOSE, location_id)
    programme = found(session, TenderProgramme, programme_id, "programme")
    location = found(session, Location, location_id, "location")
    if not items or len({one.payment_id for one in items}) != len(items):
        raise Invalid("items: name each payment once.")
    owed = {one.payment_id: 0 for one in items}
    for payment_id in sorted(owed):
        payment = lock_payment(session, payment_id)
        owed[payment_id] = _owed(session, payment, programme_id)
        if payment.location_id != location_id:
            raise NotOwedByProgramme(extra={"payment_id": str(payment_id)})
    for one in items:
        held_back = one.fee_minor + one.practice_funded_minor
        if min(one.fee_minor, one.practice_funded_minor) < 0 or held_back > owed[one.payment_id]:
            raise Invalid("fee_minor, practice_funded_minor: together at most the payment.")
    gross = sum(owed.values())
    fee, funded = sum(one.fee_minor for one in items), sum(one.practice_funded_minor for one in items)
    day = open_business_date(session, location_id)
    remittance = Remittance(
        org_id=actor.org_id, programme_id=programme.id, location_id=location_id, currency=location.currency,
        gross_minor=gross, fee_minor=fee, practice_funded_minor=funded, net_minor=gross - fee - funded,
        business_date=day, external_date=external_date if external_date != day else None,
        staff_id=actor.staff_id,
    )  # fmt: skip
    session.add(remittance)
    session.flush()
    for one in items:
        _item(
            session, remittance.id, SettlementOutcome.SETTLED, programme_id, location, one,
            owed[one.payment_id], day, remittance.external_date,
        )  # fmt: skip
    post(
        session,
        event=LedgerEvent.THIRD_PARTY_SETTLED,
        source_kind="remittance",
        source_id=remittance.id,
        lines=[
            Line(Account.BANK, remittance.net_minor, location_id),
            Line(Account.PROCESSOR_FEES, fee, location_id),
            Line(Account.DISCOUNT_PROMOTION, funded, location_id),
            Line(Account.THIRD_PARTY_RECEIVABLE, -gross, location_id, programme_id=programme_id),
        ],
        external_date=remittance.external_date,
        staff_id=actor.staff_id,
    )
    return remittance


def refuse(
    session: Session,
    actor: Actor,
    payment_id: uuid.UUID,
    client_owes: bool,
    external_date: date | None = None,
) -> RemittanceItem:
    """The programme does not pay: the client owes again, or the house bears it.

    Raises Forbidden, NotFound, NotOwedByProgramme, PrepaidUnredeemed.
    """
    seen = found(session, Payment, payment_id, "payment")
    actor.require(Permission.PAYMENT_REFUND, seen.location_id)
    payment = hold(session, payment_id)
    programme_id = present(payment.programme_id) if payment.tender is Tender.THIRD_PARTY else payment_id
    amount = _owed(session, payment, programme_id)
    location = found(session, Location, payment.location_id, "location")
    invoice = found(session, Invoice, present(payment.invoice_id), "invoice")
    if not client_owes:
        require_redeemed(session, invoice.id)
    day = open_business_date(session, location.id)
    external = external_date if external_date != day else None
    row = _item(
        session, None, SettlementOutcome.REFUSED, programme_id, location, Settled(payment_id), amount, day,
        external, amount if client_owes else 0,
    )  # fmt: skip
    bearer = Line(Account.BAD_DEBT, amount, location.id)
    if client_owes:
        bearer = Line(Account.ACCOUNTS_RECEIVABLE, amount, invoice.location_id, invoice_id=invoice.id)
    post(
        session,
        event=LedgerEvent.THIRD_PARTY_REFUSED,
        source_kind="remittance_item",
        source_id=row.id,
        lines=across_locations(
            [
                bearer,
                Line(Account.THIRD_PARTY_RECEIVABLE, -amount, location.id, programme_id=programme_id),
            ]
        ),
        external_date=external,
        staff_id=actor.staff_id,
    )
    return row


def _owed(session: Session, payment: Payment, programme_id: uuid.UUID) -> int:
    """What the programme still owes of a held payment: less what was given back through it."""
    done = session.scalar(select(func.count()).where(RemittanceItem.payment_id == payment.id))
    if (
        payment.tender is not Tender.THIRD_PARTY
        or payment.programme_id != programme_id
        or payment.status is not PaymentStatus.SUCCEEDED
        or done
    ):
        raise NotOwedByProgramme(extra={"payment_id": str(payment.id)})
    left = payment.amount_minor - sum(one.amount_minor for one in given_back(session, payment_id=payment.id))
    if left <= 0:
        raise NotOwedByProgramme(extra={"payment_id": str(payment.id)})
    return left


def _item(
    session: Session,
    remittance_id: uuid.UUID | None,
    outcome: SettlementOutcome,
    programme_id: uuid.UUID,
    location: Location,
    one: Settled,
    amount: int,
    day: date,
    external: date | None,
    receivable: int = 0,
) -> RemittanceItem:
    row = RemittanceItem(
        org_id=location.org_id, payment_id=one.payment_id, location_id=location.id,
        programme_id=programme_id, remittance_id=remittance_id, outcome=outcome, currency=location.currency,
        amount_minor=amount, fee_minor=one.fee_minor, practice_funded_minor=one.practice_funded_minor,
        business_date=day, external_date=external, receivable_minor=receivable,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
