"""Readers see one publication or the next, never both; what was held back or killed is caught up with.

The build tables are made from the contracts and filled by hand, so no dbt runs here.
"""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from medspa.kernel.settings import Settings
from pipelines.build.lock import BuilderBusy, builder_lock
from pipelines.publish import statements
from pipelines.publish.contracts import Contract, load_contracts
from pipelines.publish.run import PublicationBlocked, publish
from tests.support.databases import Database, Servers
from tests.warehouse.conftest import settings_over

NOW = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
SAMPLES: dict[str, Any] = {
    "uuid": uuid.UUID(int=7), "text": "x", "integer": 1, "bigint": 1, "boolean": True,
    "date": dt.date(2026, 3, 2), "timestamptz": NOW,
}  # fmt: skip
PAIR = ("agg_daily_collected", "fct_payment")
"""Two marts whose amounts are equal in every build of these tests."""


class HandBuilt:
    """Build tables by hand: every relation empty but the pair and the organizations."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.settings = settings
        self.connection = database.connect("build", autocommit=True)
        self.orgs = [uuid.UUID(int=number) for number in (1, 2)]
        for contract in load_contracts().values():
            columns = ", ".join(f'"{one.name}" {one.data_type}' for one in contract.columns)
            keys = ", ".join(contract.key)
            body = f"{columns}, _build_id bigint, primary key ({keys})"
            self.connection.execute(f"create table build.{contract.name} ({body})".encode())
        for org in self.orgs:
            self.write("dim_organization", 0, org_id=org)

    def write(self, relation: str, build: int, **values: Any) -> None:
        contract = load_contracts()[relation]
        row = {one.name: SAMPLES[one.data_type] for one in contract.columns if one.required}
        row = {**row, **values, "_build_id": build}
        self.connection.execute(
            f"insert into build.{relation} ({', '.join(row)})"
            f" values ({', '.join('%s' for _ in row)})"
            f" on conflict ({', '.join(contract.key)}) do update"
            f" set ({', '.join(row)}) = row({', '.join('excluded.' + one for one in row)})".encode(),
            list(row.values()),
        )

    def build(self, amount: int, *, full: bool = False, failed: uuid.UUID | None = None) -> int:
        """A complete, checked build whose pair holds `amount` for both organizations; its batch number."""
        row = self.connection.execute(
            "insert into meta.build_run"
            " (batch_id, from_batch, is_full, project_sha256, started_at, completed_at)"
            " select coalesce(max(batch_id), 0) + 1, 0, %s, '', %s, %s from meta.build_run"
            " returning build_id, batch_id",
            (full, NOW, NOW),
        ).fetchone()
        assert row is not None
        build, batch = row
        for org in self.orgs:
            self.write("agg_daily_collected", build, org_id=org, collected_minor=amount)
            self.write("fct_payment", build, org_id=org, amount_minor=amount)
        self.connection.execute(
            "insert into meta.check_run (build_id, level, checked_at) values (%s, 'batch', %s)", (build, NOW)
        )
        self.connection.execute(
            "insert into meta.tieout_result (build_id, batch_id, level, tieout, org_id, subject, left_minor,"
            " right_minor, passed, checked_at) values (%s, %s, 'batch', 't', %s, '', 0, 0, %s, %s)",
            (build, batch, failed or self.orgs[0], failed is None, NOW),
        )
        return int(batch)


@pytest.fixture
def warehouse(servers: Servers) -> Iterator[Database]:
    """Migrated, without the tables that dbt makes."""
    with servers.clone("warehouse") as database:
        yield database


@pytest.fixture
def hand(warehouse: Database, tmp_path: Path) -> HandBuilt:
    return HandBuilt(warehouse, settings_over(warehouse, tmp_path))


def amounts(connection: psycopg.Connection[Any], org: uuid.UUID) -> list[int | None]:
    """What a reader of one organization sees in both marts, in one transaction."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        return [amount_in(connection, relation, org) for relation in PAIR]


def amount_in(connection: psycopg.Connection[Any], relation: str, org: uuid.UUID) -> int | None:
    connection.execute("select set_config('medspa.org_id', %s, true)", (str(org),))
    column = "collected_minor" if relation == PAIR[0] else "amount_minor"
    row = connection.execute(f"select {column} from marts.{relation}".encode()).fetchone()
    return None if row is None else int(row[0])


JOINED = """
select count(*) from marts.agg_daily_collected as a
inner join marts.fct_payment as b on b.org_id = a.org_id
where a.collected_minor <> b.amount_minor
"""


@pytest.mark.parametrize("marked", [False, True])
def test_nothing_is_certified_while_a_table_is_not_counted(
    warehouse: Database, hand: HandBuilt, marked: bool
) -> None:
    batch = hand.build(1, full=True)
    hand.connection.execute("update meta.check_run set level = 'full'")
    if marked:
        with warehouse.connect("load", autocommit=True) as loader:
            loader.execute(
                "insert into meta.control_total (batch_id, org_id, table_name, measure, value)"
                " values (%s, %s, 'client', 'uncounted', 0)",
                (batch, uuid.UUID(int=0)),
            )
    assert publish(hand.settings, batch).state == ("live" if marked else "certified")


