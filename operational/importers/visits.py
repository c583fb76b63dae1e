"""A transaction's services as a visit that took place, with a treatment record for what the mapping says.

It claims no time and passed no gate here: it took place elsewhere. Times of day are often unknown, so items
follow each other by the half hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from medspa.kernel.vocabulary import (
    AppointmentEvent,
    AppointmentStatus,
    NoteStatus,
    TreatmentSource,
    VisitSource,
)
from operational.importers.catalogue import Catalogue
from operational.importers.rows import Rows
from operational.importers.store import Place
from operational.importers.vagaro.records import Sale, Sold
from operational.models import Appointment, AppointmentHistory, AppointmentItem, TreatmentRecord

_ITEM_MINUTES = 30
_MOST_MINUTES = 1_380
"""A visit ends within a day of its beginning."""


@dataclass(slots=True)
class Visit:
    """A visit and, by digest of the row, its item and treatment record."""

    id: UUID
    of: dict[str, tuple[UUID, UUID | None]] = field(default_factory=dict)


class Visits:
    def __init__(self, place: Place, catalogue: Catalogue, rows: Rows) -> None:
        self._place = place
        self._catalogue = catalogue
        self._rows = rows

    def take(self, client_id: UUID, paid_on: dt.date, lines: Sequence[Sale]) -> Visit | None:
        """The visit of a transaction's services; None when it has none."""
        services = [one for one in lines if one.sold is Sold.SERVICE]
        if not services:
            return None
        rows, place = self._rows, self._place
        day, starts_at = self._when(paid_on, services[0])
        step = dt.timedelta(minutes=min(_ITEM_MINUTES, max(_MOST_MINUTES // len(services), 1)))
        ends_at = starts_at + step * len(services)
        visit = Visit(
            rows.add(
                Appointment, client_id=client_id, location_id=place.id, starts_at=starts_at,
                ends_at=ends_at, business_date=day, status=AppointmentStatus.COMPLETED.value,
                source=VisitSource.IMPORT.value, booked_at=starts_at,
                arrived_at=starts_at, completed_at=ends_at,
            )
        )  # fmt: skip
        rows.add(
            AppointmentHistory, appointment_id=visit.id, location_id=place.id,
            event=AppointmentEvent.COMPLETED.value, happened_at=ends_at, business_date=day,
            scheduled_start=starts_at,
        )  # fmt: skip
        for position, line in enumerate(services, start=1):
            begins = starts_at + step * (position - 1)
            provider = self._catalogue.provider(line.sold_by)
            item = rows.add(
                AppointmentItem, appointment_id=visit.id, position=position,
                service_id=self._catalogue.service(line.item), provider_id=provider,
                starts_at=begins, provider_ends_at=begins + step,
                ends_at=begins + step, performed=True,
            )  # fmt: skip
            visit.of[line.fingerprint] = (item, self._record(client_id, item, provider, begins, day, line))
        return visit

    def _when(self, paid_on: dt.date, line: Sale) -> tuple[dt.date, dt.datetime]:
        """The appointment's day where the file has one; a later one than the payment has not been yet."""
        if line.visit_day is not None:
            day = self._place.business_day(line.visit_day, line.visit_time)
            if day <= self._place.last_day:
                return day, self._place.instant(line.visit_day, line.visit_time)
        return paid_on, self._place.instant(line.day, line.time)

    def _record(
        self, client_id: UUID, item: UUID, provider: UUID, at: dt.datetime, day: dt.date, line: Sale
    ) -> UUID | None:
        treatment = self._catalogue.treatment(line.item)
        if treatment.intent is None:
            return None
        return self._rows.add(
            TreatmentRecord, client_id=client_id, appointment_item_id=item, location_id=self._place.id,
            provider_id=provider, category_id=self._catalogue.category(treatment.category),
            product_id=self._catalogue.product_of(treatment), intent=treatment.intent.value,
            source=TreatmentSource.IMPORTED.value, area=treatment.area, performed_at=at,
            business_date=day, status=NoteStatus.SIGNED.value, signed_at=at,
        )  # fmt: skip
