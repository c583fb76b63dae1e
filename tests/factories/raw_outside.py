"""What the processor, the bank and programmes tell of a practice's money, as raw rows."""

from __future__ import annotations

import datetime as dt
import uuid

from tests.factories.raw import Row
from tests.factories.raw_prepaid import RawPrepaid

NO_KEYS: Row = {}


class RawOutside(RawPrepaid):
    """Documents of the outside world, each with its balanced postings."""

    def dispute(self, payment: Row, date: dt.date, fee: int) -> Row:
        """A card payment that is disputed in full."""
        place, amount = payment["location_id"], payment["amount_minor"]
        row = self.put(
            "dispute",
            payment_id=payment["id"],
            location_id=place,
            merchant_account_id=self.merchant,
            status="opened",
            currency="USD",
            amount_minor=amount,
            fee_minor=fee,
            fee_returned_minor=0,
            prepaid_taken_minor=0,
            billed_again_minor=0,
            opened_on=date,
        )
        told = {"location_id": place, "business_date": date, "fee_minor": fee}
        self.put("dispute_fee", dispute_id=row["id"], **told)
        clearing = {"merchant_account_id": self.merchant}
        lines = (("1040", amount, NO_KEYS), ("6010", fee, NO_KEYS), ("1020", -amount - fee, clearing))
        self.post(place, date, "dispute_opened", row["id"], *lines)
        return row

    def lose(self, dispute: Row, date: dt.date) -> None:
        self.put("dispute", **{**dispute, "status": "lost", "resolved_on": date})
        amount = dispute["amount_minor"]
        lines = (("6030", amount, NO_KEYS), ("1040", -amount, NO_KEYS))
        self.post(dispute["location_id"], date, "dispute_lost", dispute["id"], *lines)

    def report(self, location: uuid.UUID, date: dt.date, amount: int, **values: object) -> Row:
        """A line of the processor's account, held until it is paid out."""
        return self.put(
            "processor_line",
            **{
                "merchant_account_id": self.merchant,
                "currency": "USD",
                "kind": "charge",
                "fee_minor": 0,
                "amount_minor": amount,
                "occurred_at": dt.datetime.combine(date, dt.time(12), dt.UTC),
                "occurred_on": date,
                "location_id": location,
                **values,
            },
        )

    def pay_out_card(self, payment: Row, date: dt.date, fee: int) -> Row:
        """The processor's line of a card payment, paid out by itself less its fee; the payout."""
        amount, place = payment["amount_minor"], payment["location_id"]
        terms = {"merchant_account_id": self.merchant, "currency": "USD", "fee_minor": fee}
        net = amount - fee
        paid = self.put("processor_payout", **terms, gross_minor=amount, net_minor=net, arrived_on=date)
        told = {"fee_minor": fee, "processor_payout_id": paid["id"], "payment_id": payment["id"]}
        line = self.report(place, date, amount, **told)
        became = {"location_id": place, "business_date": date, "clears": True}
        self.put("processor_line_history", processor_line_id=line["id"], event="paid_out", **became)
        clearing = ("1020", -amount, {"merchant_account_id": self.merchant})
        lines = (("1200", net, NO_KEYS), ("6010", fee, NO_KEYS), clearing)
        self.post(place, date, "processor_paid_out", paid["id"], *lines)
        return paid

    def report_refund(self, payout: Row, date: dt.date) -> None:
        """The processor's lines of a card refund that came back; it holds both."""
        place, amount = payout["location_id"], payout["amount_minor"]
        self.report(place, date, -amount, kind="refund", payout_id=payout["id"])
        self.report(place, date, amount, kind="refund_failure", payout_id=payout["id"])

    def fail_refund(self, payout: Row, date: dt.date) -> None:
        """A card refund that came back is booked so."""
        place, amount = payout["location_id"], payout["amount_minor"]
        row = self.put(
            "refund_failure", payout_id=payout["id"], location_id=place, currency="USD", amount_minor=amount,
            merchant_account_id=self.merchant, deposit_minor=0, business_date=date,
        )  # fmt: skip
        clearing = ("1020", amount, {"merchant_account_id": self.merchant})
        credit = ("2110", -amount, {"client_id": payout["client_id"]})
        self.post(place, date, "refund_failed", row["id"], clearing, credit)

    def cash_out(self, client: Row, session: Row, amount: int) -> None:
        """Account credit that is paid out in cash."""
        place, date = session["location_id"], session["business_date"]
        row = self.put(
            "payout", client_id=client["id"], location_id=place, drawer_session_id=session["id"],
            tender="cash", currency="USD", status="succeeded", amount_minor=amount, tip_minor=0,
            rounding_minor=0, business_date=date, cashes_out=True,
        )  # fmt: skip
        lines = (("2110", amount, {"client_id": client["id"]}), ("1000", -amount, NO_KEYS))
        self.post(place, date, "balance_cashed_out", row["id"], *lines)

    def pay_out_opening(self, location: uuid.UUID, date: dt.date, owed: int, paid: int) -> None:
        """What the processor owed when its report began, of which it pays a part out."""
        clearing = {"merchant_account_id": self.merchant}
        told = self.put(
            "merchant_opening", **clearing, location_id=location, business_date=date, amount_minor=owed
        )
        self.post(location, date, "cutover", told["id"], ("1020", owed, clearing), ("3000", -owed, NO_KEYS))
        lines = (("1200", paid, NO_KEYS), ("1020", -paid, clearing))
        self._paid_by_itself(location, date, paid, "USD", lines, kind="opening")

    def pay_out_elsewhere(self, location: uuid.UUID, date: dt.date, amount: int) -> None:
        """A payout in another currency: kept, and on no account."""
        self._paid_by_itself(
            location, date, amount, "EUR", (), kind="adjustment", refused_as="other_currency"
        )

    def _paid_by_itself(
        self,
        location: uuid.UUID,
        date: dt.date,
        amount: int,
        currency: str,
        lines: tuple[tuple[str, int, Row], ...],
        **line: object,
    ) -> None:
        terms = {"merchant_account_id": self.merchant, "currency": currency, "fee_minor": 0}
        paid = self.put("processor_payout", **terms, gross_minor=amount, net_minor=amount, arrived_on=date)
        told = self.report(location, date, amount, currency=currency, processor_payout_id=paid["id"], **line)
        if lines:
            became = {"location_id": location, "business_date": date, "clears": True}
            self.put("processor_line_history", processor_line_id=told["id"], event="paid_out", **became)
            self.post(location, date, "processor_paid_out", paid["id"], *lines)

    def deposit_check(self, payment: Row, date: dt.date) -> Row:
        return self._deposit(payment["location_id"], date, "checks", payment["amount_minor"], None)

    def return_check(self, payment: Row, date: dt.date, fee: int) -> None:
        place, amount = payment["location_id"], payment["amount_minor"]
        row = self.put(
            "returned_check",
            payment_id=payment["id"],
            location_id=place,
            currency="USD",
            amount_minor=amount,
            receivable_minor=amount,
            bank_fee_minor=fee,
            business_date=date,
        )
        owed = ("1100", amount, {"invoice_id": payment["invoice_id"]})
        lines = (owed, ("6010", fee, NO_KEYS), ("1200", -amount - fee, NO_KEYS))
        self.post(place, date, "check_returned", row["id"], *lines)

    def drop_cash(self, session: Row, amount: int) -> None:
        """Cash out of the drawer into the safe."""
        row = self.put(
            "drawer_movement",
            drawer_session_id=session["id"],
            kind="drop",
            amount_minor=amount,
            reason="safe",
        )
        lines = (("1005", amount, NO_KEYS), ("1000", -amount, NO_KEYS))
        self.post(session["location_id"], session["business_date"], "cash_dropped", row["id"], *lines)

    def bank_cash(self, location: uuid.UUID, date: dt.date, amount: int, counted: int) -> Row:
        return self._deposit(location, date, "cash", amount, counted)

    def _deposit(self, place: uuid.UUID, date: dt.date, kind: str, amount: int, counted: int | None) -> Row:
        cash = counted is not None
        row = self.put(
            "bank_deposit",
            location_id=place,
            kind=kind,
            status="confirmed" if cash else "sent",
            currency="USD",
            amount_minor=amount,
            confirmed_minor=counted,
            business_date=date,
            confirmed_on=date if cash else None,
        )
        arrived = amount if counted is None else counted
        left = ("1005" if cash else "1010", -amount, NO_KEYS)
        lines = (("1200", arrived, NO_KEYS), ("6000", amount - arrived, NO_KEYS), left)
        self.post(place, date, "cash_banked" if cash else "checks_deposited", row["id"], *lines)
        return row

    def remit(self, payment: Row, date: dt.date, fee: int) -> None:
        """A programme pays what it financed, less its fee."""
        place, amount, programme = payment["location_id"], payment["amount_minor"], self.new_id()
        terms = {
            "programme_id": programme, "location_id": place, "currency": "USD", "fee_minor": fee,
            "practice_funded_minor": 0, "business_date": date,
        }  # fmt: skip
        row = self.put("remittance", **terms, gross_minor=amount, net_minor=amount - fee)
        self.put(
            "remittance_item",
            **terms,
            payment_id=payment["id"],
            remittance_id=row["id"],
            outcome="settled",
            amount_minor=amount,
            receivable_minor=0,
        )
        lines = (("1200", amount - fee, NO_KEYS), ("6010", fee, NO_KEYS), ("1030", -amount, NO_KEYS))
        self.post(place, date, "third_party_settled", row["id"], *lines)

    def bank_line(self, location: uuid.UUID, date: dt.date, amount: int) -> Row:
        """A line of the bank about nothing that is known."""
        row = self.put(
            "bank_line",
            location_id=location,
            legal_entity_id=self.entity,
            booked_on=date,
            currency="USD",
            amount_minor=amount,
            business_date=date,
        )
        lines = (("1200", amount, NO_KEYS), ("1290", -amount, NO_KEYS))
        self.post(location, date, "bank_line_unmatched", row["id"], *lines)
        return row

    def arrive(self, location: uuid.UUID, date: dt.date, amount: int, kind: str, document: Row) -> Row:
        """A line of the bank about a document, matched when it is taken: nothing is posted."""
        told = {"match_kind": kind, "match_id": document["id"], "matched_on": date}
        row = {"legal_entity_id": self.entity, "booked_on": date, "currency": "USD", "business_date": date}
        return self.put("bank_line", location_id=location, amount_minor=amount, **row, **told)

    def explain(self, line: Row, date: dt.date) -> None:
        """A bank line that was booked elsewhere after all."""
        self.put("bank_line", **{**line, "match_kind": "elsewhere", "matched_on": date})
        lines = (("1290", line["amount_minor"], NO_KEYS), ("1200", -line["amount_minor"], NO_KEYS))
        self.post(line["location_id"], date, "bank_line_booked", line["id"], *lines)
