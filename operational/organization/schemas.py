"""What the organization's set-up endpoints take and answer."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import date
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from operational.schemas import Code, CurrencyCode, Money, Sent, Shown
from operational.text import Line

MINUTES_OF_TWO_DAYS = 1800
"""Closing times may reach into the next day, until 06:00."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("Write an IANA time zone such as America/Chicago.")
    return value


Timezone = Annotated[str, Field(max_length=60), AfterValidator(_known_zone)]
StateCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["NY"])]
ShortCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,20}$", examples=["DOWNTOWN"])]


class OrganizationView(Shown):
    org_id: uuid.UUID
    name: str
    slug: str
    version: int


class OrganizationChange(Sent):
    name: Line


class LegalEntityCreate(Sent):
    name: Line
    currency: CurrencyCode
    tax_number: Line | None = None


class LegalEntityChange(Sent):
    """The currency stays: the books are kept in it."""

    name: Line | None = None
    tax_number: Line | None = None


class LegalEntityView(Shown):
    id: uuid.UUID
    name: str
    currency: str
    tax_number: str | None
    version: int


class LocationRules(Sent):
    notice_minutes: int = Field(
        1440, ge=0, le=60 * 24 * 60, description="Cancelling later than this before the start is late."
    )
    gift_card_expires_years: int | None = Field(
        None,
        ge=5,
        le=50,
        description="Years after which a gift card that nobody loaded since expires, not before the law of"
        " the location's state lets it; null: never.",
    )
    gift_card_breakage_ppm: int = Field(
        0, ge=0, le=500_000, description="Part of gift card value expected never to be used, in millionths."
    )
    no_show_fee_minor: Money = 0
    late_cancel_fee_minor: Money = 0
    cash_step_minor: int = Field(1, ge=1, le=1_000, description="5: cash is rounded to five cents.")
    invoice_due_days: int = Field(30, ge=0, le=365)


class LocationCreate(LocationRules):
    """The currency is the legal entity's."""

    legal_entity_id: uuid.UUID
    name: Line
    code: ShortCode
    timezone: Timezone
    state: StateCode
    cutover_hour: int = Field(
        3, ge=0, le=12, description="Until this local hour, work belongs to the day before."
    )


class LocationChange(Sent):
    """Time zone, cut-over and legal entity stay: business dates and books were written with them."""

    name: Line | None = None
    notice_minutes: int | None = Field(None, ge=0, le=60 * 24 * 60)
    gift_card_expires_years: int | None = Field(None, ge=5, le=50)
    gift_card_breakage_ppm: int | None = Field(None, ge=0, le=500_000)
    no_show_fee_minor: Money | None = None
    late_cancel_fee_minor: Money | None = None
    cash_step_minor: int | None = Field(None, ge=1, le=1_000)
    invoice_due_days: int | None = Field(None, ge=0, le=365)
    active: bool | None = None


class LocationView(Shown):
    id: uuid.UUID
    legal_entity_id: uuid.UUID
    name: str
    code: str
    timezone: str
    currency: str
    state: str
    cutover_hour: int
    notice_minutes: int
    gift_card_expires_years: int | None
    gift_card_breakage_ppm: int
    no_show_fee_minor: int
    late_cancel_fee_minor: int
    cash_step_minor: int
    invoice_due_days: int
    active: bool
    version: int


class OpeningHours(Sent):
    """Local minutes of the day; `closes_minute` past 1440 reaches into the next day."""

    weekday: int = Field(ge=0, le=6, description="0 is Monday.")
    opens_minute: int = Field(ge=0, lt=1440)
    closes_minute: int = Field(gt=0, le=MINUTES_OF_TWO_DAYS)

    @model_validator(mode="after")
    def _in_order(self) -> OpeningHours:
        if self.opens_minute >= self.closes_minute:
            raise ValueError("opens_minute must be before closes_minute.")
        return self


class HoursSet(Sent):
    hours: list[OpeningHours] = Field(max_length=28)


class HoursView(Shown):
    location_id: uuid.UUID
    hours: list[OpeningHours]
    version: int


class JurisdictionCreate(Sent):
    name: Line = Field(examples=["New York State"])


class JurisdictionView(Shown):
    id: uuid.UUID
    location_id: uuid.UUID
    name: str


class TaxRateCreate(Sent):
    tax_class: Code = Field(examples=["service", "retail"])
    rate_ppm: int = Field(ge=0, le=1_000_000, description="Parts per million: 88750 is 8.875 %.")
    valid_from: date


class TaxRateView(Shown):
    id: uuid.UUID
    jurisdiction_id: uuid.UUID
    tax_class: str
    rate_ppm: int
    valid_from: date


class MerchantAccountCreate(Sent):
    legal_entity_id: uuid.UUID
    name: Line
    processor: Code = "inprocess"
    processor_account: Line | None = Field(
        default=None,
        examples=["acct_1NQ8f2"],
        description="What the processor calls it (`acct_…`), or `own`: the account of the processor's key"
        " itself. Each is known once. The in-process processor needs none.",
    )
    reports_from: date | None = Field(
        default=None,
        description="The business date with which the processor's report begins here; today if left out."
        " What it owes when that day begins is told by `POST /v1/merchant-accounts/{id}/opening`.",
    )


class MerchantAccountChange(Sent):
    """Until the account took a payment or a line of its report was read."""

    processor_account: Line


class MerchantAccountView(Shown):
    id: uuid.UUID
    legal_entity_id: uuid.UUID
    name: str
    processor: str
    processor_account: str
    reports_from: date
    opening_minor: int | None = Field(description="What it owed when that day began; null: unsaid.")
