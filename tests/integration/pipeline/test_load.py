"""From the lake into raw: what moved is kept, nothing twice, a full re-read heals what capture cannot see."""

from __future__ import annotations

import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from medspa.kernel.settings import Settings
from pipelines.contract import contracts
from pipelines.errors import ControlTotalsDiffer, LakeDamaged
from pipelines.land.batch import Landed, Order
from pipelines.land.lake import Lake
from pipelines.load.batch import load_batch
from pipelines.load.ddl import relations
from pipelines.load.prune import prune
from pipelines.load.rebuild import empty_raw
from pipelines.load.run import due, is_counted, last_loaded, load_pending
from pipelines.run import land_and_load, lander
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import bring_in, keys_of, raw_content, settings_for
from tests.support.databases import Database
from tests.support.rows import seed_all

FULL = Order(full=True)
TOUCHED = Order(totals="touched")


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


@pytest.fixture
def settings(operational: Database, warehouse: Database, tmp_path: Path) -> Settings:
    return settings_for(operational, warehouse, tmp_path / "var")


def rows(database: Database, query: str, role: str = "load") -> list[tuple[object, ...]]:
    with psycopg.connect(database.dsn(role)) as connection:
        return connection.execute(query.encode()).fetchall()


def rename_client(operational: Database, client_id: uuid.UUID, source: str) -> None:
    with operational.connect("owner") as connection:
        connection.execute("update client set source = %s where id = %s", (source, client_id))


def test_first_batch_then_changes(
    operational: Database, warehouse: Database, settings: Settings, practice: Practice
) -> None:
    first = bring_in(settings, practice.org_id)
    assert (first.kind, first.reason) == ("full", "first")
    assert len(rows(warehouse, "select * from raw.client")) == 1
    assert rows(warehouse, "select count(*) from meta.before_client") == [(0,)]

    rename_client(operational, practice.client_id, "walk_in")
    make_client(operational, practice.org_id, "Second")
    second = bring_in(settings, practice.org_id)
    assert (second.kind, second.rows) == ("incremental", 2)
    table = rows(warehouse, "select * from meta.batch_table where batch_id = 2 and table_name = 'client'")
    assert table == [(2, "client", 2, 1, 1, 0)]
    assert rows(warehouse, "select source, _batch_id from meta.before_client") == [(None, 2)]
    assert rows(warehouse, "select count(*) from raw.client where _batch_id = 2") == [(2,)]

    prune(settings, published_batch=2)
    assert rows(warehouse, "select count(*) from meta.before_client") == [(0,)]


def test_nothing_new_lands_nothing(settings: Settings, practice: Practice) -> None:
    bring_in(settings, practice.org_id)
    again = bring_in(settings, practice.org_id)
    assert (again.batch_id, again.rows) == (None, 0)
    assert [ref.batch_id for ref in Lake(settings.lake).batches()] == [1]


def test_loading_a_batch_again_changes_nothing(
    warehouse: Database, settings: Settings, practice: Practice
) -> None:
    bring_in(settings, practice.org_id)
    lake = Lake(settings.lake)
    before = raw_content(warehouse), rows(warehouse, "select * from meta.batch")
    assert load_batch(settings.warehouse_dsn("load"), lake, lake.batches()[0]) is None
    assert (raw_content(warehouse), rows(warehouse, "select * from meta.batch")) == before


def test_full_reread_of_an_unchanged_store_moves_nothing(
    warehouse: Database, settings: Settings, practice: Practice
) -> None:
    bring_in(settings, practice.org_id)
    bring_in(settings, practice.org_id, order=FULL)
    assert rows(warehouse, "select distinct _batch_id from raw.client") == [(1,)]
    moved = rows(
        warehouse, "select sum(inserted + updated + deleted) from meta.batch_table where batch_id = 2"
    )
    assert moved == [(0,)]


