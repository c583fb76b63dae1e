"""The dbt sources file, generated from the tags of the operational models.

Run as a module to rewrite it; a test fails when it differs. Staging models are written by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Enum, Table

from operational.models.outside import exported_columns, models
from pipelines.build.project import PROJECT
from pipelines.contract import ColumnContract, TableContract, contracts

SOURCES = PROJECT / "models" / "staging" / "operational" / "_sources.yml"
_HEADER = """\
# Generated from the tags of operational.models: do not edit.
# After a change of the models: python -m pipelines.build.sources
"""


Words = dict[tuple[str, str], list[str]]


def _words() -> Words:
    """(table, column) → the words of the vocabulary that it may hold."""
    return {
        (model.__tablename__, name): list(column.type.enums)
        for model in models()
        if model.__extracted__ and isinstance(model.__table__, Table)
        for column, _, name in exported_columns(model.__table__)
        if isinstance(column.type, Enum)
    }


def _column(
    table: TableContract, column: ColumnContract, words: dict[tuple[str, str], list[str]]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": str(column.name),
        "data_type": column.warehouse_type,
        "config": {"meta": {"phi": column.tag.value}},
    }
    allowed = words.get((table.name, column.name))
    if allowed:
        described["data_tests"] = [{"accepted_values": {"arguments": {"values": allowed}}}]
    return described


def render() -> str:
    """The sources file as text."""
    words = _words()
    descriptions = {model.__tablename__: " ".join((model.__doc__ or "").split()) for model in models()}
    tables = [
        {
            "name": str(table.name),
            "description": descriptions[table.name],
            "columns": [
                *(_column(table, column, words) for column in table.columns),
                {"name": "_batch_id", "data_type": "bigint"},
            ],
        }
        for table in sorted(contracts().values(), key=lambda one: one.name)
    ]
    document = {
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "description": "The de-identified operational tables as they were last loaded.",
                "tables": tables,
            },
            {
                "name": "before",
                "schema": "meta",
                "description": "Images of loaded rows before a batch updated or deleted them.",
                "tables": [{"name": f"before_{table['name']}"} for table in tables],
            },
        ]
    }
    return _HEADER + yaml.safe_dump(
        document, sort_keys=False, width=110, allow_unicode=True, default_flow_style=None
    )


def write(path: Path = SOURCES) -> None:
    path.write_text(render())


if __name__ == "__main__":
    write()
