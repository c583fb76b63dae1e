"""What the endpoints of packages take and answer."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from medspa.kernel.vocabulary import CreditReason
from operational.privacy.schemas import PhiSchema
from operational.schemas import Code, Money, Sent, Shown
from operational.text import Line

Breakage = Annotated[
    int, Field(ge=0, le=500_000, description="Part expected never to be used, in millionths.")
]
Price = Annotated[int, Field(ge=1, le=100_000_000, description="Minor units (cents), above zero.")]
Quantity = Annotated[
    int, Field(ge=1, le=10_000_000, description="Thousandths: 1000 is a session, or a unit of the product.")
]


class ItemIn(Sent):
    """Sessions of a service; of one billed by unit, units of a product."""

    service_id: uuid.UUID
    product_id: uuid.UUID | None = None
    quantity_milli: Quantity


class PackagePlanCreate(Sent):
    name: Line
    price_minor: Price
    tax_class: Code = Field("none", description="`none`: taxed when a session is used, not when sold.")
    expires_after_days: int | None = Field(None, ge=1, le=3650)
    breakage_ppm: Breakage = 0
    active: bool = True
    items: list[ItemIn] = Field(min_length=1, max_length=50)


class PackagePlanChange(Sent):
    """Applies to packages sold from now on."""

    name: Line | None = None
    price_minor: Price | None = None
    expires_after_days: int | None = Field(None, ge=1, le=3650)
    breakage_ppm: Breakage | None = None
    active: bool | None = None


class ItemView(Shown):
    service_id: uuid.UUID
    product_id: uuid.UUID | None
    quantity_milli: int


class PackagePlanView(Shown):
    id: uuid.UUID
    name: str
    price_minor: int
    tax_class: str
    expires_after_days: int | None
    breakage_ppm: int
    active: bool
    version: int
    items: list[ItemView]


class EntitlementView(PhiSchema):
    """`remaining_minor`: what is still deferred for it."""

    id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    package_id: uuid.UUID | None
    membership_id: uuid.UUID | None
    service_id: uuid.UUID
    product_id: uuid.UUID | None
    quantity_milli: int
    remaining_milli: int
    value_minor: int
    remaining_minor: int
    granted_on: date
    expires_on: date | None


class PackageView(PhiSchema):
    id: uuid.UUID
    client_id: uuid.UUID
    location_id: uuid.UUID
    package_plan_id: uuid.UUID | None
    currency: str
    sold_on: date
    price_minor: int
    expires_on: date | None
    balance_minor: int
    entitlements: list[EntitlementView]


class UseReturned(BaseModel):
    """What is left of the entitlement; one that had expired lasts as long again as when it was used."""

    entitlement_id: uuid.UUID
    remaining_milli: int
    remaining_minor: int
    expires_on: date | None


class RefundIn(Sent):
    """What is left goes back, less a fee, plus goodwill.

    `reprice_used`: what was used is charged at its list price of the day of sale.
    """

    reason: CreditReason
    reprice_used: bool = False
    cancellation_fee_minor: Money = 0
    goodwill_minor: Money = 0
