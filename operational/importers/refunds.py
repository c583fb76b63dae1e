"""Refunds of history: a credit memo on the line that was sold, and the payout of what was given back.

The other system does not name the sale, so it is looked for: the same transaction first, then the latest
earlier sale of the same thing to the same client that still covers it. Without one a refund is refused.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from medspa.kernel.vocabulary import Account, CreditReason, LedgerEvent, PaymentStatus, Tender
from operational.importers.catalogue import Catalogue
from operational.importers.days import Days
from operational.importers.report import RowRefused
from operational.importers.rows import Rows
from operational.importers.sales import Sales, SoldLine
from operational.importers.store import Place
from operational.importers.vagaro.records import Sale, Sold
from operational.ledger.post import Entry, Line
from operational.models import CreditMemo, CreditMemoLine, Payout


class Refunds:
    """Writes refunds, in the order of their days, on the sales of the same import."""

    def __init__(self, place: Place, catalogue: Catalogue, days: Days, sales: Sales, rows: Rows) -> None:
        self._place = place
        self._catalogue = catalogue
        self._days = days
        self._sales = sales
        self._rows = rows
        self.entries: list[Entry] = []

    def take(self, client_id: UUID, day: dt.date, refund: Sale) -> None:
        """Raises RowRefused when no sale covers it."""
        line = self._sale_of(client_id, day, refund)
        place = self._place
        self._days.use(day)
        memo_id = self._rows.add(
            CreditMemo,
            number=f"CM-{self._sales.number(refund.transaction)}-{refund.fingerprint[:8]}",
            invoice_id=line.invoice_id,
            client_id=client_id,
            location_id=place.id,
            currency=place.currency,
            business_date=day,
            reason=(
                CreditReason.RETURNED_GOODS if refund.sold is Sold.PRODUCT else CreditReason.PRICE_ADJUSTMENT
            ).value,
        )
        net, tax, paid = refund.net_minor, refund.tax_minor, refund.paid_minor
        self._rows.add(
            CreditMemoLine, credit_memo_id=memo_id, invoice_line_id=line.line_id, net_minor=net, tax_minor=tax
        )
        line.net_left -= net
        line.tax_left -= tax
        owed = Line(
            Account.ACCOUNTS_RECEIVABLE, -(net + tax), place.id, invoice_id=line.invoice_id,
            invoice_line_id=line.line_id,
        )  # fmt: skip
        taxes: list[Line] = []
        if tax:
            of_tax = {"invoice_line_id": line.line_id, "jurisdiction_id": self._catalogue.jurisdiction()}
            taxes = [Line(Account.SALES_TAX_PAYABLE, one, place.id, **of_tax) for one in (tax, -tax)]
        credited = Line(Account.CREDIT_MEMOS, net, place.id, invoice_line_id=line.line_id)
        self._enter(LedgerEvent.CREDIT_MEMO_ISSUED, "credit_memo", memo_id, day, [credited, *taxes[:1], owed])
        if paid and line.money:
            line.money.left_minor -= paid
            self._pay_out(client_id, day, memo_id, line, refund)
        # Its tax was passed on there, and what was not given back as money became a balance there.
        balance = Line(Account.ACCOUNTS_RECEIVABLE, net + tax - paid, place.id, invoice_id=line.invoice_id)
        opening = Line(Account.OPENING_BALANCES, tax - (net + tax - paid), place.id)
        self._enter(LedgerEvent.CUTOVER, "credit_memo", memo_id, day, [*taxes[1:], balance, opening])

    def _sale_of(self, client_id: UUID, day: dt.date, refund: Sale) -> SoldLine:
        covering = [
            one
            for one in self._sales.sold.get((client_id, refund.item.lower()), [])
            if one.day <= day
            and one.net_left >= refund.net_minor
            and one.tax_left >= refund.tax_minor
            and (one.money.left_minor if one.money else 0) >= refund.paid_minor
        ]
        if not covering:
            raise RowRefused("refund_without_sale")
        return max(covering, key=lambda one: (one.transaction == refund.transaction, one.day))

    def _pay_out(self, client_id: UUID, day: dt.date, memo_id: UUID, line: SoldLine, refund: Sale) -> None:
        if line.money is None:
            return
        at = self._place.instant(refund.day, refund.time)
        payout_id = self._rows.add(
            Payout, client_id=client_id, location_id=self._place.id, credit_memo_id=memo_id,
            payment_id=line.money.payment_id, tender=Tender.UNKNOWN.value,
            status=PaymentStatus.SUCCEEDED.value, currency=self._place.currency,
            amount_minor=refund.paid_minor, tip_minor=0, rounding_minor=0, business_date=day,
            succeeded_at=at, drawer_session_id=self._days.session(day),
        )  # fmt: skip
        given = Line(
            Account.ACCOUNTS_RECEIVABLE, refund.paid_minor, self._place.id, invoice_id=line.invoice_id
        )
        opening = Line(Account.OPENING_BALANCES, -refund.paid_minor, self._place.id)
        self._enter(LedgerEvent.CREDIT_PAID_OUT, "payout", payout_id, day, [given, opening])

    def _enter(self, event: LedgerEvent, kind: str, source_id: UUID, day: dt.date, lines: list[Line]) -> None:
        if any(one.amount_minor for one in lines):
            self.entries.append(Entry(event, kind, source_id, day, lines))
