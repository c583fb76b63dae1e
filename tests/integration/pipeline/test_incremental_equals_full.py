"""Any history, cut into batches anywhere, gives the warehouse that one full reading gives."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medspa.kernel.settings import Settings
from pipelines.load.rebuild import empty_raw
from tests.factories.practice import make_practice
from tests.factories.warehouse import bring_in, raw_content, settings_for
from tests.support.databases import Database, Servers

CODES = st.none() | st.sampled_from(["web", "friend", "null", "a,b"])
WORDS = st.sampled_from(["", "naïve ☂", "a,b\"'\\", "{}", "NULL", "\t\n", "\\N"])
FLAGS = ["vip", "minor", "no_recall"]
NEW_CLIENT = st.tuples(st.just("new_client"), st.integers(0, 1), st.none() | st.dates(), CODES)
CHANGE_CLIENT = st.tuples(
    st.just("change_client"), st.integers(0, 9), CODES, st.lists(st.sampled_from(FLAGS))
)
MERGE = st.tuples(st.just("merge"), st.integers(0, 9), st.integers(0, 9))
NEW_PRODUCT = st.tuples(st.just("new_product"), st.integers(0, 1), st.integers(0, 2**62), WORDS)
CHANGE_PRODUCT = st.tuples(st.just("change_product"), st.integers(0, 9), st.none() | st.integers(1, 900))
LOAD = st.just(("load",))
ROLLED_BACK = st.tuples(st.just("rolled_back"), st.integers(0, 1))
HISTORY = st.lists(
    st.one_of(NEW_CLIENT, CHANGE_CLIENT, MERGE, NEW_PRODUCT, CHANGE_PRODUCT, LOAD, ROLLED_BACK),
    min_size=1,
    max_size=14,
)

_PICK = "(select id from {table} where org_id = %s order by id offset %s limit 1)"


class Store:
    """Two organizations whose rows are written one committed transaction at a time."""

    def __init__(self, database: Database) -> None:
        self.orgs = [make_practice(database, slug).org_id for slug in ("left", "right")]
        self._connection = database.connect("admin", autocommit=True)

    def apply(self, step: tuple[object, ...]) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def _new_client(self, org: int, born: object, source: str | None) -> None:
        self._connection.execute(
            "insert into client (org_id, id, client_key, first_name, last_name, birth_date, source, flags,"
            " created_at) values (%s, %s, gen_random_uuid(), 'A', 'B', %s, %s, '{}', now())",
            (self.orgs[org], uuid.uuid4(), born, source),
        )

    def _change_client(self, index: int, source: str | None, flags: list[str]) -> None:
        org = self.orgs[index % 2]
        self._connection.execute(
            f"update client set source = %s, flags = %s where org_id = %s and id = {_PICK}".format(
                table="client"
            ),
            (source, flags, org, org, index // 2),
        )

    def _merge(self, index: int, into: int) -> None:
        org = self.orgs[index % 2]
        self._connection.execute(
            f"update client set merged_into_id = {_PICK} where org_id = %s and id = {_PICK}".format(
                table="client"
            ),
            (org, into // 2, org, org, index // 2),
        )

    def _new_product(self, org: int, price: int, word: str) -> None:
        self._connection.execute(
            "insert into product (org_id, id, name, unit, price_minor, is_retail, tax_class, active,"
            " created_at) values (%s, %s, %s, 'unit', %s, true, 'goods', true, now())",
            (self.orgs[org], uuid.uuid4(), word + uuid.uuid4().hex, price),
        )

    def _change_product(self, index: int, cycle: int | None) -> None:
        org = self.orgs[index % 2]
        self._connection.execute(
            f"update product set cycle_days = %s where org_id = %s and id = {_PICK}".format(table="product"),
            (cycle, org, org, index // 2),
        )

    def _rolled_back(self, org: int) -> None:
        with self._connection.transaction(force_rollback=True):
            self._new_client(org, None, "never")


@pytest.fixture(scope="module")
def stores(servers: Servers) -> Iterator[tuple[Database, Database, Database]]:
    """The operational store, the warehouse loaded bit by bit, and the one loaded at once."""
    with (
        servers.clone("operational") as operational,
        servers.clone("warehouse") as stepwise,
        servers.clone("warehouse") as at_once,
    ):
        yield operational, stepwise, at_once


@pytest.fixture(scope="module")
def store(stores: tuple[Database, Database, Database]) -> Store:
    return Store(stores[0])


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=HISTORY)
def test_any_history_in_any_batches(
    stores: tuple[Database, Database, Database],
    store: Store,
    tmp_path: Path,
    history: list[tuple[object, ...]],
) -> None:
    operational, stepwise, at_once = stores
    lake = settings_for(operational, stepwise, tmp_path / "stepwise")
    for step in history:
        if step == ("load",):
            bring_in(lake, *store.orgs)
        else:
            store.apply(step)
    bring_in(lake, *store.orgs)
    assert raw_content(stepwise) == _read_at_once(operational, at_once, tmp_path, store)


def _read_at_once(
    operational: Database, warehouse: Database, tmp_path: Path, store: Store
) -> dict[str, list[str]]:
    fresh: Settings = settings_for(operational, warehouse, tmp_path / uuid.uuid4().hex)
    empty_raw(fresh)
    bring_in(fresh, *store.orgs)
    return raw_content(warehouse)


def test_the_comparison_sees_a_missed_row(
    stores: tuple[Database, Database, Database], store: Store, tmp_path: Path
) -> None:
    operational, stepwise, at_once = stores
    store.apply(("new_client", 0, None, "web"))
    control = settings_for(operational, stepwise, tmp_path / "control")
    empty_raw(control)
    bring_in(control, *store.orgs)
    assert raw_content(stepwise) == _read_at_once(operational, at_once, tmp_path, store)
    with psycopg.connect(stepwise.dsn("load")) as connection:
        connection.execute(
            "update raw.client set source = 'other' where ctid = (select min(ctid) from raw.client)"
        )
    assert raw_content(stepwise) != _read_at_once(operational, at_once, tmp_path, store)
