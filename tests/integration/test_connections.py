"""What a pooled connection keeps after a rollback, and what happens when it died while nobody used it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from medspa.kernel import connections
from medspa.kernel.database import make_engine
from tests.support.databases import Database

READ = text("select count(*) from location where name = :name")
PREPARED = text("select count(*) from pg_prepared_statements where statement like '%from location%'")


@pytest.fixture
def engine(operational_module: Database) -> Iterator[Engine]:
    engine = make_engine(operational_module.dsn("owner"), pool_size=2)
    yield engine
    engine.dispose()


def refused_often(engine: Engine) -> int:
    """Statements that stay prepared after twelve transactions that read and were rolled back."""
    for _ in range(12):
        with engine.connect() as connection:
            connection.execute(READ, {"name": "none"})
            connection.rollback()
    with engine.connect() as connection:
        found: int = connection.execute(PREPARED).scalar_one()
    return found


def test_a_rollback_keeps_prepared_statements(
    operational_module: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused_often(engine) == 1
    monkeypatch.setattr(connections.KeepingConnection, "rollback", psycopg.Connection.rollback)
    control = make_engine(operational_module.dsn("owner"))
    try:
        assert refused_often(control) == 0
    finally:
        control.dispose()


def test_a_kept_statement_reads_what_has_changed_since(operational_module: Database, engine: Engine) -> None:
    with operational_module.session("owner") as session:
        session.execute(text("create table kept_probe as select 1 as a"))
    read = text("select sum(a) from kept_probe")
    for _ in range(8):
        with engine.connect() as connection:
            assert connection.execute(read).scalar_one() == 1
            connection.rollback()
    with operational_module.session("owner") as session:
        session.execute(text("drop table kept_probe"))
        session.execute(text("create table kept_probe as select 2 as b, 5 as a"))
    with engine.connect() as connection:
        assert connection.execute(read).scalar_one() == 5


def test_a_rollback_after_an_error_leaves_a_connection_that_works(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("create temporary table half_done (a integer)"))
        with pytest.raises(DBAPIError):
            connection.execute(text("select 1 / (select count(*) from half_done)"))
        connection.rollback()
        assert connection.execute(text("select to_regclass('half_done')")).scalar_one() is None


def kill(operational: Database, pid: int) -> None:
    with operational.session("admin") as session:
        session.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(text("select pg_backend_pid()")).scalar_one()
    return found


def test_an_idle_connection_that_died_is_replaced_unnoticed(
    operational_module: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNASKED_SECONDS", 0.0)
    with engine.connect() as one, engine.connect() as other:
        pids = {c.execute(text("select pg_backend_pid()")).scalar_one() for c in (one, other)}
    for pid in pids:
        kill(operational_module, pid)
    assert backend(engine) not in pids


def test_a_connection_just_used_is_not_asked(
    operational_module: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNASKED_SECONDS", 3600.0)
    kill(operational_module, backend(engine))
    with pytest.raises(DBAPIError) as refused:
        backend(engine)
    assert refused.value.connection_invalidated
    assert backend(engine) > 0


@pytest.mark.parametrize(
    "change", ["alter table stale_probe alter column a type varchar(20)", "deallocate all"]
)
def test_a_connection_whose_statements_are_stale_is_given_up(
    operational_module: Database, engine: Engine, change: str
) -> None:
    with operational_module.session("owner") as session:
        session.execute(text("drop table if exists stale_probe"))
        session.execute(text("create table stale_probe (a varchar(10))"))
    read = text("select a from stale_probe")
    for _ in range(8):
        with engine.connect() as connection:
            connection.execute(read)
            connection.rollback()
    if change.startswith("alter"):
        with operational_module.session("owner") as session:
            session.execute(text(change))
    else:
        with engine.connect() as connection:
            # As a pooler between does: the driver is not told.
            driver: Any = connection.connection.driver_connection
            driver.pgconn.exec_(change.encode())
    failed = 0
    for _ in range(6):
        try:
            with engine.connect() as connection:
                connection.execute(read)
                connection.rollback()
        except DBAPIError:
            failed += 1
    assert failed == 1
