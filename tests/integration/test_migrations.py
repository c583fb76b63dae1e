"""The revisions make exactly what the models say, and migrating again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

import operational.models as models
from operational.migrations.runner import migrate
from tests.support.databases import Database, Servers

SHAPE = {
    "columns": """
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid)
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
    """,
    "constraints": """
        select c.relname, k.conname, pg_get_constraintdef(k.oid)
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where k.connamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'f', 'c', 'x')
    """,
    "indexes": """
        select tablename, indexname, indexdef from pg_indexes
        where schemaname = 'public' and indexname not like 'brin_%'
    """,
}
"""What a table is made of. Triggers, policies, grants and BRIN indexes are generated on every migration."""
MADE_BY_REVISIONS = "alembic_version"


def shape(connection: Connection) -> dict[str, set[tuple[object, ...]]]:
    return {
        name: {tuple(row) for row in connection.execute(text(sql)) if row[0] != MADE_BY_REVISIONS}
        for name, sql in SHAPE.items()
    }


@contextmanager
def as_owner(database: Database) -> Iterator[Connection]:
    with database.engine("owner").begin() as connection:
        yield connection


def test_the_revisions_make_what_the_models_say(operational: Database, servers: Servers) -> None:
    with as_owner(operational) as connection:
        migrated = shape(connection)
    with servers.empty("operational") as bare, as_owner(bare) as connection:
        connection.exec_driver_sql("create extension if not exists btree_gist")
        models.Base.metadata.create_all(connection)
        declared = shape(connection)
    # Hand-written SQL may add indexes and checks; nothing that a model declares may be missing or differ.
    for name, found in declared.items():
        assert found - migrated[name] == set(), f"{name}: a model changed without a revision"
    assert migrated["columns"] == declared["columns"]


@pytest.mark.parametrize("column", ["alter table client add column nickname text"])
def test_the_comparison_sees_a_column_without_a_model(operational: Database, column: str) -> None:
    with as_owner(operational) as connection:
        before = shape(connection)
        connection.exec_driver_sql(column)
        assert shape(connection)["columns"] - before["columns"] != set()


def test_migrating_again_changes_nothing(operational: Database) -> None:
    with as_owner(operational) as connection:
        before = shape(connection)
    migrate(operational.dsn("owner"))
    with as_owner(operational) as connection:
        assert shape(connection) == before