def test_readers_see_one_build_or_the_next_while_publications_run(
    warehouse: Database, hand: HandBuilt
) -> None:
    publish(hand.settings, hand.build(1, full=True))
    stop, torn, looks = threading.Event(), [], [0]

    def read(number: int) -> None:
        connection = psycopg.connect(warehouse.dsn("reporting"), autocommit=True)
        with connection:
            while not stop.is_set():
                seen = amounts(connection, hand.orgs[number % 2])
                with connection.transaction():
                    connection.execute(
                        "select set_config('medspa.org_id', %s, true)", (str(hand.orgs[number % 2]),)
                    )
                    joined = connection.execute(JOINED).fetchone()
                looks[0] += 1
                if len(set(seen)) != 1 or joined != (0,):
                    torn.append((seen, joined))
        connection.close()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for reader in readers:
        reader.start()
    for amount in range(2, 22):
        publish(hand.settings, hand.build(amount))
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []
    assert looks[0] > 20
    assert amounts(warehouse.connect("reporting", autocommit=True), hand.orgs[0]) == [21, 21]


def _moves(hand: HandBuilt) -> Iterator[str]:
    contracts: dict[str, Contract] = load_contracts()
    for relation in PAIR:
        yield from statements.move(contracts[relation])


def test_publishing_table_by_table_would_be_seen_torn(warehouse: Database, hand: HandBuilt) -> None:
    """The control: the same statements, each in a transaction of its own."""
    publish(hand.settings, hand.build(1, full=True))
    hand.build(2)
    reader = warehouse.connect("reporting", autocommit=True)
    writer = warehouse.connect("build", autocommit=True)
    writer.execute("create temporary table chosen (org_id uuid, after_build bigint, whole boolean)")
    for org in hand.orgs:
        writer.execute("insert into chosen values (%s, 1, false)", (org,))
    seen = []
    for statement in _moves(hand):
        writer.execute(statement.encode())
        seen.append(tuple(amounts(reader, hand.orgs[0])))
    assert (2, 1) in seen


def test_a_publication_killed_half_way_leaves_the_old_and_can_be_repeated(
    warehouse: Database, hand: HandBuilt
) -> None:
    publish(hand.settings, hand.build(1, full=True))
    batch = hand.build(2)
    admin = warehouse.connect("admin")
    # The last table that a publication writes: everything else has moved when it waits here.
    admin.execute("lock table meta.publication in access exclusive mode")
    outcome: list[BaseException] = []

    def attempt() -> None:
        try:
            publish(hand.settings, batch)
        except psycopg.Error as error:
            outcome.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    killer = warehouse.connect("admin", autocommit=True)
    waiting = (
        "select pid from pg_stat_activity"
        " where application_name = 'medspa-publish' and wait_event_type = 'Lock'"
    )
    while (found := killer.execute(waiting).fetchone()) is None:
        assert thread.is_alive()
    reader = warehouse.connect("reporting", autocommit=True)
    assert amounts(reader, hand.orgs[0]) == [1, 1]
    killer.execute("select pg_terminate_backend(%s)", (found[0],))
    thread.join()
    admin.rollback()
    assert len(outcome) == 1
    assert amounts(reader, hand.orgs[0]) == [1, 1]
    publish(hand.settings, batch)
    assert amounts(reader, hand.orgs[0]) == [2, 2]
    assert publish(hand.settings, batch).rows_moved == 0


def test_a_held_back_organization_catches_up_with_every_build_it_missed(
    warehouse: Database, hand: HandBuilt
) -> None:
    held, other = hand.orgs
    publish(hand.settings, hand.build(1, full=True))
    gone = {"org_id": held, "payment_id": uuid.UUID(int=99), "amount_minor": 5}
    hand.write("fct_payment", 1, **gone)
    publish(hand.settings, hand.build(1, full=True))

    # Build 3 removes a row of the organization that is held back; build 4 passes.
    batch = hand.build(2, failed=held)
    hand.connection.execute("delete from build.fct_payment where payment_id = %s", (gone["payment_id"],))
    hand.connection.execute(
        "insert into meta.replaced_key (relation, build_id, org_id, row_key) values ('fct_payment', 3, %s,"
        " jsonb_build_object('org_id', %s::text, 'payment_id', %s::text))",
        (held, str(held), str(gone["payment_id"])),
    )
    with pytest.raises(PublicationBlocked):
        publish(hand.settings, batch)
    reader = warehouse.connect("reporting", autocommit=True)
    assert amounts(reader, other) == [2, 2]
    with reader.transaction():
        assert amount_in(reader, "agg_daily_collected", held) == 1
        assert reader.execute("select count(*) from marts.fct_payment").fetchone() == (2,)

    publish(hand.settings, hand.build(3))
    assert amounts(reader, held) == [3, 3]
    with reader.transaction():
        amount_in(reader, "fct_payment", held)
        assert reader.execute("select count(*) from marts.fct_payment").fetchone() == (1,)
    assert hand.connection.execute("select count(*) from meta.replaced_key").fetchone() == (0,)


def test_nothing_is_published_before_its_checks_or_of_an_older_batch(hand: HandBuilt) -> None:
    batch = hand.build(1, full=True)
    hand.connection.execute("delete from meta.check_run")
    with pytest.raises(PublicationBlocked):
        publish(hand.settings, batch)
    hand.build(2)
    with pytest.raises(PublicationBlocked):
        publish(hand.settings, batch)
    assert hand.connection.execute("select count(*) from meta.published").fetchone() == (0,)


def test_one_builder_at_a_time_and_again_within_itself(hand: HandBuilt) -> None:
    refused: list[BaseException] = []

    def other() -> None:
        try:
            with builder_lock(hand.settings, wait_seconds=0.2):
                refused.append(AssertionError("two builders"))
        except BuilderBusy as error:
            refused.append(error)

    with builder_lock(hand.settings), builder_lock(hand.settings):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert [type(one) for one in refused] == [BuilderBusy]
    with builder_lock(hand.settings, wait_seconds=1):
        refused.clear()
    assert refused == []
