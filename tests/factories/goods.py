"""Rows of the catalogue for tests: a product, a service."""

from __future__ import annotations

import uuid

from medspa.kernel.vocabulary import UnitKind
from operational.models.catalogue import Product, Service


def product_row(org: uuid.UUID, category: uuid.UUID) -> Product:
    return Product(
        org_id=org,
        category_id=category,
        name="Botulinum A",
        unit=UnitKind.UNIT,
        price_minor=1_400,
        is_retail=False,
        tax_class="service",
        cycle_days=90,
        contact_from_days=84,
        contact_until_days=120,
        earliest_days=90,
        active=True,
    )


def service_row(
    org: uuid.UUID, category: uuid.UUID, name: str, *, billed_by_unit: bool, price_minor: int
) -> Service:
    return Service(
        org_id=org,
        category_id=category,
        name=name,
        provider_minutes=30,
        processing_minutes=0,
        finishing_minutes=0,
        buffer_before_minutes=0,
        buffer_after_minutes=0,
        price_minor=price_minor,
        billed_by_unit=billed_by_unit,
        tax_class="service",
        deposit_minor=0,
        needs_treatment_record=billed_by_unit,
        needs_exam=False,
        active=True,
    )
