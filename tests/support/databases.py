"""Two throw-away clusters per test process, one migrated template in each, and clones of them.

Tests commit for real: every clone is a database of its own, dropped when its fixture ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from medspa.kernel.database import TenantSession, make_engine, session_scope
from medspa.kernel.settings import Settings
from medspa.local import roles
from medspa.local.accounts import ServerAccount
from medspa.local.binaries import Programs
from medspa.local.environment import Dsns, LocalEnvironment
from medspa.local.files import PRIVATE_FOLDER, TRAVERSE_ONLY, make_folder
from medspa.local.supervisor import stop_everything

FOLDER_PREFIX = "medspa-test-"
IN_MEMORY = Path("/dev/shm")
IN_MEMORY_FROM = 8 * 2**30
"""Bytes to be free: the clusters of a worker hold one to two gigabytes at most."""

MIGRATIONS = {
    "operational": ("medspa", "operational.migrations.runner"),
    "warehouse": ("medspa_warehouse", "pipelines.load.schema"),
}
"""Cluster → database that is cloned, and the module whose `migrate(owner_dsn)` fills its template."""


@dataclass
class Database:
    """One clone. Roles go by their short names: "owner", "app", "extract", ..., and "admin" (superuser)."""

    name: str
    dsns: dict[str, str] = field(repr=False)
    _engines: dict[str, Engine] = field(default_factory=dict)
    _connections: list[psycopg.Connection] = field(default_factory=list)

    def dsn(self, role: str) -> str:
        return self.dsns[role]

    def engine(self, role: str = "app") -> Engine:
        """A pooled engine of the role, kept until the database is dropped."""
        if role not in self._engines:
            self._engines[role] = make_engine(self.dsn(role), pool_size=32, application_name=f"test-{role}")
        return self._engines[role]

    @contextlib.contextmanager
    def session(
        self,
        role: str = "app",
        org_id: uuid.UUID | None = None,
        locations: Iterable[uuid.UUID] | None = None,
    ) -> Iterator[TenantSession]:
        """One transaction of the role, committed when the block ends without an error."""
        with session_scope(self.engine(role), org_id, locations) as session:
            yield session

    def connect(self, role: str = "app", *, autocommit: bool = False) -> psycopg.Connection:
        """A separate connection of its own, closed when the database is dropped."""
        connection = psycopg.connect(self.dsn(role), autocommit=autocommit)
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        for connection in self._connections:
            connection.close()
        self._engines.clear()
        self._connections.clear()


class Servers:
    """The clusters of one test process."""

    def __init__(self) -> None:
        remove_abandoned()
        self.folder = reachable_folder(in_memory=True)
        self.environment = LocalEnvironment(self.folder / "var", durable=False)
        self.dsns: Dsns = self.environment.ensure()
        self._templates: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.environment.destroy()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def clone(self, cluster: str, *, built: bool = False) -> Iterator[Database]:
        """A fresh, migrated database of "operational" or "warehouse".

        `built`: a warehouse whose models dbt has built over nothing, so that what comes is added to them.
        """
        with self._made(cluster, "clone", self._built() if built else self._template(cluster)) as database:
            yield database

    @contextlib.contextmanager
    def copy(self, cluster: str, original: Database) -> Iterator[Database]:
        """A database like `original`, to which nobody may be connected."""
        original.close()
        with self._made(cluster, "copy", original.name) as database:
            yield database

    @contextlib.contextmanager
    def _made(self, cluster: str, called: str, template: str) -> Iterator[Database]:
        name = f"{called}_{next(self._numbers)}"
        self._create(cluster, name, template=template)
        database = Database(name, self._dsns_for(cluster, name))
        try:
            yield database
        finally:
            database.close()
            self._drop(cluster, name)

    @contextlib.contextmanager
    def empty(self, cluster: str) -> Iterator[Database]:
        """A database without migrations, for tests of the migrations themselves."""
        name = f"empty_{next(self._numbers)}"
        self._create(cluster, name)
        database = Database(name, self._dsns_for(cluster, name))
        try:
            yield database
        finally:
            database.close()
            self._drop(cluster, name)

    def renew(self, cluster: str, database: Database, *, migrated: bool = True, built: bool = False) -> None:
        """Drop a clone and make it again under its own name, so that its DSNs stay as they were."""
        database.close()
        self._drop(cluster, database.name)
        template = (self._built() if built else self._template(cluster)) if migrated else ""
        self._create(cluster, database.name, template=template)

    def _template(self, cluster: str) -> str:
        if cluster not in self._templates:
            name = f"template_{cluster}"
            self._create(cluster, name)
            importlib.import_module(MIGRATIONS[cluster][1]).migrate(self._dsns_for(cluster, name)["owner"])
            self._templates[cluster] = name
        return self._templates[cluster]

    def _built(self) -> str:
        """dbt makes it once for all processes and servers of a test run: the others restore a dump."""
        name = "template_built"
        if name in self._templates:
            return name
        settings = Settings(home=self.folder / "built", warehouse=self._dsns_for("warehouse", name))
        kept = settings.parsed_folder / "built.dump"
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if kept.is_file():
                self._create("warehouse", name)
                self._restore(name, kept)
            else:
                self._create("warehouse", name, template=self._template("warehouse"))
                importlib.import_module("pipelines.build.run").build(settings, 0, full=True, tests=False)
                self._dump(name, kept)
        self._templates[name] = name
        return name

    def _dump(self, name: str, target: Path) -> None:
        with self._dump_file(name) as file:
            programs = Programs.locate(ServerAccount.current())
            programs.run("pg_dump", "--format=custom", "--compress=none", f"--file={file}", self._admin(name))
            shutil.copyfile(file, target.with_suffix(".part"))
        target.with_suffix(".part").replace(target)

    def _restore(self, name: str, source: Path) -> None:
        with self._dump_file(name) as file:
            shutil.copyfile(source, file)
            ServerAccount.current().take(file)
            programs = Programs.locate(ServerAccount.current())
            programs.run("pg_restore", "--exit-on-error", f"--dbname={self._admin(name)}", str(file))

    @contextlib.contextmanager
    def _dump_file(self, name: str) -> Iterator[Path]:
        """Where the servers' account can read and write: it cannot reach the folders of tests."""
        folder = self.folder / f"dump-{name}"
        make_folder(folder, PRIVATE_FOLDER)
        ServerAccount.current().take(folder)
        yield folder / "database"
        shutil.rmtree(folder)

    def _admin(self, name: str) -> str:
        return self._dsns_for("warehouse", name)["admin"]

    def _create(self, cluster: str, name: str, *, template: str = "") -> None:
        specification = roles.CLUSTERS[cluster]
        database = next(one for one in specification.databases if one.name == MIGRATIONS[cluster][0])
        with psycopg.connect(self.dsns[cluster]["admin"], autocommit=True) as admin:
            roles.create_database(admin, database, name=name, template=template)

    def _drop(self, cluster: str, name: str) -> None:
        with psycopg.connect(self.dsns[cluster]["admin"], autocommit=True) as admin:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _dsns_for(self, cluster: str, name: str) -> dict[str, str]:
        """The cluster's DSNs with the cloned database in place of its original."""
        original = MIGRATIONS[cluster][0]
        return {
            role: on_database(dsn, name) if role == "admin" or _database_in(dsn) == original else dsn
            for role, dsn in self.dsns[cluster].items()
        }