@pytest.mark.parametrize("soon", [False, True], ids=["counted", "shown soon"])
def test_rows_deleted_behind_capture_are_noticed_and_healed(
    operational: Database, warehouse: Database, settings: Settings, practice: Practice, soon: bool
) -> None:
    """At the latest by the next whole count, though that batch brings no row of the table."""
    gone = make_client(operational, practice.org_id, "Gone")
    bring_in(settings, practice.org_id)
    with operational.connect("admin") as connection:
        connection.execute("delete from client where id = %s", (gone,))
    rename_client(operational, practice.client_id, "again")
    if soon:
        assert bring_in(settings, practice.org_id, order=TOUCHED).rows == 1
    with pytest.raises(ControlTotalsDiffer) as raised:
        bring_in(settings, practice.org_id)
    assert "client" in raised.value.detail
    assert last_loaded(settings.warehouse_dsn("load")) == 1 + soon

    landed, _ = land_and_load(settings, lander(settings, keys_of(practice.org_id), lambda _: None))
    assert landed.reason == "asked"
    assert rows(warehouse, "select count(*), min(source) from raw.client") == [(1, "again")]
    assert rows(warehouse, f"select count(*) from meta.before_client where _batch_id = {3 + soon}") == [
        (2 - soon,)
    ]


def test_a_warehouse_made_again_from_the_lake_is_the_same(
    operational: Database, warehouse: Database, settings: Settings, practice: Practice
) -> None:
    bring_in(settings, practice.org_id)
    for number in range(3):
        make_client(operational, practice.org_id, f"Client {number}")
        rename_client(operational, practice.client_id, f"source_{number}")
        bring_in(settings, practice.org_id)
    before = raw_content(warehouse)
    empty_raw(settings)
    assert raw_content(warehouse)["client"] == []
    load_pending(settings)
    assert raw_content(warehouse) == before


def test_batches_before_a_full_one_are_not_needed(settings: Settings, practice: Practice) -> None:
    for order in (Order(), FULL, Order(), FULL):
        bring_in(settings, practice.org_id, order=order)
    lake = Lake(settings.lake)
    assert [ref.batch_id for ref in due(lake, 0)] == [3]
    assert due(lake, 3) == []


def test_a_damaged_file_is_refused(warehouse: Database, settings: Settings, practice: Practice) -> None:
    bring_in(settings, practice.org_id)
    before = raw_content(warehouse)
    empty_raw(settings)
    (path,) = Path(settings.lake).rglob("client.parquet")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(LakeDamaged):
        load_pending(settings)
    assert raw_content(warehouse) != before
    assert rows(warehouse, "select count(*) from meta.batch") == [(0,)]


def test_a_lost_lake_starts_above_what_the_warehouse_holds(settings: Settings, practice: Practice) -> None:
    bring_in(settings, practice.org_id)
    bring_in(settings, practice.org_id, order=FULL)
    Path(settings.lake).rename(Path(settings.lake).with_name("lost"))
    landed, moved = land_and_load(settings, lander(settings, keys_of(practice.org_id), lambda _: None))
    assert (landed.batch_id, landed.reason, list(moved)) == (3, "first", [3])


def test_control_totals_are_the_source_own(
    operational: Database, warehouse: Database, settings: Settings, practice: Practice
) -> None:
    make_client(operational, practice.org_id, "Second")
    bring_in(settings, practice.org_id)
    got = rows(
        warehouse,
        "select org_id, measure, value from meta.control_total where table_name in ('client', 'location')"
        " order by table_name",
    )
    assert got == [(practice.org_id, "rows", 2), (practice.org_id, "rows", 2)]


