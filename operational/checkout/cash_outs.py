"""Balances paid out in cash: a gift card or account credit (metrics, section 7: row 17).

Where a state wants small balances paid on demand, and where a client leaves. Refunds are in payouts.py.
"""

from __future__ import annotations

import uuid
from typing import Literal, Self

from pydantic import model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.money import round_cash
from medspa.kernel.vocabulary import (
    Account,
    AllocationSource,
    LedgerEvent,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.checkout.apply import ACCOUNT, Balance, hold_client, owed_by_location
from operational.checkout.drafts import code_digest
from operational.checkout.errors import BalanceTooLow, GiftCardNotUsable
from operational.checkout.queries import found, location_with, open_drawer_session
from operational.checkout.schemas import Body, CurrencyIn, GiftCode, MinorIn
from operational.identity.access import Actor
from operational.ledger.balances import invoice_open_minor, lock_gift_card
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, across_locations, post
from operational.models import DrawerSession, GiftCard, InvoiceLine, Payout, Posting


class CashOutIn(Body):
    """A balance of a client's or of a card's, paid out of a drawer. Without an amount: all of it."""

    drawer_session_id: uuid.UUID
    currency: CurrencyIn
    source: Literal["gift_card", "account_credit"]
    client_id: uuid.UUID | None = None
    gift_card_code: GiftCode | None = None
    amount_minor: MinorIn | None = None

    @model_validator(mode="after")
    def _whose(self) -> Self:
        of_card = self.source == "gift_card"
        if (self.gift_card_code is not None) != of_card or (self.client_id is None) != of_card:
            raise ValueError("a gift card is named by gift_card_code, account credit by client_id")
        return self


def cash_out(session: Session, actor: Actor, request: CashOutIn) -> Payout:
    """Pay a balance out in cash. Of two desks that pay one out, the second finds what the first left.

    Raises Forbidden, NotFound, DrawerNotOpen, WrongCurrency, GiftCardNotUsable, BalanceTooLow.
    """
    drawer = found(session, DrawerSession, request.drawer_session_id, "drawer session")
    actor.require(Permission.PAYMENT_REFUND, drawer.location_id)
    location = location_with(session, drawer.location_id, request.currency)
    card = _hold_card(session, request) if request.gift_card_code is not None else None
    balance = hold(session, request, card)
    open_drawer_session(session, drawer.id, location.id, Tender.CASH)
    amount = balance.total_minor if request.amount_minor is None else request.amount_minor
    if amount <= 0 or amount > balance.total_minor:
        raise BalanceTooLow("Send at most what the balance holds.", {"balance_minor": balance.total_minor})
    paid = round_cash(amount, location.cash_step_minor)
    if paid <= 0:
        raise Invalid("The amount is below the smallest coin.")
    payout = Payout(
        org_id=actor.org_id, client_id=card.purchaser_id if card else request.client_id,
        location_id=location.id, gift_card_id=card.id if card else None, cashes_out=True,
        drawer_session_id=drawer.id, tender=Tender.CASH, status=PaymentStatus.SUCCEEDED,
        currency=location.currency, amount_minor=paid, tip_minor=0, rounding_minor=paid - amount,
        business_date=open_business_date(session, location.id), succeeded_at=clock.now(),
        paid_by=actor.staff_id,
    )  # fmt: skip
    session.add(payout)
    session.flush()
    post(
        session,
        event=LedgerEvent.BALANCE_CASHED_OUT,
        source_kind="payout",
        source_id=payout.id,
        lines=across_locations(
            [
                *_spent(balance, amount, location.id),
                Line(Account.CASH_ROUNDING, paid - amount, location.id),
                Line(Account.CASH_DRAWER, -paid, location.id),
            ]
        ),
        staff_id=actor.staff_id,
    )
    return payout


def hold(session: Session, request: CashOutIn, card: GiftCard | None) -> Balance:
    """The balance, held by its parent's row until the transaction ends."""
    if card is None:
        return hold_client(session, request.client_id or uuid.UUID(int=0), AllocationSource.ACCOUNT_CREDIT)
    lock_gift_card(session, card.id)
    held = owed_by_location(session, Posting.gift_card_id == card.id, Account.GIFT_CARDS)
    return Balance(AllocationSource.GIFT_CARD, held, gift_card_id=card.id)


def _hold_card(session: Session, request: CashOutIn) -> GiftCard:
    digest = code_digest(organization_of(session), request.gift_card_code or "")
    card = session.scalar(select(GiftCard).where(GiftCard.code_digest == digest))
    if card is None:
        raise NotFound("There is no gift card with this code.")
    if card.currency != request.currency:
        raise GiftCardNotUsable(f"This gift card is in {card.currency}.")
    sale_id = session.scalar(select(InvoiceLine.invoice_id).where(InvoiceLine.gift_card_id == card.id))
    if sale_id is not None and invoice_open_minor(session, sale_id) > 0:
        raise GiftCardNotUsable("This gift card has not been paid for yet.")
    return card


def _spent(balance: Balance, amount: int, here: uuid.UUID) -> list[Line]:
    """What is held here first, then what other locations hold."""
    lines, left = [], amount
    for place in sorted(balance.by_location, key=lambda one: (one != here, one)):
        part = min(left, balance.by_location[place])
        left -= part
        if part:
            lines.append(
                Line(
                    ACCOUNT[balance.source], part, place,
                    client_id=balance.client_id, gift_card_id=balance.gift_card_id,
                )
            )  # fmt: skip
    return lines
