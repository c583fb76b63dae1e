"""Everything an import would write, decided row by row. Reads the store's state as given; writes nothing."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from medspa.kernel import clock
from medspa.kernel.ids import new_id
from operational.importers.balances import Balances
from operational.importers.catalogue import Catalogue
from operational.importers.days import Days
from operational.importers.mapping import ServiceMapping
from operational.importers.people import People
from operational.importers.refunds import Refunds
from operational.importers.report import LossReport, Outcome, RowRefused
from operational.importers.rows import Rows
from operational.importers.sales import Opened, Sales
from operational.importers.store import Known
from operational.importers.vagaro.files import BALANCES, CUSTOMERS, TRANSACTIONS
from operational.importers.vagaro.read import Export
from operational.importers.vagaro.records import Balance, Record, Sale, Sold
from operational.importers.visits import Visits
from operational.ledger.post import Entry
from operational.models import ImportRow


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows and entries to write, the days to close after them, and the run they belong to."""

    run_id: UUID
    rows: Rows
    entries: list[Entry]
    days: Days
    report: LossReport


def plan(org_id: UUID, export: Export, mapping: ServiceMapping, known: Known) -> Plan:
    """Decide on every row of the export."""
    # Everything made here is kept: looking for garbage among it takes a third of the time.
    collected = gc.isenabled()
    gc.disable()
    try:
        return _Planner(org_id, export, mapping, known).made()
    finally:
        if collected:
            gc.enable()


