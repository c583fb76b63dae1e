"""One migrated warehouse per test, seeded as the loader leaves it, and dbt parsed once per process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from medspa.kernel.settings import Settings
from tests.factories.raw import RawStore
from tests.factories.raw_practice import RawPractice
from tests.support.databases import Database


@pytest.fixture
def warehouse_settings(warehouse: Database, tmp_path: Path) -> Settings:
    return settings_over(warehouse, tmp_path)


def settings_over(warehouse: Database, home: Path) -> Settings:
    return Settings(home=home / "var", mode="demo", operational={}, warehouse=warehouse.dsns)


@pytest.fixture
def store(warehouse: Database) -> RawStore:
    return RawStore(warehouse.connect("load", autocommit=True))


@pytest.fixture
def practice(store: RawStore) -> RawPractice:
    """A practice whose reference rows are batch 1."""
    practice = RawPractice(store)
    with store.batch():
        practice.open()
    return practice


Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def rows(warehouse: Database) -> Rows:
    """`rows(query, *parameters)` as the building role."""
    connection = warehouse.connect("build", autocommit=True)

    def fetch(query: str, *parameters: Any) -> list[dict[str, Any]]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), parameters).fetchall()

    return fetch


def relations_of(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r' order by 1",
            (schema,),
        )
    ]
