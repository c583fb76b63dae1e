"""Printing for people and programs: tables and notes, or one JSON document on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table


def say(text: str) -> None:
    """A line for people, on standard output."""
    typer.echo(text)


def note(text: str) -> None:
    """A line about progress, on standard error, so that output can be piped."""
    typer.echo(text, err=True)


def emit_json(value: Any) -> None:
    """One JSON document; dates, ids and the like as text."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people; numbers are right-aligned."""
    listed = [list(row) for row in rows]
    shown = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[index], int | float) for row in listed)
        shown.add_column(column, justify="right" if numeric else "left")
    for row in listed:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(soft_wrap=False).print(shown)


def records(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table of records that share their keys."""
    columns = list(rows[0]) if rows else []
    table(title, columns, ([row[column] for column in columns] for row in rows))
