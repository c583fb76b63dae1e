"""A transaction of history as documents and entries: invoice and lines, visit and treatment records, money.

What was paid came in a tender that the other system does not tell; it stands against opening balances (3000).
What the paper says was not paid in money was settled there by a balance of that system, so it stands against
3000 too, unless the practice lists the invoice as open. Taxes and tips were passed on there: their accounts
are emptied in the same breath. Money for packages and memberships is a deposit that 3000 takes over; the
visits that used them are the revenue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from medspa.kernel.money import split
from medspa.kernel.vocabulary import (
    Account,
    AllocationSource,
    DiscountReason,
    InvoiceStatus,
    LedgerEvent,
    LineKind,
    PaymentPurpose,
    PaymentStatus,
    Tender,
)
from operational.importers.catalogue import Catalogue
from operational.importers.days import Days
from operational.importers.rows import Rows
from operational.importers.store import Place
from operational.importers.vagaro.records import Sale, Sold
from operational.importers.visits import Visits
from operational.ledger.post import Entry, Line
from operational.models import Allocation, GiftCard, Invoice, InvoiceLine, InvoiceLineTax, Payment, Tip

_KIND = {Sold.SERVICE: LineKind.SERVICE, Sold.PRODUCT: LineKind.RETAIL, Sold.GIFT_CARD: LineKind.GIFT_CARD}
_REVENUE = {Sold.SERVICE: Account.SERVICE_REVENUE, Sold.PRODUCT: Account.RETAIL_REVENUE}


@dataclass(slots=True)
class Money:
    """What a payment can still give back."""

    payment_id: UUID
    left_minor: int


@dataclass(slots=True)
class SoldLine:
    """A line that a later refund may be about."""

    transaction: str
    invoice_id: UUID
    line_id: UUID
    day: dt.date
    net_left: int
    tax_left: int
    money: Money | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What the practice listed as still open on a transaction, and when it is due."""

    amount_minor: int
    due: dt.date | None


