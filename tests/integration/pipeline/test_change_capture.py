"""Change capture under attack: writers with long transactions, and every batch against the source.

MEDSPA_TEST_CAPTURE_COMMITS sets how many commits the writers make (100 000 for the full attack).
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from pipelines.land.batch import land
from pipelines.land.lake import Lake
from tests.factories.lake import batches, landed_rows
from tests.support.databases import Database

COMMITS = int(os.environ.get("MEDSPA_TEST_CAPTURE_COMMITS", "12000"))
WRITERS = 8
ORG = uuid.UUID("0190a000-0000-7000-8000-000000000001")
KEYS = {ORG: (1, bytes(range(32)))}

SET_UP = f"""
insert into organization (org_id, name, slug, created_at) values ('{ORG}', 'Attack', 'attack', now());

-- What really happened: a row per write, in the transaction of the write. The control reads by `seq`.
create table public.happened (
    seq bigserial primary key, xid xid8 not null default pg_current_xact_id(),
    client_key uuid not null, version int not null
);

create procedure public.write_clients(commits int, writer int) language plpgsql as $$
declare
    v_key uuid;
    v_from uuid;
    v_version int;
    v_pair int;
begin
    for i in 1 .. commits loop
        for v_pair in 1 .. 1 + (i % 3) loop
            if i <= 5 or random() < 0.4 then
                insert into client (org_id, id, client_key, first_name, last_name, flags, created_at)
                values ('{ORG}', gen_random_uuid(), gen_random_uuid(), 'A', 'B', '{{}}', now())
                returning client_key, version into v_key, v_version;
            else
                -- A row of this writer's own or of another's; skipped when somebody holds it.
                v_from := gen_random_uuid();
                select client_key into v_key from client
                where org_id = '{ORG}' and id >= v_from order by id limit 1 for update skip locked;
                continue when v_key is null;
                update client set source = i::text where org_id = '{ORG}' and client_key = v_key
                returning version into v_version;
            end if;
            insert into happened (client_key, version) values (v_key, v_version);
        end loop;
        if i % 40 = writer then
            perform pg_sleep(random() * 0.15);
        end if;
        commit;
    end loop;
end $$;
"""

EXPECTED = """
    select client_key, max(version) from happened where pg_visible_in_snapshot(xid, %(now)s::pg_snapshot)
    group by client_key
    having bool_or(not pg_visible_in_snapshot(xid, %(before)s::pg_snapshot))
"""
NOTHING_SEEN = "1:1:"


@dataclass
class SequenceConsumer:
    """The control: what a watermark on a sequence would have delivered, read beside every batch."""

    connection: psycopg.Connection[Any]
    last: int = 0
    delivered: set[int] = field(default_factory=set)

    def poll(self) -> None:
        rows = self.connection.execute("select seq from happened where seq > %s", (self.last,)).fetchall()
        self.delivered |= {seq for (seq,) in rows}
        self.last = max([self.last, *(seq for (seq,) in rows)])


def test_every_batch_is_exactly_what_the_source_showed(
    operational: Database, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    admin = operational.connect("admin", autocommit=True)
    admin.execute(SET_UP.encode())
    control = SequenceConsumer(operational.connect("admin", autocommit=True))
    finished = threading.Event()
    writers = [threading.Thread(target=_write, args=(operational, number)) for number in range(WRITERS)]

    def consume() -> None:
        while True:
            last_round = finished.is_set()
            land(operational.dsn("extract"), str(tmp_path / "lake"), KEYS)
            control.poll()
            if last_round:
                return

    consumer = threading.Thread(target=consume)
    for thread in (*writers, consumer):
        thread.start()
    for writer in writers:
        writer.join()
    finished.set()
    consumer.join()

    lake = Lake(str(tmp_path / "lake"))
    before, compared = NOTHING_SEEN, 0
    state: dict[uuid.UUID, int] = {}
    landed = batches(lake)
    for ref, manifest in landed:
        rows = landed_rows(lake, ref, manifest, "client")
        got = {row["client_key"]: row["version"] for row in rows}
        assert len(got) == len(rows), "a row came twice in one batch"
        moment = {"now": manifest.snapshot, "before": before}
        assert got == dict(admin.execute(EXPECTED, moment).fetchall())
        before = manifest.snapshot
        compared += len(rows)
        state |= got
    whole = admin.execute("select client_key, version from client").fetchall()
    assert state == dict(whole)
    assert [manifest.kind for _, manifest in landed] == ["full"] + ["incremental"] * (len(landed) - 1)
    assert len(landed) > COMMITS // 4000, "too few batches to prove anything"

    written = _one(admin, "select count(*) from happened")
    missed_by_sequence = written - len(control.delivered)
    record_property("writes", written)
    record_property("batches", len(landed))
    record_property("rows_landed", compared)
    record_property("missed_by_sequence", missed_by_sequence)
    assert missed_by_sequence > 0, "the control missed nothing, so the attack was too weak to prove anything"


def _write(database: Database, writer: int) -> None:
    with psycopg.connect(database.dsn("admin"), autocommit=True) as connection:
        connection.execute(f"call public.write_clients({COMMITS // WRITERS}, {writer})".encode())


def _one(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
