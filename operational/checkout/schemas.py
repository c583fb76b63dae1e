"""Requests of checkout. What POSTs answer is in answer_schemas.py, what GETs show in views.py."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from medspa.kernel.vocabulary import (
    CreditReason,
    DiscountReason,
    QuantityReason,
    Tender,
)
from operational.schemas import Sent

MAX_MINOR = 100_000_000
"""A million in a currency of cents: above it, somebody mistyped."""
MAX_LINES = 100

MinorIn = Annotated[int, Field(strict=True, ge=1, le=MAX_MINOR, description="Minor units, above zero.")]
MilliIn = Annotated[int, Field(strict=True, ge=1, le=10_000_000, description="Thousandths of a unit.")]
CurrencyIn = Annotated[
    str, StringConstraints(pattern="^[A-Z]{3}$"), Field(description="ISO 4217, the location's currency.")
]
Token = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z0-9_-]{4,200}$"),
    Field(description="Made by the processor's form in the browser. Never a card number."),
]
GiftCode = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z0-9-]{8,40}$"),
    Field(description="The code printed on the card; it is not stored."),
]


class Body(Sent):
    """What is sent to checkout."""


class DiscountIn(Body):
    """An amount or a share of the list price, with its reason. Needs `discount.apply`."""

    reason: DiscountReason
    amount_minor: MinorIn | None = None
    percent_ppm: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.amount_minor is None) == (self.percent_ppm is None):
            raise ValueError("send either amount_minor or percent_ppm")
        return self


class ServiceLineIn(Body):
    """A performed item of the visit; by unit, one of its treatment records or (none named) all."""

    appointment_item_id: uuid.UUID
    treatment_record_id: uuid.UUID | None = None
    quantity_milli: MilliIn | None = None
    quantity_reason: QuantityReason | None = None
    discount: DiscountIn | None = None
    entitlement_id: uuid.UUID | None = None
    """The package session, prepaid units or membership credit that it is taken from."""


class RetailLineIn(Body):
    product_id: uuid.UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    provider_id: uuid.UUID | None = None
    discount: DiscountIn | None = None


class GiftCardLineIn(Body):
    """A card sold: its value is its price. Spendable once the invoice is paid."""

    code: GiftCode
    value_minor: MinorIn


class PackageLineIn(Body):
    """A package sold at its plan's price."""

    package_plan_id: uuid.UUID
    discount: DiscountIn | None = None


class InvoiceIn(Body):
    """Without `services`, every performed item of the appointment that is not invoiced yet."""

    location_id: uuid.UUID
    client_id: uuid.UUID
    currency: CurrencyIn
    appointment_id: uuid.UUID | None = None
    services: Annotated[list[ServiceLineIn], Field(max_length=MAX_LINES)] | None = None
    retail: Annotated[list[RetailLineIn], Field(max_length=MAX_LINES, default_factory=list)]
    gift_cards: Annotated[list[GiftCardLineIn], Field(max_length=MAX_LINES, default_factory=list)]
    packages: Annotated[list[PackageLineIn], Field(max_length=20, default_factory=list)]
    due_on: date | None = None

    @model_validator(mode="after")
    def _has_lines(self) -> Self:
        if self.services and self.appointment_id is None:
            raise ValueError("services need the appointment_id they were performed in")
        if self.appointment_id is None and not self.retail and not self.gift_cards and not self.packages:
            raise ValueError("send an appointment_id, retail lines, gift cards or packages")
        return self


class TipIn(Body):
    provider_id: uuid.UUID
    amount_minor: MinorIn


