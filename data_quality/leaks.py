"""The leak search: identifying values of the operational store, looked for wherever none may be.

The composition root hands in what to look for, for it alone may read it. Only counts come out: no value, no
row, no excerpt. Values are looked up in sets, so that a million of them cost no more than one.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from psycopg import sql

_EMAIL = re.compile(r"[a-z0-9._%+'-]+@[a-z0-9.-]+\.[a-z]{2,}")
_DIGITS = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PHONE_DIGITS = 10
"""Numbers are compared by their last ten digits, so that a country code makes no difference."""
_DUMPED = (
    "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
)


@dataclass(frozen=True)
class Needles:
    """What may not be found. `canaries` are looked for anywhere in a text, letter for letter."""

    canaries: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()
    """First and last name; only both next to each other identify anybody."""

    @classmethod
    def of(
        cls,
        *,
        canaries: Iterable[str] = (),
        phones: Iterable[str] = (),
        emails: Iterable[str] = (),
        names: Iterable[tuple[str, str]] = (),
    ) -> Needles:
        """Normalised: letters small, numbers as their last ten digits, names by their adjoining words."""
        return cls(
            canaries=frozenset(one.lower() for one in canaries if one),
            phones=frozenset(found for one in phones if (found := _number(one))),
            emails=frozenset(one.lower() for one in emails if one),
            names=frozenset(
                (_WORD.findall(first.lower())[-1], _WORD.findall(last.lower())[0])
                for first, last in names
                if _WORD.search(first) and _WORD.search(last)
            ),
        )

    def __len__(self) -> int:
        return len(self.canaries) + len(self.phones) + len(self.emails) + len(self.names)


@dataclass
class Leaks:
    """Place → kind → how many. Places are files and tables, never rows."""

    found: dict[str, Counter[str]] = field(default_factory=dict)
    searched: int = 0
    """Files and tables looked through."""

    @property
    def total(self) -> int:
        return sum(sum(kinds.values()) for kinds in self.found.values())

    def add(self, place: str, kinds: Counter[str]) -> None:
        self.searched += 1
        if kinds:
            self.found[place] = kinds


def search_text(needles: Needles, text: str) -> Counter[str]:
    """Count what is found in one text."""
    lowered = text.lower()
    counts: Counter[str] = Counter()
    counts["canary"] = sum(lowered.count(one) for one in needles.canaries)
    if needles.emails and "@" in lowered:
        counts["email"] = sum(1 for one in _EMAIL.findall(lowered) if one.strip("'") in needles.emails)
    if needles.phones:
        counts["phone"] = sum(1 for one in _DIGITS.findall(lowered) if _number(one) in needles.phones)
    if needles.names:
        words = _WORD.findall(lowered)
        pairs = itertools.pairwise(words)
        counts["name"] = sum(1 for a, b in pairs if (a, b) in needles.names or (b, a) in needles.names)
    return +counts


def search_files(needles: Needles, roots: Iterable[Path]) -> Leaks:
    """Look through every file under the folders: Parquet by its columns, everything else as text."""
    leaks = Leaks()
    for root in roots:
        for path in sorted(one for one in root.rglob("*") if one.is_file()):
            counts: Counter[str] = Counter()
            for text in _texts(path):
                counts += search_text(needles, text)
            leaks.add(str(path.relative_to(root)), counts)
    return leaks


def search_database(needles: Needles, dsn: str, schemas: Iterable[str] | None = None) -> Leaks:
    """Look through every column of every table of the schemas, or of all schemas but PostgreSQL's own."""
    leaks = Leaks()
    wanted = None if schemas is None else set(schemas)
    with psycopg.connect(dsn) as connection:
        for schema, table in connection.execute(
            _DUMPED + " where c.relkind in ('r', 'p', 'm') order by 1, 2"
        ).fetchall():
            if schema in ("pg_catalog", "information_schema") or (
                wanted is not None and schema not in wanted
            ):
                continue
            leaks.add(f"{schema}.{table}", _in_table(needles, connection, schema, table))
    return leaks


def _in_table(needles: Needles, connection: psycopg.Connection[Any], schema: str, table: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    query = sql.SQL("copy (select dumped::text from {} as dumped) to stdout").format(
        sql.Identifier(schema, table)
    )
    with connection.cursor() as cursor, cursor.copy(query) as rows:
        for block in rows:
            counts += search_text(needles, bytes(block).decode("utf-8", "replace"))
    return counts


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        yield str(pq.read_metadata(path).metadata or "")
        for batch in pq.ParquetFile(path).iter_batches():
            for column in batch.columns:
                yield " \n".join(str(one) for one in column.to_pylist() if one is not None)
        return
    # SQLite, logs and artifacts alike: what is not text decodes to noise around the text that is.
    yield path.read_bytes().decode("utf-8", "replace")


def _number(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits[-_PHONE_DIGITS:] if len(digits) >= _PHONE_DIGITS else ""
