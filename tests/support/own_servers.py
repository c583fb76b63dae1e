"""Servers of a test file's own: copied, put back, followed by a standby, and struck while a run stands still.

The servers that other tests share are never touched here.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from medspa.kernel.settings import Settings
from medspa.local.accounts import ServerAccount
from medspa.local.binaries import Programs
from medspa.local.files import PRIVATE_FOLDER, TRAVERSE_ONLY, make_folder
from medspa.local.postgres import EmbeddedCluster
from pipelines.publish.contracts import load_contracts
from tests.support.databases import Database

WAIT_SECONDS = 60
_WAITING = "select 1 from pg_locks where relation = %s::regclass and not granted limit 1"


@dataclass
class Attack:
    """What was done to a run while it stood at its place. `struck` tells that it ever got there."""

    struck: bool = False
    failure: list[BaseException] = field(default_factory=list)


@contextlib.contextmanager
def strike_at(database: Database, relation: str, mode: str, strike: Callable[[], None]) -> Iterator[Attack]:
    """Hold `relation` until somebody waits for it, then `strike` while they stand there, then let go.

    The waiting run has done everything before that statement and nothing after it: no timing decides.
    """
    attack = Attack()
    finished = threading.Event()
    holder = psycopg.connect(database.dsn("admin"))
    holder.execute(f"lock table {relation} in {mode} mode".encode())

    def work() -> None:
        try:
            with psycopg.connect(database.dsn("admin"), autocommit=True) as watcher:
                while not watcher.execute(_WAITING, (relation,)).fetchall():
                    if finished.wait(0.02):
                        return
            attack.struck = True
            strike()
        except BaseException as error:  # noqa: BLE001 - told to the test below
            attack.failure.append(error)
        finally:
            # Closed by the server already when that was what was struck.
            holder.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield attack
    finally:
        finished.set()
        thread.join(WAIT_SECONDS)
        holder.close()
    if attack.failure:
        raise attack.failure[0]


def keep_commits(cluster: EmbeddedCluster) -> None:
    """Servers of tests lose their last commits in a crash; this one does not."""
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("alter system set synchronous_commit = on")
        admin.execute("select pg_reload_conf()")


def copy_files(cluster: EmbeddedCluster, target: Path) -> None:
    """A copy of the server's files, taken while it is stopped."""
    cluster.stop()
    subprocess.run(["cp", "-a", str(cluster.data), str(target)], check=True)
    cluster.ensure_running()


def put_back(cluster: EmbeddedCluster, copy: Path) -> None:
    """The server goes back to what it was when the copy was taken, under the same identity."""
    data = cluster.data
    cluster.stop()
    shutil.rmtree(data)
    subprocess.run(["cp", "-a", str(copy), str(data)], check=True)
    cluster.ensure_running()


def programs() -> Programs:
    return Programs.locate(ServerAccount.current())


def private_folder(path: Path) -> Path:
    """A folder that the servers' account owns."""
    make_folder(path, PRIVATE_FOLDER)
    ServerAccount.current().take(path)
    return path


def follow(primary: EmbeddedCluster, folder: Path) -> EmbeddedCluster:
    """A streaming standby of `primary`, running, with its files under `folder`."""
    make_folder(folder, TRAVERSE_ONLY)
    standby = EmbeddedCluster(primary.name, folder, primary.admin_password, durable=False)
    data = str(private_folder(folder / primary.name))
    programs().run("pg_basebackup", "-D", data, "-d", primary.admin_dsn, "-R", "-X", "stream", "-c", "fast")
    standby.ensure_running()
    return standby


def moved_to(database: Database, cluster: EmbeddedCluster) -> Database:
    """The same database on another server with the same roles."""
    dsns = {
        role: make_url(dsn).set(port=cluster.port).render_as_string(hide_password=False)
        for role, dsn in database.dsns.items()
    }
    return Database(database.name, dsns)


def marts_content(settings: Settings) -> dict[str, list[str]]:
    """Everything readers can see, as text, mart by mart."""
    content = {}
    with psycopg.connect(settings.warehouse_dsn("owner")) as connection:
        for name, contract in load_contracts().items():
            columns = ", ".join(column.name for column in contract.columns)
            rows = connection.execute(f"select row({columns})::text from marts.{name} order by 1".encode())
            content[name] = [row[0] for row in rows.fetchall()]
    return content
