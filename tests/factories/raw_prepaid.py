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
        self.put(
            "package",
            id=line["id"],
            client_id=client["id"],
            location_id=location,
            currency="USD",
            sold_on=date,
            price_minor=value,
        )
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

    def plan(self, price: int) -> Row:
        """A monthly membership with one session of the service; its version."""
        plan = self.put("membership_plan", name=f"Club {price}", active=True)
        version = self.put(
            "membership_plan_version",
            membership_plan_id=plan["id"],
            number=1,
            price_minor=price,
            period_months=1,
        )
        self.put(
            "membership_plan_credit",
            membership_plan_version_id=version["id"],
            position=1,
            service_id=self.service,
            quantity_milli=1_000,
        )
        return version

    def join(self, client: Row, location: uuid.UUID, date: dt.date, version: Row) -> Row:
        """A membership that nothing was billed for yet."""
        member = self.put(
            "membership",
            client_id=client["id"],
            location_id=location,
            membership_plan_version_id=version["id"],
            currency="USD",
            joined_on=date,
            status="active",
            next_bill_on=date,
        )
        self.happened_to(member, "joined", date, version)
        return member

    def go_over(self, membership: Row, date: dt.date, version: Row) -> None:
        """To another plan, or to other terms of the same."""
        self.put("membership", **{**membership, "membership_plan_version_id": version["id"]})
        self.happened_to(membership, "changed", date, version)

    def happened_to(self, membership: Row, kind: str, date: dt.date, terms: Row | None = None) -> Row:
        return self.put(
            "membership_event",
            membership_id=membership["id"],
            kind=kind,
            business_date=date,
            created_at=dt.datetime.combine(date, dt.time(12), dt.UTC),
            membership_plan_version_id=terms["id"] if terms else None,
        )

    def bill_dues(self, membership: Row, number: int, status: str) -> Row:
        """A period of thirty days from the next billing date, with its credit when it is paid."""
        begins = membership["next_bill_on"]
        version = self.store.current(
            "membership_plan_version", (self.org, membership["membership_plan_version_id"])
        )
        price = int(version["price_minor"]) if version else 0
        period = self.put(
            "membership_period",
            membership_id=membership["id"],
            location_id=membership["location_id"],
            number=number,
            starts_on=begins,
            days=30,
            price_minor=price,
            access_minor=price // 4,
            access_returned_minor=0,
            earned_days=number % 31,
            status=status,
            failures=int(status == "failed"),
            paid_on=begins if status == "paid" else None,
        )
        self.put("membership", **{**membership, "next_bill_on": begins + dt.timedelta(days=30)})
        if status == "paid":
            self.put(
                "entitlement",
                client_id=membership["client_id"],
                location_id=membership["location_id"],
                membership_id=membership["id"],
                membership_period_id=period["id"],
                service_id=self.service,
                quantity_milli=1_000,
                standalone_minor=price,
                value_minor=price - price // 4,
                granted_on=begins,
                expires_on=begins + dt.timedelta(days=59),
                breakage_ppm=0,
                taxed_at_sale=False,
            )
        return period

    def give_back_dues(self, membership: Row, client: Row, date: dt.date) -> None:
        """Dues of 100.00 for access that go back after a tenth was earned, less a fee of 5.00."""
        place = membership["location_id"]
        invoice = self.invoice(client, place, date, [("membership_dues", 10_000, 0, 0)])
        (line,) = self.lines_of(invoice)
        self.put(
            "membership_period",
            membership_id=membership["id"],
            location_id=place,
            number=1_000,
            starts_on=date - dt.timedelta(days=3),
            days=30,
            price_minor=10_000,
            access_minor=10_000,
            access_returned_minor=9_000,
            earned_days=3,
            status="paid",
            failures=0,
            paid_on=date,
            invoice_id=invoice["id"],
            ended_on=date,
            ended_as="refunded",
        )
        contract = {"contract_id": line["id"]}
        earned = (("2310", 1_000, contract), ("4020", -1_000, contract))
        self.post(place, date, "dues_earned", self.new_id(), *earned)
        memo = self.put(
            "credit_memo",
            invoice_id=invoice["id"],
            client_id=client["id"],
            currency="USD",
            location_id=place,
            business_date=date,
            reason="dissatisfied",
        )
        part = {"credit_memo_id": memo["id"], "invoice_line_id": line["id"]}
        self.put("credit_memo_line", **part, net_minor=8_500, tax_minor=0)
        keys = {"invoice_line_id": line["id"]}
        self.post(
            place,
            date,
            "prepaid_credited",
            memo["id"],
            ("2310", 9_000, {**keys, **contract}),
            ("4030", -500, keys),
            ("1100", -8_500, {"invoice_id": invoice["id"], **keys}),
        )
