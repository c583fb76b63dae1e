"""How a column looks outside the operational store: its name and the expression that generalises it.

Pure; from it come the de-identified views, the extraction contract and the dbt sources. No SQL is run here.
"""

from __future__ import annotations

from sqlalchemy import Column, Table

from medspa.kernel.phi import LEAVES, Generalise, Phi, phi_of
from operational.models.base import Base

BOOKKEEPING = frozenset({"changed_xid"})
"""Columns that change capture reads and that never land."""


def models() -> list[type[Base]]:
    """Mapped classes in dependency order of their tables."""
    by_table = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    return [by_table[table] for table in Base.metadata.sorted_tables if table in by_table]


def outside_name(column: Column[object]) -> str:
    """The name of a column that leaves, as the view shows it."""
    if phi_of(column) is not Phi.QUASI:
        return str(column.name)
    rule = Generalise(column.info["generalise"])
    return "birth_month" if rule is Generalise.BIRTH_MONTH else "zip3"


def exported_columns(table: Table) -> list[tuple[Column[object], str, str]]:
    """(column, SQL expression, name outside) of every column that leaves."""
    columns = []
    for column in table.columns:
        tag = phi_of(column)
        if tag not in LEAVES or not column.info.get("land", True):
            continue
        expression = f"t.{column.name}"
        if tag is Phi.QUASI:
            expression = f"deid.{Generalise(column.info['generalise']).value}(t.{column.name})"
        columns.append((column, expression, outside_name(column)))
    return columns
