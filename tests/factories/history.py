"""Exports of an earlier system, written for tests: generated people, amounts worked out by hand."""

from __future__ import annotations

import csv
import datetime as dt
import uuid
from collections.abc import Sequence
from pathlib import Path

from medspa.kernel.database import session_scope
from operational.catalogue.defaults import CATEGORIES, PRODUCTS
from operational.identity.access import Actor
from operational.importers.mapping import ServiceMapping, proposal, read
from operational.importers.report import LossReport
from operational.importers.run import move_in
from operational.importers.vagaro.read import Export, read_export
from tests.support.databases import Database

NOW = dt.datetime(2026, 3, 10, 18, 0, tzinfo=dt.UTC)
"""The day of the move, a Tuesday: history ends the day before."""
CUSTOMERS = ["Name", "Customer Since", "Last Visit", "Amount Paid", "Email", "Phone", "Birthday"]
SALES = [
    "Checkout Date", "Transaction ID", "Appointment Date", "Customer",
    "Service/Product/GC/Package/Membership/Class", "Transaction Type", "Sold By", "Source", "Qty", "Price",
    "Tax", "Tip", "Disc", "Amt Paid",
]  # fmt: skip
BALANCES = ["Kind", "Customer", "Reference", "Amount", "Due"]
Cells = Sequence[object]

PEOPLE: list[Cells] = [
    ["Moreau, Ida", "01/15/2023", "", "$0.00", "ida@history.example", "(212) 555-0142", ""],
    ["Theo Blanc", "02/20/2024", "", "$0.00", "theo@history.example", "", ""],
]
# Services 420 + 400 + 90 + 199 = 1,109.00; goods 196.00; discount 20.00; credited 98.00: recognised 1,187.00.
# Collected 460 + 211.68 + 400 + 100 + 150 + 500 − 105.84 = 1,715.84. Open: 99.00 of T4.
STORY: list[Cells] = [
    ["11/03/2025", "T1", "11/03/2025 2:30 PM", "Ida Moreau", "Botox", "Service", "Nurse One", "POS", "1",
     "$420.00", "$0.00", "$60.00", "$20.00", "$460.00"],
    ["11/03/2025", "T1", "", "Ida Moreau", "Vitamin C Serum", "Product", "Nurse One", "POS", "2", "$98.00",
     "$15.68", "", "", "$211.68"],
    ["12/15/2025", "T2", "12/15/2025", "Moreau, Ida", "Botox", "Service", "Nurse One", "POS", "1", "$400.00",
     "", "", "", "$400.00"],
    ["01/05/2026", "T3", "01/05/2026", "Blanc, Theo", "Botox Touch-Up", "Service", "Nurse Two", "POS", "1",
     "$90.00", "", "", "", "$0.00"],
    ["01/06/2026", "T4", "01/06/2026", "Theo Blanc", "HydraFacial", "Service", "Nurse Two", "POS", "1",
     "$199.00", "", "", "", "$100.00"],
    ["01/07/2026", "T5", "", "Theo Blanc", "Gift Certificate", "Gift Certificate", "", "POS", "1", "$150.00",
     "", "", "", "$150.00"],
    ["01/08/2026", "T6", "", "Theo Blanc", "Glow Package", "Package", "Nurse Two", "POS", "1", "$500.00", "",
     "", "", "$500.00"],
    ["01/10/2026", "T7", "", "Ida Moreau", "Vitamin C Serum", "Product", "Nurse One", "POS", "1", "($98.00)",
     "($7.84)", "", "", "($105.84)"],
]  # fmt: skip
OUTSTANDING: list[Cells] = [
    ["open invoice", "Theo Blanc", "T4", "$99.00", "01/20/2026"],
    ["credit", "Theo Blanc", "", "$25.00", ""],
    ["gift card", "Theo Blanc", "MOVE-1234", "$80.00", ""],
]
RECOGNISED, COLLECTED, OPEN, CREDIT, CARDS = 118_700, 171_584, 9_900, 2_500, 8_000


def write(
    folder: Path,
    customers: Sequence[Cells] = PEOPLE,
    sales: Sequence[Cells] = STORY,
    balances: Sequence[Cells] = (),
    *,
    encoding: str = "utf-8",
) -> Path:
    """The files of an export, with the preamble that reports have."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, rows in (
        ("Customers", CUSTOMERS, customers),
        ("TransactionList", SALES, sales),
        ("Balances", BALANCES, balances),
    ):
        if rows or name != "Balances":
            with (folder / f"{name}.csv").open("w", newline="", encoding=encoding) as file:
                csv.writer(file).writerows([[name], ["All employees, all dates"], [], header, *rows])
    return folder


def mapping_for(folder: Path, export: Export) -> ServiceMapping:
    """The mapping that the import proposes, taken as it is."""
    path = folder / "mapping.yaml"
    path.write_text(proposal(export.services))
    return read(path, CATEGORIES, PRODUCTS)


def bring_in(database: Database, actor: Actor, location_id: uuid.UUID, folder: Path) -> LossReport:
    """Read the folder and move it in, in one transaction."""
    export = read_export(folder)
    mapping = mapping_for(folder, export)
    with session_scope(database.engine("app"), actor.org_id) as session:
        return move_in(session, actor, location_id, export, mapping)
