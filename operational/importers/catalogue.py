"""What history names and the organization lacks: services, articles, providers. All inactive."""

from __future__ import annotations

import hashlib
from uuid import UUID

from medspa.kernel.vocabulary import UnitKind
from operational.importers.mapping import ServiceMapping, Treatment
from operational.importers.rows import Rows
from operational.importers.store import HISTORY_TAX, Known
from operational.models import Product, Service, StaffMember, TaxJurisdiction

NOBODY = "Imported history"
"""The provider of what names none."""
_RETAIL = "skincare"


class Catalogue:
    """Finds what a row names, and makes it once where it is missing."""

    def __init__(self, org_id: UUID, known: Known, mapping: ServiceMapping, rows: Rows) -> None:
        self._org_id = org_id
        self._known = known
        self._mapping = mapping
        self._rows = rows

    def treatment(self, service: str) -> Treatment:
        return self._mapping.services[service]

    def category(self, code: str) -> UUID:
        return self._known.categories[code]

    def service(self, name: str) -> UUID:
        if name not in self._known.services:
            self._known.services[name] = self._rows.add(
                Service,
                category_id=self.category(self.treatment(name).category),
                name=name,
                provider_minutes=30,
                processing_minutes=0,
                finishing_minutes=0,
                buffer_before_minutes=0,
                buffer_after_minutes=0,
                price_minor=0,
                billed_by_unit=False,
                tax_class="none",
                deposit_minor=0,
                needs_treatment_record=False,
                needs_exam=False,
                active=False,
            )
        return self._known.services[name]

    def product_of(self, treatment: Treatment) -> UUID | None:
        return self._known.products[treatment.product] if treatment.product else None

    def article(self, name: str) -> UUID:
        if name not in self._known.products:
            self._known.products[name] = self._rows.add(
                Product,
                category_id=self.category(_RETAIL),
                name=name,
                unit=UnitKind.EACH.value,
                price_minor=0,
                is_retail=True,
                tax_class="none",
                active=False,
            )
        return self._known.products[name]

    def retail_category(self) -> UUID:
        return self.category(_RETAIL)

    def provider(self, label: str) -> UUID:
        """Who sold it. Somebody unknown becomes a staff member who cannot sign in and holds no role."""
        wanted = (label or NOBODY).lower()
        if wanted not in self._known.staff:
            digest = hashlib.sha256(f"{self._org_id}:{wanted}".encode()).hexdigest()
            self._known.staff[wanted] = self._rows.add(
                StaffMember,
                # An address would be an identifier where only labels may be.
                label=(label or NOBODY).replace("@", " "),
                email=f"{digest[:16]}@imported.invalid",
                email_digest=hashlib.sha256(f"{digest}@imported.invalid".encode()).hexdigest(),
                is_provider=True,
                active=False,
            )
        return self._known.staff[wanted]

    def jurisdiction(self) -> UUID:
        if self._known.jurisdiction_id is None:
            self._known.jurisdiction_id = self._rows.add(
                TaxJurisdiction, location_id=self._known.place.id, name=HISTORY_TAX
            )
        return self._known.jurisdiction_id
