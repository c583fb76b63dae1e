"""Landing under attack: what may not leave, wrong keys, another source, two at once, unfinished batches."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

import psycopg
import pytest

from medspa.kernel.settings import Settings
from pipelines import landing
from pipelines.errors import GuardRefused, LandingFailed, PipelineBusy, TokenKeyChanged, TokenKeyMissing
from pipelines.extract.snapshot import locked_source
from pipelines.land.batch import NEWEST, Landed, Order, land
from pipelines.land.lake import BatchRef, Lake
from tests.factories.lake import landed_rows, untoken
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import key_of, keys_of
from tests.support.databases import Database

PLANTED_VIEW = "create view deid.extra as select 1 as one"
PLANTED_COLUMN = """
    create or replace view deid.client with (security_barrier) as
    select {columns}, t.last_name as nickname from public.client t
"""
VIEW_COLUMNS = """
    select string_agg(case a.attname
        when 'birth_month' then 'deid.birth_month(t.birth_date) as birth_month'
        when 'zip3' then 'deid.zip3(t.zip_code) as zip3'
        else 't.' || a.attname end, ', ' order by a.attnum)
    from pg_attribute a where a.attrelid = 'deid.client'::regclass and a.attnum > 0
"""
ANOTHER_STORE = """
    drop function deid.store_id();
    create function deid.store_id() returns uuid language sql immutable as $$ select gen_random_uuid() $$;
    grant execute on function deid.store_id() to medspa_extract
"""
RELOADED_TABLE = """
    drop view deid.client_duplicate;
    alter table client_duplicate rename to was;
    create table client_duplicate (like was including all);
    create view deid.client_duplicate as select org_id, id, client_id, other_client_id, reason, resolved_at,
        created_at, changed_xid from client_duplicate;
    grant select on deid.client_duplicate to medspa_extract
