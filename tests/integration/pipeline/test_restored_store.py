"""The operational store really restored and failed over: noticed, read in full, and the warehouse equals it.

Two warehouses with lakes of their own follow one store. In the second one the comparisons are switched off
after each disaster: it ends up with rows that the store no longer has, or without some that it has.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from medspa.kernel.settings import Settings
from medspa.local.environment import LocalEnvironment
from medspa.local.postgres import EmbeddedCluster
from operational.migrations.runner import migrate
from pipelines.extract.identity import difference, read_identity
from pipelines.extract.snapshot import Watermark
from pipelines.land import batch
from pipelines.land.batch import Landed, Order
from pipelines.land.lake import Lake
from pipelines.land.manifest import Manifest
from pipelines.run import RunResult, run_pipeline
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import bring_in, keys_of, raw_content, settings_for
from tests.support.databases import Database, Servers, on_database
from tests.support.own_servers import (
    copy_files,
    follow,
    keep_commits,
    marts_content,
    moved_to,
    private_folder,
    programs,
    put_back,
)

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


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    servers = Servers()
    keep_commits(servers.environment.clusters["operational"])
    try:
        with (
            servers.clone("operational") as store,
            servers.clone("warehouse") as one,
            servers.clone("warehouse") as two,
        ):
            homes = (tmp_path_factory.mktemp("guarded"), tmp_path_factory.mktemp("unguarded"))
            followed = Followed(servers, store, (one, two), homes, make_practice(store))
            followed.run()
            followed.bring_in_both()
            yield followed
            followed.store.close()
    finally:
        servers.close()


def test_an_older_copy_of_the_files_put_back(
    followed: Followed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same server, the same identity, and by the next run its transactions are past the old watermark."""
    followed.bring_in_both()
    copy = followed.servers.folder / "copy"
    copy_files(followed.cluster, copy)
    lost = followed.add()
    followed.spend_transactions()
    followed.bring_in_both()
    last = followed.last()
    assert lost in followed.clients()

    followed.store.close()
    put_back(followed.cluster, copy)
    missed = followed.add()
    followed.spend_transactions(beyond=Watermark(last.snapshot).xmax)
    followed.change("after_the_restore")
    followed.assert_looks_the_same(last)

    control = followed.bring_in_unguarded(monkeypatch, "knows_mark")
    assert (control.kind, control.rows) == ("incremental", 1)
    wrong = followed.clients(unguarded=True)
    assert (lost in wrong, missed in wrong) == (True, False)

    result = followed.run()
    assert result.landed is not None
    assert (result.landed.kind, result.landed.reason) == ("full", "source_history_changed")
    right = followed.clients()
    assert (lost in right, missed in right) == (False, True)
    whole = followed.read_at_once(tmp_path)
    assert followed.raw() == whole
    assert followed.raw(unguarded=True) != whole
    assert followed.bring_in().batch_id is None


def test_an_older_copy_of_the_warehouse_put_back(followed: Followed) -> None:
    """The lake has what the copy lacks."""
    cluster = followed.servers.environment.clusters["warehouse"]
    copy = followed.servers.folder / "warehouse-copy"
    followed.close()
    copy_files(cluster, copy)
    new = followed.add()
    followed.run()
    newest = marts_content(followed.settings())
    followed.close()
    put_back(cluster, copy)
    assert new not in followed.clients()
    assert marts_content(followed.settings()) != newest
    result = followed.run()
    assert (result.landed and result.landed.batch_id, len(result.loaded)) == (None, 1)
    assert marts_content(followed.settings()) == newest


def test_readers_see_the_restored_store(followed: Followed, tmp_path: Path) -> None:
    """After the restores above and one more run: what a warehouse built from nothing shows."""
    followed.change("seen_by_readers")
    followed.run()
    after_restore = marts_content(followed.settings())
    followed.servers.renew("warehouse", followed.warehouses[0])
    fresh = followed.settings().model_copy(update={"lake_url": str(tmp_path / "lake")})
    followed.run(fresh)
    assert marts_content(followed.settings()) == after_restore
    followed.servers.renew("warehouse", followed.warehouses[0])
    followed.bring_in()


