"""A small practice as the warehouse sees it: reference rows, visits, money with balanced postings, closed days.

Ids are made by a seeded generator, so that a failing example can be run again.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from typing import Any

from medspa.kernel.vocabulary import Account
from pipelines.contract import contracts
from tests.factories.raw import RawStore, Row
from tests.factories.raw_figures import day_figures

ACCOUNT_KINDS = {
    "1": "asset",
    "2": "liability",
    "3": "equity",
    "4": "revenue",
    "5": "expense",
    "6": "expense",
}
REVENUE = {"service": "4000", "retail": "4010", "fee": "4030", "gift_card": "2200"}
TENDER_ACCOUNTS = {"cash": "1000", "check": "1010", "card": "1020"}


class RawPractice:
    """One organization with two locations. Methods put rows; call them inside `with store.batch()`."""

    def __init__(self, store: RawStore, seed: int = 1) -> None:
        self.store = store
        self._random = random.Random(seed)
        self.org = self.new_id()

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def put(self, table: str, **values: Any) -> Row:
        values.setdefault("org_id", self.org)
        values.setdefault("id", self.new_id())
        values.setdefault("created_at", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        known = contracts()[table].names
        return self.store.put(table, **{name: value for name, value in values.items() if name in known})

    def open(self) -> RawPractice:
        """The reference rows."""
        self.put("organization", name="Practice", slug=f"practice-{self.org.hex[:8]}", version=1)
        for account in Account:
            self.store.put(
                "ledger_account", code=account.value, name=account.name.title(),
                kind=ACCOUNT_KINDS[account.value[0]], required_key="none", may_go_negative=True,
            )  # fmt: skip
        self.entity = self.put("legal_entity", name="Entity", currency="USD")["id"]
        self.locations = [self._location(code) for code in ("A", "B")]
        self.provider = self.put("staff_member", label="Provider 1", is_provider=True, active=True)["id"]
        self.category = self.put(
            "treatment_category", code="neurotoxin", name="Neurotoxin", cycle_days=90, contact_from_days=84,
            contact_until_days=120, earliest_days=90,
        )["id"]  # fmt: skip
        self.filler = self.put(
            "treatment_category", code="ha_filler", name="Filler", cycle_days=270, contact_from_days=240,
            contact_until_days=360, earliest_days=180,
        )["id"]  # fmt: skip
        self.product = self._product("Short")
        self.slow_product = self._product(
            "Slow", cycle_days=165, contact_from_days=150, contact_until_days=180
        )
        self.service = self.put(
            "service", category_id=self.category, name="Injection", provider_minutes=30, price_minor=0,
            billed_by_unit=True, active=True,
        )["id"]  # fmt: skip
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
            "location", legal_entity_id=self.entity, name=f"Location {code}", code=code, state="NY",
            timezone="America/New_York", currency="USD", cutover_hour=3, active=True,
        )  # fmt: skip
        return uuid.UUID(str(row["id"]))

    def _product(self, name: str, **cycle: int) -> uuid.UUID:
        row = self.put(
            "product", category_id=self.category, name=name, unit="unit", price_minor=1400, is_retail=False,
            active=True, **cycle,
        )  # fmt: skip
        return uuid.UUID(str(row["id"]))

    def client(self, **values: Any) -> Row:
        return self.put("client", client_key=self.new_id(), flags=values.pop("flags", []), **values)

    def day(self, location: uuid.UUID, date: dt.date) -> Row:
        """The business day's row, open."""
        for row in self._all("business_day"):
            if (row["location_id"], row["business_date"]) == (location, date):
                return row
        return self.put("business_day", location_id=location, business_date=date, status="open")

    def post(
        self, location: uuid.UUID, date: dt.date, event: str, source: uuid.UUID, *lines: tuple[str, int, Row]
    ) -> None:
        """One balanced entry of (account, amount, keys); zero lines are dropped."""
        if sum(amount for _, amount, _ in lines):
            raise ValueError("the entry does not balance")
        self.day(location, date)
        entry = self.put("journal_entry", event=event, source_kind="document", source_id=source)["id"]
        for number, (account, amount, keys) in enumerate(one for one in lines if one[1]):
            self.put(
                "posting", entry_id=entry, line_no=number, legal_entity_id=self.entity, location_id=location,
                business_date=date, account=account, amount_minor=amount, currency="USD", **keys,
            )  # fmt: skip

    def treat(self, client: Row, date: dt.date, **values: Any) -> Row:
        return self.put(
            "treatment_record",
            **{
                "client_id": client["id"], "location_id": self.locations[0], "provider_id": self.provider,
                "category_id": self.category, "product_id": self.product, "intent": "full", "source": "charted",
                "performed_at": dt.datetime.combine(date, dt.time(15), dt.UTC), "business_date": date,
                "status": "signed", **values,
            },
        )  # fmt: skip

    def appointment(self, client: Row, date: dt.date, status: str = "booked", **values: Any) -> Row:
        start = dt.datetime.combine(date, dt.time(15), dt.UTC)
        end = start + dt.timedelta(minutes=30)
        row = self.put(
            "appointment",
            **{
                "client_id": client["id"], "location_id": self.locations[0], "starts_at": start, "ends_at": end,
                "business_date": date, "status": status, "source": "desk",
                "booked_at": start - dt.timedelta(days=3), **values,
            },
        )  # fmt: skip
        self.put(
            "appointment_item", appointment_id=row["id"], position=1, service_id=self.service,
            provider_id=self.provider, starts_at=start, provider_ends_at=end, ends_at=end,
            performed=status == "completed",
        )  # fmt: skip
        self.put(
            "appointment_history", appointment_id=row["id"], location_id=row["location_id"], event="booked",
            happened_at=row["booked_at"], business_date=date, scheduled_start=start,
        )  # fmt: skip
        return row

    def invoice(
        self, client: Row, location: uuid.UUID, date: dt.date, lines: Sequence[tuple[str, int, int, int]],
        due_on: dt.date | None = None,
    ) -> Row:  # fmt: skip
        """An invoice of (kind, list, discount, tax) lines, with its postings."""
        invoice = self.put(
            "invoice", client_id=client["id"], location_id=location, currency="USD", business_date=date,
            due_on=due_on or date, status="issued", issued_at=dt.datetime.combine(date, dt.time(16), dt.UTC),
        )  # fmt: skip
        for position, (kind, listed, discount, tax) in enumerate(lines, start=1):
            net = listed - discount
            service = kind == "service"
            line = self.put(
                "invoice_line", invoice_id=invoice["id"], location_id=location, position=position, kind=kind,
                service_id=self.service if service else None, category_id=self.category if service else None,
                provider_id=self.provider if service else None, quantity_milli=1000, unit_price_minor=listed,
                list_minor=listed, discount_minor=discount, net_minor=net, tax_minor=tax, business_date=date,
                discount_reason="promotion" if discount else None,
            )  # fmt: skip
            keys = {"invoice_line_id": line["id"]}
            prepaid = kind == "gift_card"
            self.post(
                location, date, "prepaid_sold" if prepaid else "line_performed", line["id"],
                ("1100", net + tax, {"invoice_id": invoice["id"], **keys}),
                ("4801", 0 if prepaid else discount, keys),
                (REVENUE[kind], -net if prepaid else -listed,
                 {**keys, "gift_card_id": self.new_id() if prepaid else None}),
                ("2400", -tax, {**keys, "jurisdiction_id": self.jurisdiction}),
            )  # fmt: skip
        return invoice

    def session(self, location: uuid.UUID, date: dt.date, float_minor: int = 20_000) -> Row:
        return self.put(
            "drawer_session", drawer_id=self.drawers[location], location_id=location, business_date=date,
            status="open", currency="USD", opened_at=dt.datetime.combine(date, dt.time(13), dt.UTC),
            opening_float_minor=float_minor,
        )  # fmt: skip

    def pay(
        self, invoice: Row | None, session: Row, tender: str, amount: int, *, tip: int = 0,
        client: Row | None = None, date: dt.date | None = None, rounding: int = 0,
    ) -> Row:  # fmt: skip
        """A payment of an invoice (or a deposit of `client`). `rounding` is what rounding took off."""
        location, date = session["location_id"], date or session["business_date"]
        client_id = invoice["client_id"] if invoice else client["id"] if client else None
        payment = self.put(
            "payment", client_id=client_id, location_id=location, drawer_session_id=session["id"],
            invoice_id=invoice["id"] if invoice else None, purpose="invoice" if invoice else "deposit",
            tender=tender, status="succeeded", currency="USD", amount_minor=amount, tip_minor=tip,
            rounding_minor=-rounding, business_date=date, succeeded_at=dt.datetime.combine(date, dt.time(17), dt.UTC),
            merchant_account_id=self.merchant if tender == "card" else None,
        )  # fmt: skip
        settled = amount - tip + rounding
        keys = {"merchant_account_id": self.merchant} if tender == "card" else {}
        credit = ("1100", {"invoice_id": invoice["id"]}) if invoice else ("2100", {"client_id": client_id})
        self.post(
            location, date, "payment_taken", payment["id"],
            (TENDER_ACCOUNTS[tender], amount, keys), ("6005", rounding, {}),
            (credit[0], -settled, credit[1]), ("2500", -tip, {"provider_id": self.provider}),
        )  # fmt: skip
        if invoice:
            self.allocate(invoice, location, date, settled, "payment", payment_id=payment["id"])
        return payment

    def allocate(
        self, invoice: Row, location: uuid.UUID, date: dt.date, amount: int, source: str, **keys: Any
    ) -> None:
        self.put(
            "allocation", invoice_id=invoice["id"], source=source, location_id=location, amount_minor=amount,
            business_date=date, **keys,
        )  # fmt: skip

    def apply_deposit(self, invoice: Row, date: dt.date, amount: int) -> None:
        location, client = invoice["location_id"], {"client_id": invoice["client_id"]}
        self.allocate(invoice, location, date, amount, "deposit", **client)
        self.post(
            location, date, "balance_applied", self.new_id(),
            ("2100", amount, client), ("1100", -amount, {"invoice_id": invoice["id"]}),
        )  # fmt: skip

    def credit(self, invoice: Row, line: Row, date: dt.date, net: int, tax: int) -> Row:
        memo = self.put(
            "credit_memo", invoice_id=invoice["id"], client_id=invoice["client_id"], currency="USD",
            location_id=invoice["location_id"], business_date=date, reason="dissatisfied",
        )  # fmt: skip
        self.put(
            "credit_memo_line",
            credit_memo_id=memo["id"],
            invoice_line_id=line["id"],
            net_minor=net,
            tax_minor=tax,
        )
        keys = {"invoice_line_id": line["id"]}
        self.post(
            invoice["location_id"], date, "credit_memo_issued", memo["id"], ("4810", net, keys),
            ("2400", tax, {**keys, "jurisdiction_id": self.jurisdiction}),
            ("1100", -(net + tax), {"invoice_id": invoice["id"], **keys}),
        )  # fmt: skip
        return memo

    def pay_out(self, memo: Row, session: Row, payment: Row, amount: int) -> Row:
        date = session["business_date"]
        payout = self.put(
            "payout", client_id=memo["client_id"], location_id=session["location_id"], credit_memo_id=memo["id"],
            payment_id=payment["id"], drawer_session_id=session["id"], tender=payment["tender"], currency="USD",
            status="succeeded", amount_minor=amount, tip_minor=0, rounding_minor=0, business_date=date,
        )  # fmt: skip
        keys = {"merchant_account_id": self.merchant} if payment["tender"] == "card" else {}
        self.post(
            session["location_id"], date, "credit_paid_out", payout["id"],
            ("1100", amount, {"invoice_id": memo["invoice_id"]}),
            (TENDER_ACCOUNTS[payment["tender"]], -amount, keys),
        )  # fmt: skip
        return payout

    def _all(self, table: str) -> list[Row]:
        """Rows as they will be after the running batch."""
        merged = {**self.store.tables[table]}
        for (name, key), row in self.store.moved.items():
            if name == table:
                merged.pop(key, None)
                if row is not None:
                    merged[key] = row
        return [row for row in merged.values() if row["org_id"] == self.org]

    def lines_of(self, invoice: Row) -> list[Row]:
        rows = [one for one in self._all("invoice_line") if one["invoice_id"] == invoice["id"]]
        return sorted(rows, key=lambda one: int(one["position"]))

    def count_drawer(self, session: Row, over_short: int = 0) -> None:
        """Close the session; expected cash comes from the mirror's rows."""
        expected = session["opening_float_minor"]
        for table, sign in (("payment", 1), ("payout", -1)):
            for row in self._all(table):
                if row["drawer_session_id"] == session["id"] and row["tender"] == "cash":
                    expected += sign * row["amount_minor"]
        self.put(
            "drawer_session",
            **{
                **session, "status": "closed", "expected_minor": expected, "over_short_minor": over_short,
                "counted_minor": expected + over_short, "float_left_minor": session["opening_float_minor"],
            },
        )  # fmt: skip
        self.post(
            session["location_id"], session["business_date"], "over_short", session["id"],
            ("1000", over_short, {}), ("6000", -over_short, {}),
        )  # fmt: skip

    def close(self, location: uuid.UUID, date: dt.date) -> None:
        """Close a day, freezing its figures as the mirror's rows give them."""
        day = self.day(location, date)
        self.put("business_day", **{**day, "status": "closed", "figures_sha256": "0" * 64})
        figures = day_figures(self.org, location, date, self._all)
        for (measure, key), amount in figures.items():
            if amount:
                self.put(
                    "day_close_figure", business_day_id=day["id"], location_id=location, business_date=date,
                    measure=measure, key=key, amount_minor=amount,
                )  # fmt: skip
