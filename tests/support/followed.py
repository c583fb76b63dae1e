"""A store and two installations that follow it, for tests that restore it or fail it over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from medspa.kernel.settings import Settings
from medspa.local.postgres import EmbeddedCluster
from pipelines.extract.identity import difference, read_identity
from pipelines.extract.snapshot import Watermark
from pipelines.land import batch
from pipelines.land.batch import Landed, Order
from pipelines.land.lake import Lake
from pipelines.land.manifest import Manifest
from pipelines.run import RunResult, run_pipeline
from tests.factories.practice import Practice, make_client
from tests.factories.warehouse import bring_in, keys_of, raw_content, settings_for
from tests.support.databases import Database, Servers

XMAX = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass
class Followed:
    """A store and the two installations that follow it."""

    servers: Servers
    store: Database
    warehouses: tuple[Database, Database]
    homes: tuple[Path, Path]
    practice: Practice

    @property
    def cluster(self) -> EmbeddedCluster:
        return self.servers.environment.clusters["operational"]

    def settings(self, unguarded: bool = False) -> Settings:
        return settings_for(self.store, self.warehouses[unguarded], self.homes[unguarded])

    def close(self) -> None:
        """Connections do not outlive a server."""
        for database in (self.store, *self.warehouses):
            database.close()

    def run(self, settings: Settings | None = None) -> RunResult:
        """A whole run of the first installation, landing in this process."""
        own, keys = settings or self.settings(), keys_of(self.practice.org_id)

        def landing(order: Order) -> Landed:
            return batch.land(own.operational_dsn("extract"), own.lake, keys, order)

        return run_pipeline(own, land=landing, level="batch")

    def bring_in_both(self) -> None:
        for unguarded in (False, True):
            bring_in(self.settings(unguarded), self.practice.org_id)

    def bring_in(self) -> Landed:
        return bring_in(self.settings(), self.practice.org_id)

    def bring_in_unguarded(self, monkeypatch: pytest.MonkeyPatch, *guards: str) -> Landed:
        """The second installation reads with comparisons of `batch` switched off."""
        off = {"difference": lambda *_: "", "knows_mark": lambda *_: True}
        with monkeypatch.context() as patch:
            for guard in guards:
                patch.setattr(batch, guard, off[guard])
            return bring_in(self.settings(unguarded=True), self.practice.org_id)

    def last(self) -> Manifest:
        last = Lake(self.settings().lake).last()
        assert last is not None
        return last

    def add(self) -> uuid.UUID:
        """A new client; answers the key by which it is known in the warehouse."""
        client = make_client(self.store, self.practice.org_id, "One")
        with psycopg.connect(self.store.dsn("owner")) as connection:
            row = connection.execute("select client_key from client where id = %s", (client,)).fetchone()
        assert row is not None
        return uuid.UUID(str(row[0]))

    def change(self, source: str) -> None:
        """An update of the first client."""
        with psycopg.connect(self.store.dsn("owner")) as connection:
            connection.execute(
                "update client set source = %s where id = %s", (source, self.practice.client_id)
            )

    def spend_transactions(self, beyond: int = 0, at_least: int = 20) -> None:
        """Commits elsewhere in the server, until its numbers have passed `beyond`."""
        with psycopg.connect(self.store.dsn("owner"), autocommit=True) as connection:
            for _ in range(at_least):
                connection.execute("select pg_current_xact_id()")
            while self._one(connection, XMAX) <= beyond + 1:
                connection.execute("select pg_current_xact_id()")

    def assert_looks_the_same(self, last: Manifest) -> None:
        """Neither its identity nor its transaction numbers tell this store from the one read last."""
        with psycopg.connect(self.store.dsn("extract")) as connection:
            assert difference(last.source, read_identity(connection)) == ""
            assert self._one(connection, XMAX) > Watermark(last.snapshot).xmax

    def in_warehouse(self, query: str, *, unguarded: bool = False) -> set[object]:
        with psycopg.connect(self.warehouses[unguarded].dsn("load")) as connection:
            return {row[0] for row in connection.execute(query.encode()).fetchall()}

    def clients(self, *, unguarded: bool = False) -> set[object]:
        return self.in_warehouse("select client_key from raw.client", unguarded=unguarded)

    def raw(self, *, unguarded: bool = False) -> dict[str, list[str]]:
        return raw_content(self.warehouses[unguarded])

    def read_at_once(self, home: Path) -> dict[str, list[str]]:
        """What an installation that never saw the disaster reads of the store."""
        with self.servers.clone("warehouse") as fresh:
            bring_in(settings_for(self.store, fresh, home), self.practice.org_id)
            return raw_content(fresh)

    @staticmethod
    def _one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> int:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(str(row[0]))