class _Planner:
    def __init__(self, org_id: UUID, export: Export, mapping: ServiceMapping, known: Known) -> None:
        self._known = known
        self._export = export
        self._report = export.report
        self._run_id = new_id()
        self._rows = rows = Rows(org_id, clock.now())
        place = known.place
        catalogue = Catalogue(org_id, known, mapping, rows)
        self._days = Days(known, rows)
        self._people = People(known, rows)
        self._sales = Sales(place, catalogue, self._days, Visits(place, catalogue, rows), rows)
        self._refunds = Refunds(place, catalogue, self._days, self._sales, rows)
        self._balances = Balances(org_id, known, self._days, rows)
        self._taken: set[str] = set()

    def made(self) -> Plan:
        self._take_customers()
        opened = self._opened()
        self._take_sales(opened)
        self._take_refunds()
        self._take_balances(opened)
        entries = [*self._sales.entries, *self._refunds.entries, *self._balances.entries]
        entries.sort(key=lambda one: one.business_date)
        return Plan(self._run_id, self._rows, entries, self._days, self._report)

    def _is_new(self, record: Record) -> bool:
        """False for a row that an earlier import, or another file of this one, has told of."""
        report = self._report.file(record.file)
        if record.fingerprint in self._known.rows:
            report.tell(record.row, Outcome.KNOWN)
        elif record.fingerprint in self._taken:
            report.tell(record.row, Outcome.MERGED, "told_twice")
        else:
            self._taken.add(record.fingerprint)
            return True
        return False

    def _told(
        self, kind: str, record: Record, client_id: UUID | None, outcome: Outcome, reason: str = ""
    ) -> None:
        self._report.file(record.file).tell(record.row, outcome, reason)
        self._rows.add(
            ImportRow, run_id=self._run_id, fingerprint=record.fingerprint, kind=kind, row_no=record.row,
            outcome=outcome.value, client_id=client_id,
        )  # fmt: skip

    def _refuse(self, record: Record, reason: str) -> None:
        self._taken.discard(record.fingerprint)
        self._report.file(record.file).tell(record.row, Outcome.REFUSED, reason)

    def _take_customers(self) -> None:
        for customer in self._export.customers:
            if not self._is_new(customer):
                self._people.recall(customer, self._known.rows.get(customer.fingerprint))
                continue
            client_id, merged = self._people.take(customer)
            outcome, reason = (Outcome.MERGED, "same_person") if merged else (Outcome.IMPORTED, "")
            self._told(CUSTOMERS, customer, client_id, outcome, reason)

    def _opened(self) -> dict[str, Balance]:
        """The listed open invoices by transaction; the first of two on one transaction counts."""
        opened: dict[str, Balance] = {}
        for balance in self._export.balances:
            if balance.kind == "open_invoice" and balance.fingerprint not in self._known.rows:
                opened.setdefault(balance.reference, balance)
        return opened

    def _take_sales(self, opened: dict[str, Balance]) -> None:
        by_transaction: dict[str, list[Sale]] = defaultdict(list)
        for sale in self._export.sales:
            if not sale.refund and self._is_new(sale):
                lines = by_transaction[sale.transaction]
                if self._is_of_file(sale, lines[0].file if lines else sale.file):
                    lines.append(sale)
        for transaction, lines in by_transaction.items():
            self._take_transaction(lines, opened.get(transaction))

    def _take_transaction(self, lines: Sequence[Sale], opened: Balance | None) -> None:
        first, place = lines[0], self._known.place
        day = place.business_day(first.day, first.time)
        reason = place.refuses(day)
        if self._sales.number(first.transaction) in self._known.invoices:
            reason = "transaction_known"
        kept = [] if reason else [one for one in lines if self._belongs(one, first)]
        client_id = None
        if kept:
            try:
                client_id = self._people.find(first.customer, first.email, first.phone)
            except RowRefused as refused:
                reason = refused.reason
        if reason or client_id is None:
            for line in lines if reason else []:
                self._refuse(line, reason)
            return
        self._sales.take(client_id, day, kept, self._open_part(kept, opened))
        for line in kept:
            self._told(TRANSACTIONS, line, client_id, Outcome.IMPORTED)

    def _is_of_file(self, sale: Sale, file: str) -> bool:
        """A transaction is one file's: where another writes it in other words, it would count twice."""
        if sale.file != file:
            self._refuse(sale, "transaction_known")
        return sale.file == file

    def _belongs(self, line: Sale, first: Sale) -> bool:
        if line.customer != first.customer:
            self._refuse(line, "transaction_of_two_customers")
        elif line.day != first.day:
            self._refuse(line, "transaction_on_two_days")
        else:
            return True
        return False

    def _open_part(self, lines: Sequence[Sale], opened: Balance | None) -> Opened | None:
        if opened is None:
            return None
        billed = [one for one in lines if one.sold is not Sold.PREPAID]
        due = sum(one.net_minor + one.tax_minor for one in billed)
        paid = sum(one.paid_minor for one in billed)
        paid -= min(sum(one.tip_minor for one in billed), paid)
        if opened.amount_minor > due - paid:
            self._refuse(opened, "more_than_unpaid")
            return None
        self._taken.add(opened.fingerprint)
        self._told(BALANCES, opened, None, Outcome.IMPORTED)
        return Opened(opened.amount_minor, opened.due)

    def _take_refunds(self) -> None:
        files: dict[str, str] = {}
        refunds = [
            one
            for one in self._export.sales
            if one.refund
            and self._is_new(one)
            and self._is_of_file(one, files.setdefault(one.transaction, one.file))
        ]
        for refund in sorted(refunds, key=lambda one: (one.day, one.row)):
            day = self._known.place.business_day(refund.day, refund.time)
            try:
                if reason := self._known.place.refuses(day):
                    raise RowRefused(reason)
                client_id = self._people.find(refund.customer, refund.email, refund.phone)
                self._refunds.take(client_id, day, refund)
            except RowRefused as refused:
                self._refuse(refund, refused.reason)
            else:
                self._told(TRANSACTIONS, refund, client_id, Outcome.IMPORTED)

    def _take_balances(self, opened: dict[str, Balance]) -> None:
        for balance in self._export.balances:
            if balance.row in self._report.file(balance.file).outcomes or not self._is_new(balance):
                continue
            if balance.kind == "open_invoice":
                first = opened.get(balance.reference)
                self._refuse(balance, "told_twice" if first is not balance else "transaction_unknown")
                continue
            if balance.kind == "package":
                self._refuse(balance, "package_not_moved")
                continue
            try:
                client_id = self._people.find(balance.customer, balance.email, balance.phone)
                self._balances.take(client_id, balance)
            except RowRefused as refused:
                self._refuse(balance, refused.reason)
            else:
                self._told(BALANCES, balance, client_id, Outcome.IMPORTED)
