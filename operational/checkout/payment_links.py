"""Links with which a client pays an open invoice by card, without signing in.

Only a digest of the token is stored; the token is shown once, and sent back in bodies, never in addresses.
It is used by the POST that pays and usable again when the card is declined. The payment itself goes the
way of every card payment: attempt, call, outcome.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import ActorKind, DrawerKind, InvoiceStatus, PaymentStatus, Permission, Tender
from operational import links
from operational.checkout import attempts
from operational.checkout.desk import open_desk
from operational.checkout.errors import InvoiceVoided, MoreThanDue
from operational.checkout.payments import begin_card_payment
from operational.checkout.processor.port import Processor
from operational.checkout.queries import found, pending_on_invoice, present
from operational.checkout.schemas import PaymentIn
from operational.directory.lookup import LinkFound
from operational.identity.access import EVERYWHERE, Actor
from operational.ledger.balances import invoice_open_minor, lock_invoice
from operational.ledger.drawers import virtual_session
from operational.links import LinkUnusable
from operational.models import Invoice, LinkToken, Payment

PURPOSE = "payment"
LIFETIME = timedelta(days=7)
LONGEST = timedelta(days=60)
MAX_DECLINES = 5
"""A link is no place to try stolen cards: so many declined ones end it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A new link: the token is known here and nowhere else."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link tells whoever holds it: an amount, nothing about a person."""

    currency: str
    due_minor: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Paid:
    """How a payment by link ended."""

    payment_id: uuid.UUID
    location_id: uuid.UUID
    status: PaymentStatus
    currency: str
    amount_minor: int


def send_link(session: Session, actor: Actor, invoice_id: uuid.UUID, lifetime: timedelta = LIFETIME) -> Sent:
    """A new link for what is due of an invoice; an older one of it stops working.

    Raises Forbidden, NotFound, InvoiceVoided, MoreThanDue (nothing is due).
    """
    seen = found(session, Invoice, invoice_id, "invoice")
    actor.require(Permission.PAYMENT_TAKE, seen.location_id)
    invoice = lock_invoice(session, invoice_id)
    if invoice.status is InvoiceStatus.VOIDED:
        raise InvoiceVoided
    if invoice_open_minor(session, invoice_id) <= 0:
        raise MoreThanDue("Nothing is due on this invoice.", {"due_minor": 0})
    links.revoke(session, PURPOSE, invoice_id)
    lifetime = min(lifetime, LONGEST)
    expires_at = clock.now() + lifetime
    token = links.issue(
        session, purpose=PURPOSE, client_id=invoice.client_id, subject_id=invoice_id, lifetime=lifetime
    )
    return Sent(token, expires_at)


def known(engine: Engine, token: str) -> uuid.UUID | None:
    """The link that a token is of, while it can be used."""
    link = links.find(engine, PURPOSE, token)
    return None if link is None else link.link_id


def show_link(engine: Engine, token: str) -> Shown:
    """What is due by now. Looking uses nothing up. Raises LinkUnusable."""
    link = _live(engine, token)
    with open_desk(engine, _bearer(link)) as desk, desk.transaction() as session:
        row = found(session, LinkToken, link.link_id, "link")
        invoice = found(session, Invoice, present(row.subject_id), "invoice")
        due = invoice_open_minor(session, invoice.id) - pending_on_invoice(session, invoice.id)
        return Shown(invoice.currency, max(due, 0), row.expires_at)


def pay_by_link(engine: Engine, processor: Processor, token: str, payment_token: str) -> Paid:
    """Pay all that is due by card. Of two at once one pays, the other finds the link used.

    Raises LinkUnusable, MoreThanDue, InvoiceVoided.
    """
    link = _live(engine, token)
    with open_desk(engine, _bearer(link)) as desk:
        with desk.transaction() as session:
            invoice = found(
                session, Invoice, present(links.consume(session, link.link_id).subject_id), "invoice"
            )
            drawer = virtual_session(session, invoice.location_id, DrawerKind.ONLINE)
            request = PaymentIn(
                location_id=invoice.location_id, drawer_session_id=drawer.id, tender=Tender.CARD,
                currency=invoice.currency, invoice_id=invoice.id, payment_token=payment_token, tips=[],
            )  # fmt: skip
            key = f"medspa_link_{secrets.token_hex(16)}"
            attempt = begin_card_payment(session, desk.actor, request, key)
            call = attempts.charge_request(session, attempt, payment_token)
        result = attempts.call(processor, attempt, call)
        with desk.transaction() as session:
            attempts.resolve(session, attempt.id, result, None)
            return _ended(session, link, present(attempt.payment_id))


def _ended(session: Session, link: LinkFound, payment_id: uuid.UUID) -> Paid:
    payment = found(session, Payment, payment_id, "payment")
    if payment.status is PaymentStatus.DECLINED:
        # Nothing moved: another card may be tried, until too many were.
        row = found(session, LinkToken, link.link_id, "link", lock=True)
        declined = session.scalar(
            select(func.count()).where(
                Payment.invoice_id == row.subject_id,
                Payment.status == PaymentStatus.DECLINED,
                Payment.created_at >= row.created_at,
                Payment.taken_by.is_(None),
            )
        )
        row.consumed_at = None
        if (declined or 0) >= MAX_DECLINES:
            row.revoked_at = clock.now()
        session.flush()
    return Paid(payment.id, payment.location_id, payment.status, payment.currency, payment.amount_minor)


def _live(engine: Engine, token: str) -> LinkFound:
    link = links.find(engine, PURPOSE, token)
    if link is None:
        raise LinkUnusable
    return link


def _bearer(link: LinkFound) -> Actor:
    """Whoever holds the link: may pay, and do nothing else."""
    return Actor(
        org_id=link.org_id,
        kind=ActorKind.CLIENT,
        id=link.link_id,
        staff_id=None,
        origin="link:payment",
        permissions={EVERYWHERE: frozenset({Permission.PAYMENT_TAKE})},
    )
