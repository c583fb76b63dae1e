"""A Vagaro export read whole: files found, rows made records, what is none told to the loss report."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from operational.importers.report import LossReport
from operational.importers.vagaro import records
from operational.importers.vagaro.files import CUSTOMERS, TRANSACTIONS, read_folder
from operational.importers.vagaro.records import Balance, Customer, Sale, Sold
from operational.importers.values import DateOrder

LEFT_OUT = [
    "Tenders: the export does not say how was paid; payments have the tender unknown.",
    "Quantities of product: treatment records of history have no units.",
    "Jurisdictions of taxes: they stand under one named Imported history.",
    "Packages and memberships: what was paid is taken as money received; sessions left are not moved in.",
    "Appointments that were cancelled, missed or lie ahead: the transaction list does not hold them.",
]


@dataclass
class Export:
    """What the files of a folder say."""

    customers: list[Customer] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    report: LossReport = field(default_factory=LossReport)

    @property
    def services(self) -> set[str]:
        """What a mapping must name."""
        return {one.item for one in self.sales if one.sold is Sold.SERVICE}


def read_export(folder: Path, order: DateOrder | None = None) -> Export:
    """Raises FileMissing, FileUnreadable, ForeignFile, ColumnMissing or DatesUnclear."""
    export = Export()
    export.report.left_out = list(LEFT_OUT)
    for source in read_folder(folder):
        dates = records.date_order(source, order)
        report = export.report.file(source.name)
        export.report.read[source.name] = len(source.rows)
        if source.kind == CUSTOMERS:
            export.customers += records.records(source, dates, report, records.customer)
        elif source.kind == TRANSACTIONS:
            export.sales += records.records(source, dates, report, records.sale)
        else:
            export.balances += records.records(source, dates, report, records.balance)
    return export
