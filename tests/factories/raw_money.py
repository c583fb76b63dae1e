"""Money of a practice as raw rows: documents with the balanced postings of each, drawers, counts."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from tests.factories.raw import Row
from tests.factories.raw_books import RawBooks

REVENUE = {
    "service": "4000",
    "retail": "4010",
    "fee": "4030",
    "gift_card": "2200",
    "package": "2300",
    "membership_dues": "2310",
}
TENDER_ACCOUNTS = {"cash": "1000", "check": "1010", "card": "1020", "third_party": "1030"}


class RawMoney(RawBooks):
    """The documents of a practice and what each of them posts."""

    def invoice(
        self,
        client: Row,
        location: uuid.UUID,
        date: dt.date,
        lines: Sequence[tuple[str, int, int, int]],
        due_on: dt.date | None = None,
    ) -> Row:
        """An invoice of (kind, list, discount, tax) lines, with its postings."""
        invoice = self.put(
            "invoice",
            client_id=client["id"],
            location_id=location,
            currency="USD",
            business_date=date,
            due_on=due_on or date,
            status="issued",
            issued_at=dt.datetime.combine(date, dt.time(16), dt.UTC),
        )
        for position, (kind, listed, discount, tax) in enumerate(lines, start=1):
            net = listed - discount
            service = kind == "service"
            line = self.put(
                "invoice_line",
                invoice_id=invoice["id"],
                location_id=location,
                position=position,
                kind=kind,
                service_id=self.service if service else None,
                category_id=self.category if service else None,
                provider_id=self.provider if service else None,
                quantity_milli=1000,
                unit_price_minor=listed,
                list_minor=listed,
                discount_minor=discount,
                net_minor=net,
                tax_minor=tax,
                business_date=date,
                discount_reason="promotion" if discount else None,
            )
            keys = {"invoice_line_id": line["id"]}
            if tax:
                self.put(
                    "invoice_line_tax",
                    rate_ppm=88_750,
                    tax_minor=tax,
                    jurisdiction_id=self.jurisdiction,
                    **keys,
                )
            prepaid = kind in ("gift_card", "package", "membership_dues")
            self.post(
                location,
                date,
                "prepaid_sold" if prepaid else "line_performed",
                line["id"],
                ("1100", net + tax, {"invoice_id": invoice["id"], **keys}),
                ("4801", 0 if prepaid else discount, keys),
                (
                    REVENUE[kind],
                    -net if prepaid else -listed,
                    {**keys, "gift_card_id": self.new_id() if prepaid else None, "contract_id": line["id"]},
                ),
                ("2400", -tax, {**keys, "jurisdiction_id": self.jurisdiction}),
            )
        return invoice

    def session(self, location: uuid.UUID, date: dt.date, float_minor: int = 20_000) -> Row:
        return self.put(
            "drawer_session",
            drawer_id=self.drawers[location],
            location_id=location,
            business_date=date,
            status="open",
            currency="USD",
            opened_at=dt.datetime.combine(date, dt.time(13), dt.UTC),
            opening_float_minor=float_minor,
        )

    def pay(
        self,
        invoice: Row | None,
        session: Row,
        tender: str,
        amount: int,
        *,
        tip: int = 0,
        client: Row | None = None,
        date: dt.date | None = None,
        rounding: int = 0,
    ) -> Row:
        """A payment of an invoice (or a deposit of `client`). `rounding` is what rounding took off."""
        location, date = session["location_id"], date or session["business_date"]
        client_id = invoice["client_id"] if invoice else client["id"] if client else None
        payment = self.put(
            "payment",
            client_id=client_id,
            location_id=location,
            drawer_session_id=session["id"],
            invoice_id=invoice["id"] if invoice else None,
            purpose="invoice" if invoice else "deposit",
            tender=tender,
            status="succeeded",
            currency="USD",
            amount_minor=amount,
            tip_minor=tip,
            rounding_minor=-rounding,
            business_date=date,
            succeeded_at=dt.datetime.combine(date, dt.time(17), dt.UTC),
            merchant_account_id=self.merchant if tender == "card" else None,
        )
        settled = amount - tip + rounding
        keys = {"merchant_account_id": self.merchant} if tender == "card" else {}
        credit = ("1100", {"invoice_id": invoice["id"]}) if invoice else ("2100", {"client_id": client_id})
        self.post(
            location,
            date,
            "payment_taken",
            payment["id"],
            (TENDER_ACCOUNTS[tender], amount, keys),
            ("6005", rounding, {}),
            (credit[0], -settled, credit[1]),
            ("2500", -tip, {"provider_id": self.provider}),
        )
        if invoice:
            self.allocate(invoice, location, date, settled, "payment", payment_id=payment["id"])
        return payment

    def allocate(
        self, invoice: Row, location: uuid.UUID, date: dt.date, amount: int, source: str, **keys: Any
    ) -> None:
        self.put(
            "allocation",
            invoice_id=invoice["id"],
            source=source,
            location_id=location,
            amount_minor=amount,
            business_date=date,
            **keys,
        )

    def apply_deposit(self, invoice: Row, date: dt.date, amount: int) -> None:
        location, client = invoice["location_id"], {"client_id": invoice["client_id"]}
        self.allocate(invoice, location, date, amount, "deposit", **client)
        self.post(
            location,
            date,
            "balance_applied",
            self.new_id(),
            ("2100", amount, client),
            ("1100", -amount, {"invoice_id": invoice["id"]}),
        )

    def credit(self, invoice: Row, line: Row, date: dt.date, net: int, tax: int) -> Row:
        memo = self.put(
            "credit_memo",
            invoice_id=invoice["id"],
            client_id=invoice["client_id"],
            currency="USD",
            location_id=invoice["location_id"],
            business_date=date,
            reason="dissatisfied",
        )
        self.put(
            "credit_memo_line",
            credit_memo_id=memo["id"],
            invoice_line_id=line["id"],
            net_minor=net,
            tax_minor=tax,
        )
        keys = {"invoice_line_id": line["id"]}
        self.post(
            invoice["location_id"],
            date,
            "credit_memo_issued",
            memo["id"],
            ("4810", net, keys),
            ("2400", tax, {**keys, "jurisdiction_id": self.jurisdiction}),
            ("1100", -(net + tax), {"invoice_id": invoice["id"], **keys}),
        )
        return memo

    def pay_out(self, memo: Row, session: Row, payment: Row, amount: int) -> Row:
        date = session["business_date"]
        payout = self.put(
            "payout",
            client_id=memo["client_id"],
            location_id=session["location_id"],
            credit_memo_id=memo["id"],
            payment_id=payment["id"],
            drawer_session_id=session["id"],
            tender=payment["tender"],
            currency="USD",
            status="succeeded",
            amount_minor=amount,
            tip_minor=0,
            rounding_minor=0,
            business_date=date,
        )
        keys = {"merchant_account_id": self.merchant} if payment["tender"] == "card" else {}
        self.post(
            session["location_id"],
            date,
            "credit_paid_out",
            payout["id"],
            ("1100", amount, {"invoice_id": memo["invoice_id"]}),
            (TENDER_ACCOUNTS[payment["tender"]], -amount, keys),
        )
        return payout

    def lines_of(self, invoice: Row) -> list[Row]:
        rows = [one for one in self.all_rows("invoice_line") if one["invoice_id"] == invoice["id"]]
        return sorted(rows, key=lambda one: int(one["position"]))

    def count_drawer(self, session: Row, over_short: int = 0) -> None:
        """Close the session; expected cash comes from the mirror's rows."""
        expected = session["opening_float_minor"]
        for table, sign in (("payment", 1), ("payout", -1)):
            for row in self.all_rows(table):
                if row["drawer_session_id"] == session["id"] and row["tender"] == "cash":
                    expected += sign * row["amount_minor"]
        self.put(
            "drawer_session",
            **{
                **session,
                "status": "closed",
                "expected_minor": expected,
                "over_short_minor": over_short,
                "counted_minor": expected + over_short,
                "float_left_minor": session["opening_float_minor"],
            },
        )
        self.post(
            session["location_id"],
            session["business_date"],
            "over_short",
            session["id"],
            ("1000", over_short, {}),
            ("6000", -over_short, {}),
        )
        taken = expected + over_short - session["opening_float_minor"]
        self.post(
            session["location_id"],
            session["business_date"],
            "cash_dropped",
            session["id"],
            ("1005", taken, {}),
            ("1000", -taken, {}),
            source_kind="drawer_session",
        )
