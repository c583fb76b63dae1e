"""A small practice as the warehouse sees it: reference rows, visits, treatments, closed days.

Ids are made by a seeded generator, so that a failing example can be run again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from medspa.kernel.vocabulary import Account
from tests.factories.raw import Row
from tests.factories.raw_figures import day_figures
from tests.factories.raw_outside import RawOutside

ACCOUNT_KINDS = {
    "1": "asset",
    "2": "liability",
    "3": "equity",
    "4": "revenue",
    "5": "expense",
    "6": "expense",
}


class RawPractice(RawOutside):
    """One organization with two locations. Methods put rows; call them inside `with store.batch()`."""

    def open(self) -> RawPractice:
        """The reference rows."""
        self.put("organization", name="Practice", slug=f"practice-{self.org.hex[:8]}", version=1)
        for account in Account:
            self.store.put(
                "ledger_account",
                code=account.value,
                name=account.name.title(),
                kind=ACCOUNT_KINDS[account.value[0]],
                required_key="none",
                may_go_negative=True,
            )
        self.entity = self.put("legal_entity", name="Entity", currency="USD")["id"]
        self.locations = [self._location(code) for code in ("A", "B")]
        self.provider = self.put("staff_member", label="Provider 1", is_provider=True, active=True)["id"]
        self.category = self.put(
            "treatment_category",
            code="neurotoxin",
            name="Neurotoxin",
            cycle_days=90,
            contact_from_days=84,
            contact_until_days=120,
            earliest_days=90,
        )["id"]
        self.filler = self.put(
            "treatment_category",
            code="ha_filler",
            name="Filler",
            cycle_days=270,
            contact_from_days=240,
            contact_until_days=360,
            earliest_days=180,
        )["id"]
        self.product = self._product("Short")
        self.slow_product = self._product(
            "Slow", cycle_days=165, contact_from_days=150, contact_until_days=180
        )
        self.service = self.put(
            "service",
            category_id=self.category,
            name="Injection",
            provider_minutes=30,
            price_minor=0,
            billed_by_unit=True,
            active=True,
        )["id"]
        self.room = self.put(
            "resource", location_id=self.locations[0], kind="room", name="Room", tag="injection", active=True
        )["id"]
        self.merchant = self.put("merchant_account", legal_entity_id=self.entity, name="M", processor="x")[
            "id"
        ]
        self.jurisdiction = self.put("tax_jurisdiction", location_id=self.locations[0], name="State")["id"]
        self.drawers = {
            location: self.put("drawer", location_id=location, name="Front", kind="physical")["id"]
            for location in self.locations
        }
        return self

    def _location(self, code: str) -> uuid.UUID:
        row = self.put(
            "location",
            legal_entity_id=self.entity,
            name=f"Location {code}",
            code=code,
            state="NY",
            timezone="America/New_York",
            currency="USD",
            cutover_hour=3,
            active=True,
        )
        return uuid.UUID(str(row["id"]))

    def _product(self, name: str, **cycle: int) -> uuid.UUID:
        row = self.put(
            "product",
            category_id=self.category,
            name=name,
            unit="unit",
            price_minor=1400,
            is_retail=False,
            active=True,
            **cycle,
        )
        return uuid.UUID(str(row["id"]))

    def client(self, **values: Any) -> Row:
        return self.put("client", client_key=self.new_id(), flags=values.pop("flags", []), **values)

    def treat(self, client: Row, date: dt.date, **values: Any) -> Row:
        return self.put(
            "treatment_record",
            **{
                "client_id": client["id"],
                "location_id": self.locations[0],
                "provider_id": self.provider,
                "category_id": self.category,
                "product_id": self.product,
                "intent": "full",
                "source": "charted",
                "performed_at": dt.datetime.combine(date, dt.time(15), dt.UTC),
                "business_date": date,
                "status": "signed",
                **values,
            },
        )

    def appointment(self, client: Row, date: dt.date, status: str = "booked", **values: Any) -> Row:
        start = dt.datetime.combine(date, dt.time(15), dt.UTC)
        end = start + dt.timedelta(minutes=30)
        row = self.put(
            "appointment",
            **{
                "client_id": client["id"],
                "location_id": self.locations[0],
                "starts_at": start,
                "ends_at": end,
                "business_date": date,
                "status": status,
                "source": "desk",
                "booked_at": start - dt.timedelta(days=3),
                **values,
            },
        )
        self.put(
            "appointment_item",
            appointment_id=row["id"],
            position=1,
            service_id=self.service,
            provider_id=self.provider,
            starts_at=start,
            provider_ends_at=end,
            ends_at=end,
            performed=status == "completed",
        )
        self.happened(row, "booked", row["booked_at"], start)
        return row

    def happened(self, appointment: Row, event: str, at: dt.datetime, scheduled: dt.datetime) -> Row:
        return self.put(
            "appointment_history",
            appointment_id=appointment["id"],
            location_id=appointment["location_id"],
            event=event,
            happened_at=at,
            business_date=at.date(),
            scheduled_start=scheduled,
        )

    def claim(self, appointment: Row) -> Row:
        """The provider's time for the whole visit."""
        return self.put(
            "occupancy",
            appointment_id=appointment["id"],
            subject_kind="provider",
            subject_id=self.provider,
            starts_at=appointment["starts_at"],
            ends_at=appointment["ends_at"],
            hard=True,
            active=True,
        )

    def shift(self, location: uuid.UUID, date: dt.date, hours: int = 8) -> Row:
        start = dt.datetime.combine(date, dt.time(14), dt.UTC)
        return self.put(
            "shift",
            staff_id=self.provider,
            location_id=location,
            starts_at=start,
            ends_at=start + dt.timedelta(hours=hours),
            active=True,
        )

    def time_off(self, location: uuid.UUID, date: dt.date, *, paid: bool) -> Row:
        start = dt.datetime.combine(date, dt.time(15), dt.UTC)
        return self.put(
            "time_off",
            location_id=location,
            subject_kind="provider",
            subject_id=self.provider,
            starts_at=start,
            ends_at=start + dt.timedelta(hours=1),
            status="approved",
            paid=paid,
        )

    def close(self, location: uuid.UUID, date: dt.date) -> None:
        """Close a day, freezing its figures as the mirror's rows give them."""
        day = self.day(location, date)
        self.put("business_day", **{**day, "status": "closed", "figures_sha256": "0" * 64})
        figures = day_figures(self.org, location, date, self.all_rows)
        for (measure, key), amount in figures.items():
            if amount:
                self.put(
                    "day_close_figure",
                    business_day_id=day["id"],
                    location_id=location,
                    business_date=date,
                    measure=measure,
                    key=key,
                    amount_minor=amount,
                )
