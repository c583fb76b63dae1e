"""Packages of a practice as raw rows: sold on an invoice, used session by session."""

from __future__ import annotations

import datetime as dt
import uuid

from tests.factories.raw import Row
from tests.factories.raw_money import RawMoney


class RawPrepaid(RawMoney):
    """What is paid before it is had. A package's contract is the id of the line that sold it."""

    def package(self, client: Row, location: uuid.UUID, date: dt.date, value: int) -> Row:
        """A package of ten sessions, sold for `value`; its entitlement."""
        invoice = self.invoice(client, location, date, [("package", value, 0, 0)])
        (line,) = self.lines_of(invoice)
        return self.put(
            "entitlement",
            client_id=client["id"],
            location_id=location,
            package_id=line["id"],
            service_id=self.service,
            quantity_milli=10_000,
            standalone_minor=value // 10,
            value_minor=value,
            granted_on=date,
            breakage_ppm=0,
            taxed_at_sale=False,
        )

    def use_session(self, client: Row, held: Row, date: dt.date, value: int) -> None:
        """One session on an invoice of its own, at no price: liability to revenue."""
        location = held["location_id"]
        invoice = self.invoice(client, location, date, [("service", 0, 0, 0)])
        (line,) = self.lines_of(invoice)
        self.put(
            "entitlement_movement",
            entitlement_id=held["id"],
            kind="used",
            quantity_milli=1_000,
            value_minor=value,
            location_id=location,
            business_date=date,
            invoice_line_id=line["id"],
        )
        keys = {"invoice_line_id": line["id"]}
        self.post(
            location,
            date,
            "prepaid_used",
            invoice["id"],
            ("2300", value, {**keys, "contract_id": held["package_id"]}),
            ("4000", -value, keys),
        )