"""


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def land_one(
    database: Database, lake_: Lake, *orgs: uuid.UUID, order: Order = NEWEST, generation: int = 1
) -> Landed:
    keys = keys_of(*orgs, generation=generation)
    return land(database.dsn("extract"), str(lake_._root), keys, order)


def test_ids_leave_as_tokens_and_client_keys_as_they_are(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    land_one(operational, lake, practice.org_id)
    (ref,) = lake.batches()
    (row,) = landed_rows(lake, ref, lake.manifest(ref), "client")
    assert row["id"] != practice.client_id
    assert untoken(key_of(practice.org_id), row["id"]) == practice.client_id
    assert not {"first_name", "last_name", "phone", "email", "birth_date", "zip_code"} & set(row)
    (staff,) = landed_rows(lake, ref, lake.manifest(ref), "staff_member")
    assert staff["id"] == practice.staff_id


def test_equal_ids_join_across_tables(operational: Database, lake: Lake, practice: Practice) -> None:
    other = make_client(operational, practice.org_id, "Other")
    with operational.connect("owner") as connection:
        connection.execute(
            "insert into client_duplicate (org_id, id, client_id, other_client_id, reason, created_at)"
            " values (%s, gen_random_uuid(), %s, %s, 'phone', now())",
            (practice.org_id, practice.client_id, other),
        )
    land_one(operational, lake, practice.org_id)
    (ref,) = lake.batches()
    clients = {row["id"] for row in landed_rows(lake, ref, lake.manifest(ref), "client")}
    (pair,) = landed_rows(lake, ref, lake.manifest(ref), "client_duplicate")
    assert {pair["client_id"], pair["other_client_id"]} == clients


@pytest.mark.parametrize("planted", [PLANTED_COLUMN, PLANTED_VIEW], ids=["a column more", "a view more"])
def test_a_planted_column_stops_the_run(
    operational: Database, lake: Lake, practice: Practice, planted: str
) -> None:
    with operational.connect("admin") as admin:
        columns = admin.execute(VIEW_COLUMNS.encode()).fetchone()
        assert columns is not None
        admin.execute(planted.format(columns=columns[0]).encode())
    with pytest.raises(GuardRefused) as raised:
        land_one(operational, lake, practice.org_id)
    assert "nickname" in raised.value.detail or "extra" in raised.value.detail
    assert lake.batches() == []


def test_a_view_that_forgets_to_generalise_stops_the_run(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    with operational.connect("admin") as admin:
        admin.execute(
            "create or replace function deid.birth_month(p date) returns date language sql immutable"
            " parallel safe as 'select p'"
        )
        admin.execute("update client set birth_date = '1990-05-17'")
    with pytest.raises(GuardRefused):
        land_one(operational, lake, practice.org_id)
    assert lake.batches() == []


def test_the_extracting_role_cannot_read_the_tables(operational: Database, practice: Practice) -> None:
    connection = operational.connect("extract")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select last_name from public.client")


def test_an_organization_without_a_key_stops_the_run(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    with pytest.raises(TokenKeyMissing):
        land_one(operational, lake, uuid.uuid4())
    assert lake.batches() == []


def test_another_key_of_the_same_generation_is_refused(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    land_one(operational, lake, practice.org_id)
    wrong = {practice.org_id: (1, bytes(32))}
    with pytest.raises(TokenKeyChanged):
        land(operational.dsn("extract"), str(lake._root), wrong)


def test_a_new_key_generation_reads_everything_into_a_new_lake_generation(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    land_one(operational, lake, practice.org_id)
    rotated = land_one(operational, lake, practice.org_id, generation=2)
    assert (rotated.kind, rotated.reason) == ("full", "token_key_generation")
    assert lake.batches() == [BatchRef(1, 1), BatchRef(2, 2)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [(ANOTHER_STORE, "source_store_changed"), (RELOADED_TABLE, "source_tables_changed")],
    ids=["another store", "a reloaded table"],
)
def test_another_source_causes_a_full_reread(
    operational: Database, lake: Lake, practice: Practice, change: str, reason: str
) -> None:
    land_one(operational, lake, practice.org_id)
    with operational.connect("admin") as admin:
        admin.execute(change.encode())
    again = land_one(operational, lake, practice.org_id)
    assert (again.kind, again.reason) == ("full", reason)


def test_transactions_going_back_cause_a_full_reread(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    land_one(operational, lake, practice.org_id)
    (ref,) = lake.batches()
    manifest = Path(lake.location(ref, lake.manifest(ref).files["client"])).with_name("manifest.json")
    text = manifest.read_text()
    snapshot = lake.manifest(ref).snapshot
    manifest.write_text(text.replace(snapshot, "900000000:900000000:"))
    again = land_one(operational, lake, practice.org_id)
    assert (again.kind, again.reason) == ("full", "transactions_went_back")


def test_an_unfinished_batch_is_discarded_and_done_again(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    land_one(operational, lake, practice.org_id)
    unfinished = BatchRef(1, 2)
    with lake.writing(unfinished, "client.parquet") as target:
        target.write(b"half a file")
    assert [ref.batch_id for ref in lake.batches()] == [1]
    make_client(operational, practice.org_id, "New")
    assert land_one(operational, lake, practice.org_id).batch_id == 2
    assert len(landed_rows(lake, unfinished, lake.manifest(unfinished), "client")) == 1


def test_a_second_extraction_waits_and_gives_up_cleanly(
    operational: Database, lake: Lake, practice: Practice
) -> None:
    with locked_source(operational.dsn("extract")), pytest.raises(PipelineBusy):
        land_one(operational, lake, practice.org_id, order=Order(wait_seconds=0.2))
    results: list[Landed] = []
    barrier = threading.Barrier(2)

    def run() -> None:
        barrier.wait()
        results.append(land_one(operational, lake, practice.org_id))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((one.batch_id or 0) for one in results) == [0, 1]


def test_the_landing_process_gets_keys_by_pipe_and_no_warehouse(
    operational: Database, practice: Practice, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path,
        operational=operational.dsns,
        warehouse={"load": "postgresql://load:secret@127.0.0.1/w"},
    )
    environ = landing.environment(
        settings,
        {
            "PATH": "/usr/bin",
            "MEDSPA_WAREHOUSE_LOAD_DSN": "x",
            "MEDSPA_HOME": "var",
            "SECRET": "y",
            "AWS_REGION": "z",
        },
    )
    assert set(environ) == {
        "PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "AWS_REGION", landing.DSN_VARIABLE, landing.LAKE_VARIABLE
    }  # fmt: skip
    key = key_of(practice.org_id)
    told: list[str] = []
    landed = landing.start_landing(settings, {practice.org_id: (1, key)}, report=told.append)
    assert landed.batch_id == 1
    written = "\n".join([*told, *environ.values(), *_lake_text(Path(settings.lake))])
    assert key.hex() not in written
    assert "secret" not in written


def test_a_failing_landing_says_why(operational: Database, practice: Practice, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, operational=operational.dsns)
    with pytest.raises(LandingFailed) as raised:
        landing.start_landing(settings, {})
    assert raised.value.extra == {"cause": "pipeline-token-key-missing"}


def _lake_text(folder: Path) -> list[str]:
    return [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]
