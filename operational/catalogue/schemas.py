"""What the catalogue's endpoints take and answer."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field, model_validator

from medspa.kernel.vocabulary import ResourceKind, UnitKind
from operational.schemas import Code, Days, Money, Sent, Shown
from operational.text import Line

Minutes = Annotated[int, Field(ge=0, le=720)]
CycleDays = Annotated[int, Field(ge=1, le=3650)]


class Cycle(Sent):
    """Days after a full treatment. A product's own cycle precedes its category's."""

    cycle_days: CycleDays | None = None
    contact_from_days: Days | None = Field(None, description="From then on the client may be written to.")
    contact_until_days: Days | None = None
    earliest_days: Days | None = Field(None, description="From then on the treatment may be repeated.")

    @model_validator(mode="after")
    def _in_order(self) -> Cycle:
        first, last = self.contact_from_days, self.contact_until_days
        if first is not None and last is not None and first > last:
            raise ValueError("contact_from_days must not be after contact_until_days.")
        return self


class CycleShown(Shown):
    cycle_days: int | None
    contact_from_days: int | None
    contact_until_days: int | None
    earliest_days: int | None


class CategoryCreate(Cycle):
    code: Code
    name: Line


class CategoryChange(Cycle):
    """The code stays: definitions refer to it."""

    name: Line | None = None


class CategoryView(CycleShown):
    id: uuid.UUID
    code: str
    name: str
    version: int


class ProductCreate(Cycle):
    category_id: uuid.UUID | None = None
    name: Line
    unit: UnitKind
    price_minor: Money = Field(description="Per unit, in the currency of the location that sells it.")
    is_retail: bool = False
    tax_class: Code = "service"
    active: bool = True


class ProductChange(Cycle):
    """The unit stays: quantities were charted in it."""

    category_id: uuid.UUID | None = None
    name: Line | None = None
    price_minor: Money | None = None
    is_retail: bool | None = None
    tax_class: Code | None = None
    active: bool | None = None


class ProductView(CycleShown):
    id: uuid.UUID
    category_id: uuid.UUID | None
    name: str
    unit: UnitKind
    price_minor: int
    is_retail: bool
    tax_class: str
    active: bool
    version: int


class ResourceNeed(Sent):
    """One room or device of this kind with this tag, for the whole service."""

    kind: ResourceKind
    tag: Code = Field(examples=["injection", "laser"])


class ServiceCreate(Sent):
    category_id: uuid.UUID
    name: Line
    provider_minutes: int = Field(ge=1, le=720)
    processing_minutes: Minutes = Field(0, description="The client is busy, the provider is free.")
    finishing_minutes: Minutes = 0
    buffer_before_minutes: Minutes = 0
    buffer_after_minutes: Minutes = 0
    price_minor: Money = Field(description="Per visit; 0 when billed by unit.")
    billed_by_unit: bool = Field(False, description="Quantity and product come from the chart.")
    tax_class: Code = "service"
    deposit_minor: Money = 0
    needs_treatment_record: bool = False
    needs_exam: bool = False
    consent_template_id: uuid.UUID | None = None
    needs: list[ResourceNeed] = Field(default_factory=list, max_length=10)
    active: bool = True

    @model_validator(mode="after")
    def _priced_once(self) -> ServiceCreate:
        if self.billed_by_unit and self.price_minor:
            raise ValueError("A service billed by unit has the price_minor 0: the product's price counts.")
        return self


class ServiceChange(Sent):
    """Applies to bookings and invoices made from now on."""

    name: Line | None = None
    provider_minutes: int | None = Field(None, ge=1, le=720)
    processing_minutes: Minutes | None = None
    finishing_minutes: Minutes | None = None
    buffer_before_minutes: Minutes | None = None
    buffer_after_minutes: Minutes | None = None
    price_minor: Money | None = None
    tax_class: Code | None = None
    deposit_minor: Money | None = None
    needs_treatment_record: bool | None = None
    needs_exam: bool | None = None
    consent_template_id: uuid.UUID | None = None
    needs: list[ResourceNeed] | None = Field(None, max_length=10)
    active: bool | None = None


class ServiceView(Shown):
    id: uuid.UUID
    category_id: uuid.UUID
    name: str
    provider_minutes: int
    processing_minutes: int
    finishing_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    price_minor: int
    billed_by_unit: bool
    tax_class: str
    deposit_minor: int
    needs_treatment_record: bool
    needs_exam: bool
    consent_template_id: uuid.UUID | None
    active: bool
    version: int
    needs: list[ResourceNeed]


class ResourceCreate(Sent):
    location_id: uuid.UUID
    kind: ResourceKind
    name: Line
    tag: Code
    active: bool = True


class ResourceChange(Sent):
    """Kind and location stay: what is booked relies on them."""

    name: Line | None = None
    tag: Code | None = None
    active: bool | None = None


class ResourceView(Shown):
    id: uuid.UUID
    location_id: uuid.UUID
    kind: ResourceKind
    name: str
    tag: str
    active: bool
    version: int


class DefaultsLoaded(Shown):
    """What was added. What was there before is left as it is."""

    categories_added: int
    products_added: int