def _dump(followed: Followed) -> str:
    file = str(private_folder(followed.servers.folder / f"dump-{uuid.uuid4().hex}") / "store")
    programs().run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={followed.store.dsn('admin')}")
    return file


def _restore(file: str, admin_dsn: str, owner_dsn: str) -> None:
    programs().run("pg_restore", "--exit-on-error", f"--dbname={admin_dsn}", file)
    migrate(owner_dsn)


def test_a_dump_restored_in_place(
    followed: Followed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed.bring_in_both()
    file = _dump(followed)
    followed.change("undone_by_the_restore")
    followed.bring_in_both()
    followed.servers.renew("operational", followed.store, migrated=False)
    _restore(file, followed.store.dsn("admin"), followed.store.dsn("owner"))
    new = followed.add()

    control = followed.bring_in_unguarded(monkeypatch, "difference", "knows_mark")
    assert control.kind == "incremental"
    sources = "select source from raw.client"
    assert "undone_by_the_restore" in followed.in_warehouse(sources, unguarded=True)

    landed = followed.bring_in()
    assert (landed.kind, landed.reason) == ("full", "source_database_changed")
    assert "undone_by_the_restore" not in followed.in_warehouse(sources)
    assert new in followed.clients()
    assert followed.raw() == followed.read_at_once(tmp_path)


def test_a_dump_restored_on_another_server(followed: Followed, tmp_path: Path) -> None:
    """Its rows carry numbers of transactions that the new server has yet to reach."""
    followed.spend_transactions(at_least=3000)
    followed.change("with_a_high_number")
    followed.bring_in_both()
    file = _dump(followed)
    lost = followed.add()
    followed.bring_in_both()
    before, home = followed.store, followed.servers.folder / "another"
    another = LocalEnvironment(home, external=frozenset({"warehouse"}), durable=False)
    try:
        followed.store = Database("medspa", another.ensure()["operational"])
        followed.store.dsns["admin"] = on_database(followed.store.dsn("admin"), followed.store.name)
        _restore(file, followed.store.dsn("admin"), followed.store.dsn("owner"))
        landed = followed.bring_in()
        assert (landed.kind, landed.reason) == ("full", "source_system_changed")
        assert lost not in followed.clients()
        assert followed.bring_in().batch_id is None
        new = followed.add()
        again = followed.bring_in()
        assert (again.kind, again.rows) == ("incremental", 1)
        assert new in followed.clients()
        assert followed.raw() == followed.read_at_once(tmp_path)
    finally:
        followed.store.close()
        followed.store = before
        another.destroy()
    assert followed.bring_in().reason == "source_system_changed"


def test_a_failover_that_lost_the_last_commits(
    followed: Followed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standby that was behind is promoted: another timeline, without what was read already."""
    followed.bring_in_both()
    standby = follow(followed.cluster, followed.servers.folder / "standby")
    try:
        standby.stop()
        lost = followed.add()
        followed.spend_transactions()
        followed.bring_in_both()
        last = followed.last()
        followed.store.close()
        followed.cluster.stop(mode="immediate")
        standby.ensure_running()
        followed.store = moved_to(followed.store, standby)
        with psycopg.connect(standby.admin_dsn, autocommit=True) as admin:
            assert admin.execute("select pg_promote()").fetchone() == (True,)
        missed = followed.add()
        followed.spend_transactions(beyond=Watermark(last.snapshot).xmax)
        followed.change("after_the_failover")

        control = followed.bring_in_unguarded(monkeypatch, "difference", "knows_mark")
        assert control.kind == "incremental"
        wrong = followed.clients(unguarded=True)
        assert (lost in wrong, missed in wrong) == (True, False)

        landed = followed.bring_in()
        assert (landed.kind, landed.reason) == ("full", "source_timeline_changed")
        right = followed.clients()
        assert (lost in right, missed in right) == (False, True)
        assert followed.cluster.is_running() is False
        assert followed.raw() == followed.read_at_once(tmp_path)
    finally:
        followed.store.close()
        standby.destroy()
        followed.cluster.ensure_running()
