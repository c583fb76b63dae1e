"""One migrated warehouse per test, seeded as the loader leaves it, and dbt parsed once per process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from medspa.kernel.settings import Settings
from pipelines.build.run import BuildResult, build
from tests.factories.raw import RawStore
from tests.factories.raw_day import full_day, outside_day
from tests.factories.raw_practice import RawPractice
from tests.support.databases import Database, Servers


@pytest.fixture
def warehouse(built_warehouse: Database) -> Database:
    return built_warehouse


@pytest.fixture(scope="module")
def warehouse_module(servers: Servers) -> Iterator[Database]:
    """One for the tests of a file."""
    with servers.clone("warehouse", built=True) as database:
        yield database


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


@dataclass(frozen=True)
class Built:
    """A warehouse with two practices and a closed day each, built once for all tests that leave it so."""

    database: Database
    settings: Settings
    store: RawStore
    practice: RawPractice
    other: RawPractice
    result: BuildResult


@pytest.fixture(scope="session")
def built(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with servers.clone("warehouse") as database:
        settings = settings_over(database, tmp_path_factory.mktemp("built"))
        store = RawStore(database.connect("load", autocommit=True))
        with store.batch():
            practices = [RawPractice(store, seed).open() for seed in (1, 2)]
            for practice in practices:
                full_day(practice)
                outside_day(practice)
        result = build(settings, store.batch_id)
        yield Built(database, settings, store, practices[0], practices[1], result)


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
            "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r'"
            " order by 1",
            (schema,),
        )
    ]