def reachable_folder(*, in_memory: bool = False) -> Path:
    """A new folder that the servers' account can pass (pytest's own are 0700), swept if this process dies."""
    folder = Path(
        tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir=_roots()[-1] if in_memory else None)
    )
    folder.chmod(TRAVERSE_ONLY)
    return folder


def _roots() -> list[Path]:
    """Where test clusters are looked for; the last is where new ones go.

    In memory where there is room: a clone is a thousand files, and making and dropping them took 0.6 seconds
    of a processor on ext4, 0.06 in memory.
    """
    roots = [Path(tempfile.gettempdir())]
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK):
        roots.append(IN_MEMORY)
        if (
            shutil.disk_usage(IN_MEMORY).free < IN_MEMORY_FROM
            or psutil.virtual_memory().available < IN_MEMORY_FROM
        ):
            roots.reverse()
    return roots


def on_database(dsn: str, name: str) -> str:
    return make_url(dsn).set(database=name).render_as_string(hide_password=False)


def _database_in(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def remove_abandoned() -> None:
    """Clusters of test processes that were killed would run for ever: stop them and delete their data."""
    for folder in (folder for root in _roots() for folder in root.glob(f"{FOLDER_PREFIX}*")):
        owner = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with _only_sweeper(folder) as alone:
                if alone:
                    stop_everything(folder / "var")
                    LocalEnvironment(folder / "var", durable=False).destroy()
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _only_sweeper(folder: Path) -> Iterator[bool]:
    """Whether no other test process that starts now is sweeping the folder already."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = folder.exists()
        except BlockingIOError:
            alone = False
        yield alone
    finally:
        os.close(handle)