@pytest.mark.parametrize("relation", ["raw.client", "meta.before_client", "meta.control_total", "meta.batch"])
def test_reporting_reads_nothing_of_the_loader(warehouse: Database, relation: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(warehouse, f"select * from {relation}", "reporting")


def test_every_loader_table_has_row_security(warehouse: Database) -> None:
    secured = rows(
        warehouse, "select oid::regclass::text from pg_class where relrowsecurity and relforcerowsecurity"
    )
    assert set(relations()) <= {name for (name,) in secured}


MONEY_TABLES = ("posting", "invoice_line", "payment", "payout", "refund_failure", "credit_memo")


def money_totals(warehouse: Database) -> list[tuple[object, ...]]:
    return rows(
        warehouse,
        "select table_name, org_id, location_id, business_date, key, value from meta.control_total"
        " where measure not in ('rows', 'uncounted') order by 1, 2, 3, 4, 5",
    )


def written_again(operational: Database, org_id: uuid.UUID, day: str) -> None:
    """A second row like the first in every table that holds money, on another day."""
    other = {name: str(uuid.uuid4()) for name in ("id", "entry_id", "invoice_id", "payout_id")}
    other |= {"business_date": day, "status": "succeeded", "number": str(uuid.uuid4().int % 10**6)}
    with operational.connect("admin") as connection:
        connection.execute("set local session_replication_role = replica")
        for table in MONEY_TABLES:
            connection.execute(
                sql.SQL(
                    "insert into {0} select (jsonb_populate_record(null::{0}, to_jsonb(t) || %s"
                    " || jsonb_build_object('changed_xid', pg_current_xact_id()::text::bigint))).*"
                    " from (select * from {0} where org_id = %s order by id limit 1) t"
                ).format(sql.Identifier(table)),
                (Jsonb(other), org_id),
            )


def test_totals_of_the_days_touched_are_those_of_the_whole(
    operational: Database, warehouse: Database, settings: Settings, practice: Practice
) -> None:
    neighbour = make_practice(operational, "neighbour")
    orgs = (practice.org_id, neighbour.org_id)
    seed_all(operational, practice.org_id)
    bring_in(settings, *orgs)
    before = money_totals(warehouse)
    assert {row[0] for row in before} >= {"posting", "invoice_line", "refund_failure", "credit_memo"}

    day = str(before[0][3])
    written_again(operational, practice.org_id, day)
    written_again(operational, practice.org_id, "2026-03-09")
    seed_all(operational, neighbour.org_id)
    with operational.connect("admin") as connection:
        connection.execute("set local session_replication_role = replica")
        for table in contracts():
            connection.execute(
                sql.SQL(
                    "update {} set changed_xid = pg_current_xact_id()::text::bigint where changed_xid is null"
                ).format(sql.Identifier(table))
            )
    landed = bring_in(settings, *orgs, order=TOUCHED)
    assert landed.kind == "incremental"
    after = money_totals(warehouse)
    assert {row[0] for row in after} == set(MONEY_TABLES)
    assert set(before) - set(after), "no total of the day written to moved"
    assert rows(warehouse, "select count(*) > 0 from meta.control_total where measure = 'uncounted'") == [
        (True,)
    ]
    assert bring_in(settings, *orgs, order=TOUCHED).batch_id is None

    whole = bring_in(settings, *orgs)
    assert (whole.batch_id, whole.rows) == (3, 0)
    assert money_totals(warehouse) == after
    assert rows(warehouse, "select count(*) from meta.control_total where measure = 'uncounted'") == [(0,)]
    assert bring_in(settings, *orgs).batch_id is None


def test_what_lands_behind_a_whole_count_is_counted_by_another(
    operational: Database, settings: Settings, practice: Practice
) -> None:
    """The worker's landing needs no lock of the builder's: it may come between a count and its loading."""
    bring_in(settings, practice.org_id)
    plain = lander(settings, keys_of(practice.org_id), lambda _: None)
    said: list[str] = []

    def with_a_worker_behind(order: Order) -> Landed:
        landed = plain(order)
        said.append(order.totals)
        if len(said) == 1:
            rename_client(operational, practice.client_id, "behind")
            plain(TOUCHED)
        return landed

    rename_client(operational, practice.client_id, "before")
    _, moved = land_and_load(settings, with_a_worker_behind)
    assert (list(moved), said) == ([2, 3, 4], ["whole", "whole"])
    assert is_counted(settings.warehouse_dsn("load"))
