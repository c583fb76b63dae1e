"""The operational store really restored and failed over: noticed, read in full, and the warehouse equals it.

Two warehouses with lakes of their own follow one store. In the second one the comparisons are switched off
after each disaster: it ends up with rows that the store no longer has, or without some that it has.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from medspa.local.environment import LocalEnvironment
from operational.migrations.runner import migrate
from pipelines.build.run import build
from pipelines.extract.snapshot import Watermark
from tests.factories.practice import make_practice
from tests.factories.warehouse import bring_in
from tests.support.databases import Database, Servers, on_database
from tests.support.followed import Followed
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


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    servers = Servers()
    keep_commits(servers.environment.clusters["operational"])
    try:
        with (
            servers.clone("operational") as store,
            servers.clone("warehouse", built=True) as one,
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
    landed = bring_in(fresh, followed.practice.org_id)
    # What the models' own tests find is not asked here.
    assert build(fresh, landed.batch_id or 0, full=True, tests=False).full
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