class Sales:
    """Writes transactions. Each call takes the lines of one."""

    def __init__(self, place: Place, catalogue: Catalogue, days: Days, visits: Visits, rows: Rows) -> None:
        self._place = place
        self._catalogue = catalogue
        self._days = days
        self._visits = visits
        self._rows = rows
        self.entries: list[Entry] = []
        self.sold: dict[tuple[UUID, str], list[SoldLine]] = {}

    def number(self, transaction: str) -> str:
        return f"{self._place.code}-V{transaction}"

    def take(self, client_id: UUID, day: dt.date, lines: Sequence[Sale], opened: Opened | None) -> None:
        self._days.use(day)
        at = self._place.instant(lines[0].day, lines[0].time)
        prepaid = [one for one in lines if one.sold is Sold.PREPAID]
        billed = [one for one in lines if one.sold is not Sold.PREPAID]
        if billed:
            self._bill(client_id, day, at, billed, opened)
        if sum(one.paid_minor for one in prepaid):
            self._deposit(client_id, day, at, prepaid)

    def _bill(
        self, client_id: UUID, day: dt.date, at: dt.datetime, lines: Sequence[Sale], opened: Opened | None
    ) -> None:
        rows, place = self._rows, self._place
        visit = self._visits.take(client_id, day, lines)
        invoice_id = rows.add(
            Invoice,
            number=self.number(lines[0].transaction),
            client_id=client_id,
            location_id=place.id,
            appointment_id=visit.id if visit else None,
            currency=place.currency,
            business_date=day,
            due_on=max(opened.due, day) if opened and opened.due else day,
            status=InvoiceStatus.ISSUED.value,
            issued_at=at,
        )
        performed: list[Line] = []
        prepaid: list[Line] = []
        handed_on: list[Line] = []
        sold: list[SoldLine] = []
        for position, line in enumerate(lines, start=1):
            item, record = visit.of.get(line.fingerprint, (None, None)) if visit else (None, None)
            card_id = self._card(client_id, day) if line.sold is Sold.GIFT_CARD else None
            line_id = self._line(invoice_id, position, day, line, item, record, card_id)
            postings = self._postings(line, invoice_id, line_id, card_id)
            (prepaid if card_id else performed).extend(postings)
            handed_on += [_opposite(one) for one in postings
                          if one.account in (Account.SALES_TAX_PAYABLE, Account.GIFT_CARDS)]  # fmt: skip
            sold.append(
                SoldLine(line.transaction, invoice_id, line_id, day, line.net_minor, line.tax_minor, None)
            )
            if line.sold is not Sold.GIFT_CARD:
                self.sold.setdefault((client_id, line.item.lower()), []).append(sold[-1])
        self._enter(LedgerEvent.LINE_PERFORMED, "invoice", invoice_id, day, performed)
        self._enter(LedgerEvent.PREPAID_SOLD, "invoice", invoice_id, day, prepaid)
        money, tips = self._paid(client_id, day, at, invoice_id, lines)
        for one in sold:
            one.money = money
        due = sum(one.net_minor + one.tax_minor for one in lines)
        settled = due - (money.left_minor if money else 0) - (opened.amount_minor if opened else 0)
        settling = [Line(Account.ACCOUNTS_RECEIVABLE, -settled, place.id, invoice_id=invoice_id)]
        self._hand_over("invoice", invoice_id, day, [*handed_on, *tips, *settling])

    def _line(
        self,
        invoice_id: UUID,
        position: int,
        day: dt.date,
        line: Sale,
        item: UUID | None,
        record: UUID | None,
        card_id: UUID | None,
    ) -> UUID:
        catalogue = self._catalogue
        names: dict[str, UUID | None] = {"service_id": None, "product_id": None, "category_id": None}
        if line.sold is Sold.SERVICE:
            category = catalogue.category(catalogue.treatment(line.item).category)
            names |= {"service_id": catalogue.service(line.item), "category_id": category}
        elif line.sold is Sold.PRODUCT:
            names |= {
                "product_id": catalogue.article(line.item), "category_id": catalogue.retail_category()
            }  # fmt: skip
        line_id = self._rows.add(
            InvoiceLine,
            invoice_id=invoice_id,
            location_id=self._place.id,
            position=position,
            kind=_KIND[line.sold].value,
            **names,
            provider_id=catalogue.provider(line.sold_by),
            appointment_item_id=item,
            treatment_record_id=record,
            gift_card_id=card_id,
            quantity_milli=line.quantity_milli,
            unit_price_minor=(line.list_minor * 1000 + line.quantity_milli // 2) // line.quantity_milli,
            list_minor=line.list_minor,
            discount_minor=line.discount_minor,
            discount_reason=DiscountReason.PROMOTION.value if line.discount_minor else None,
            net_minor=line.net_minor,
            tax_minor=line.tax_minor,
            business_date=day,
        )
        if line.tax_minor:
            rate = line.tax_minor * 1_000_000 // line.net_minor if line.net_minor else 0
            self._rows.add(
                InvoiceLineTax, invoice_line_id=line_id, jurisdiction_id=catalogue.jurisdiction(),
                rate_ppm=min(rate, 1_000_000), tax_minor=line.tax_minor,
            )  # fmt: skip
        return line_id

    def _postings(self, line: Sale, invoice_id: UUID, line_id: UUID, card_id: UUID | None) -> list[Line]:
        def of_line(account: Account, amount: int, **keys: UUID) -> Line:
            return Line(account, amount, self._place.id, invoice_line_id=line_id, **keys)

        owed = of_line(Account.ACCOUNTS_RECEIVABLE, line.net_minor + line.tax_minor, invoice_id=invoice_id)
        tax = []
        if line.tax_minor:
            jurisdiction = self._catalogue.jurisdiction()
            tax = [of_line(Account.SALES_TAX_PAYABLE, -line.tax_minor, jurisdiction_id=jurisdiction)]
        if card_id:
            return [owed, of_line(Account.GIFT_CARDS, -line.net_minor, gift_card_id=card_id), *tax]
        discount = of_line(Account.DISCOUNT_PROMOTION, line.discount_minor)
        return [owed, discount, of_line(_REVENUE[line.sold], -line.list_minor), *tax]

    def _card(self, client_id: UUID, day: dt.date) -> UUID:
        """A card as the other system sold it: without a code, for only its balance list tells codes."""
        return self._rows.add(
            GiftCard, code_digest=None, last_four="", location_id=self._place.id, purchaser_id=client_id,
            currency=self._place.currency, issued_on=day,
        )  # fmt: skip

    def _paid(
        self, client_id: UUID, day: dt.date, at: dt.datetime, invoice_id: UUID, lines: Sequence[Sale]
    ) -> tuple[Money | None, list[Line]]:
        """The payment of an invoice, and the lines that hand its tips over."""
        paid = sum(one.paid_minor for one in lines)
        if not paid:
            return None, []
        payment_id, tips = self._payment(client_id, day, at, lines, PaymentPurpose.INVOICE, invoice_id)
        money = paid + sum(one.amount_minor for one in tips)
        if money:
            self._rows.add(
                Allocation, invoice_id=invoice_id, source=AllocationSource.PAYMENT.value,
                payment_id=payment_id, location_id=self._place.id, amount_minor=money, business_date=day,
            )  # fmt: skip
        settles = Line(Account.ACCOUNTS_RECEIVABLE, -money, self._place.id, invoice_id=invoice_id)
        self._take_money(payment_id, day, paid, [settles, *tips])
        return Money(payment_id, money), [_opposite(one) for one in tips]

    def _deposit(self, client_id: UUID, day: dt.date, at: dt.datetime, lines: Sequence[Sale]) -> None:
        paid = sum(one.paid_minor for one in lines)
        payment_id, tips = self._payment(client_id, day, at, lines, PaymentPurpose.DEPOSIT, None)
        held = paid + sum(one.amount_minor for one in tips)
        deposit = Line(Account.CLIENT_DEPOSITS, -held, self._place.id, client_id=client_id)
        self._take_money(payment_id, day, paid, [deposit, *tips])
        self._hand_over("payment", payment_id, day, [_opposite(one) for one in (deposit, *tips)])

    def _payment(
        self, client_id: UUID, day: dt.date, at: dt.datetime, lines: Sequence[Sale],
        purpose: PaymentPurpose, invoice_id: UUID | None,
    ) -> tuple[UUID, list[Line]]:  # fmt: skip
        """The payment row, and the owed of its tips per provider."""
        paid = sum(one.paid_minor for one in lines)
        tip = min(sum(one.tip_minor for one in lines), paid)
        payment_id = self._rows.add(
            Payment, client_id=client_id, location_id=self._place.id,
            drawer_session_id=self._days.session(day), invoice_id=invoice_id, purpose=purpose.value,
            tender=Tender.UNKNOWN.value, status=PaymentStatus.SUCCEEDED.value, currency=self._place.currency,
            amount_minor=paid, tip_minor=tip, rounding_minor=0, business_date=day, succeeded_at=at,
        )  # fmt: skip
        owed: list[Line] = []
        if tip:
            weights: dict[UUID, int] = {}
            for one in lines:
                provider = self._catalogue.provider(one.sold_by)
                weights[provider] = weights.get(provider, 0) + one.tip_minor
            for provider, part in zip(weights, split(tip, list(weights.values())), strict=True):
                if part:
                    self._rows.add(Tip, payment_id=payment_id, provider_id=provider, amount_minor=part)
                    owed.append(Line(Account.TIPS_PAYABLE, -part, self._place.id, provider_id=provider))
        return payment_id, owed

    def _take_money(self, payment_id: UUID, day: dt.date, paid: int, owed: list[Line]) -> None:
        opening = Line(Account.OPENING_BALANCES, paid, self._place.id)
        self._enter(LedgerEvent.PAYMENT_TAKEN, "payment", payment_id, day, [opening, *owed])

    def _hand_over(self, kind: str, source_id: UUID, day: dt.date, lines: list[Line]) -> None:
        """An entry of cutover: what these lines move, opening balances take."""
        moved = sum(one.amount_minor for one in lines)
        opening = Line(Account.OPENING_BALANCES, -moved, self._place.id)
        self._enter(LedgerEvent.CUTOVER, kind, source_id, day, [*lines, opening])

    def _enter(self, event: LedgerEvent, kind: str, source_id: UUID, day: dt.date, lines: list[Line]) -> None:
        if any(one.amount_minor for one in lines):
            self.entries.append(Entry(event, kind, source_id, day, lines))


def _opposite(line: Line) -> Line:
    values: dict[str, Any] = {name: getattr(line, name) for name in Line.__slots__}
    return Line(**{**values, "amount_minor": -line.amount_minor})
