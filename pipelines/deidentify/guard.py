"""The last look before anything leaves: only the tagged columns, with their types, generalised.

The database already refuses other columns to the extracting role; this refuses what a mistaken view or
grant would let through. Messages name tables and columns, never values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from medspa.kernel.phi import LEAVES
from pipelines.contract import TableContract, contracts
from pipelines.errors import GuardRefused

_ZIP3 = "zip3"
_BIRTH_MONTH = "birth_month"


def check_views(found: Mapping[str, Sequence[str]]) -> None:
    """`found`: view → its columns as the source shows them now. Raises GuardRefused on any difference."""
    expected = {name: {*table.names, "changed_xid"} for name, table in contracts().items()}
    if extra := sorted(found.keys() - expected.keys()):
        raise GuardRefused(f"The source shows views that no model declares: {', '.join(extra)}.")
    if missing := sorted(expected.keys() - found.keys()):
        raise GuardRefused(f"The source lacks views: {', '.join(missing)}. Migrate it first.")
    for name, columns in found.items():
        if extra := sorted(set(columns) - expected[name]):
            raise GuardRefused(f"The view {name} shows columns that no tag lets out: {', '.join(extra)}.")
        if missing := sorted(expected[name] - set(columns)):
            raise GuardRefused(f"The view {name} lacks columns: {', '.join(missing)}. Migrate the source.")


def check_rows(table: pa.Table, contract: TableContract) -> None:
    """Names, types and generalisation of rows about to be written. Raises GuardRefused."""
    if any(column.tag not in LEAVES for column in contract.columns):
        raise GuardRefused(f"{contract.name}: a column of the contract may not leave.")
    got = [(field.name, field.type) for field in table.schema]
    want = [(column.name, column.arrow_type) for column in contract.columns]
    if got != want:
        wrong = sorted({name for name, _ in set(got) ^ set(want)}) or ["(their order)"]
        raise GuardRefused(f"{contract.name}: columns or types differ from the tags: {', '.join(wrong)}.")
    if _ZIP3 in contract.names and not _all(pc.match_substring_regex(table.column(_ZIP3), "^[0-9]{3}$")):
        raise GuardRefused(f"{contract.name}: a ZIP code is not generalised to three digits.")
    if _BIRTH_MONTH in contract.names and not _all(pc.equal(pc.day(table.column(_BIRTH_MONTH)), 1)):
        raise GuardRefused(f"{contract.name}: a birth date is not generalised to its month.")


def _all(truths: pa.ChunkedArray) -> bool:
    """True when no value is false; NULL and no rows pass."""
    return pc.all(truths).as_py() is not False