class PaymentIn(Body):
    """One tender. With `invoice_id` it pays that invoice, else it is a deposit of `client_id`.

    `amount_minor` is what it settles, without tips; left out, all that is due.
    """

    location_id: uuid.UUID
    drawer_session_id: uuid.UUID
    tender: Literal[Tender.CASH, Tender.CHECK, Tender.CARD, Tender.THIRD_PARTY]
    currency: CurrencyIn
    invoice_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    appointment_id: uuid.UUID | None = None
    amount_minor: MinorIn | None = None
    tips: Annotated[list[TipIn], Field(max_length=20, default_factory=list)]
    tendered_minor: MinorIn | None = None
    check_number: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z-]{1,12}$")] | None = None
    payment_token: Token | None = None
    programme_id: uuid.UUID | None = None
    """The third party that pays, for an invoice only."""
    excess: Literal["refuse", "account_credit"] = "refuse"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.invoice_id is None) == (self.client_id is None):
            raise ValueError("send invoice_id (a payment) or client_id (a deposit)")
        if self.invoice_id is None and (self.amount_minor is None or self.tips):
            raise ValueError("a deposit needs amount_minor and takes no tips")
        if self.appointment_id is not None and self.invoice_id is not None:
            raise ValueError("appointment_id belongs to a deposit")
        if len({tip.provider_id for tip in self.tips}) != len(self.tips):
            raise ValueError("name each provider of a tip once")
        return self._tender_fields()

    def _tender_fields(self) -> Self:
        needed = {
            Tender.CASH: "tendered_minor", Tender.CHECK: "check_number", Tender.CARD: "payment_token",
            Tender.THIRD_PARTY: "programme_id",
        }  # fmt: skip
        for tender, name in needed.items():
            if (getattr(self, name) is not None) != (tender is self.tender):
                raise ValueError(f"{name} goes with the tender {tender.value}, and only with it")
        exact = self.invoice_id is not None and not self.tips and self.excess == "refuse"
        if self.tender is Tender.THIRD_PARTY and not exact:
            raise ValueError("a third party pays what is due on an invoice, without tips")
        if self.excess == "account_credit" and self.tender is Tender.CASH:
            raise ValueError("cash above what is due is change, not account credit")
        return self


class ApplicationIn(Body):
    """A balance used on an invoice. `amount_minor` left out: as much as there is and is due."""

    currency: CurrencyIn
    source: Literal["deposit", "account_credit", "gift_card"]
    gift_card_code: GiftCode | None = None
    amount_minor: MinorIn | None = None
    payer: bool = Field(
        False,
        description="From the balance of who pays for the client's household; needs `payment.household`.",
    )

    @model_validator(mode="after")
    def _code(self) -> Self:
        if self.payer and self.source == "gift_card":
            raise ValueError("a gift card is used by its code; leave payer out")
        if (self.gift_card_code is not None) != (self.source == "gift_card"):
            raise ValueError("gift_card_code goes with the source gift_card, and only with it")
        return self


class CreditLineIn(Body):
    """`net_minor` left out: all that remains of the line. Its tax follows in proportion."""

    invoice_line_id: uuid.UUID
    net_minor: MinorIn | None = None


class CreditMemoIn(Body):
    reason: CreditReason
    lines: Annotated[list[CreditLineIn], Field(min_length=1, max_length=MAX_LINES)]


class PayoutIn(Body):
    """Money back: of a credit memo or a deposit, to the tender of one payment, or kept as account credit.

    Cash needs the drawer session it comes out of. A tip goes back only when `tip_minor` asks for it. What a
    gift card paid may be put back on it with `to_gift_card_id`.
    """

    currency: CurrencyIn
    credit_memo_id: uuid.UUID | None = None
    payment_id: uuid.UUID | None = None
    to_account_credit: bool = False
    to_gift_card_id: uuid.UUID | None = None
    amount_minor: MinorIn | None = None
    tip_minor: MinorIn | None = None
    drawer_session_id: uuid.UUID | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.to_account_credit and self.to_gift_card_id is not None:
            raise ValueError("send to_account_credit or to_gift_card_id")
        if self.to_account_credit or self.to_gift_card_id is not None:
            if self.payment_id is not None or self.credit_memo_id is None or self.tip_minor:
                raise ValueError("what is kept needs a credit_memo_id, no payment_id and no tip")
        elif self.payment_id is None:
            raise ValueError("send the payment_id whose tender the money goes back to")
        if self.amount_minor is None and self.tip_minor is None:
            raise ValueError("send amount_minor, tip_minor or both")
        return self
