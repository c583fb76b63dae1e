"""The reporting role by raw SQL: one organization at a time, whatever is set, asked or made up."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pipelines.publish.schema import all_marts
from tests.factories.marts import Marts
from tests.support.databases import Database

ONE, TWO, NOBODY = (uuid.UUID(int=number) for number in (1, 2, 3))
MARTS = [contract.name for contract in all_marts()]


@pytest.fixture(scope="module")
def filled(warehouse_module: Database) -> Database:
    """A row in every mart for two organizations."""
    Marts(warehouse_module.connect("build", autocommit=True)).fill(ONE, TWO)
    return warehouse_module


@pytest.fixture
def reader(filled: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(filled.dsn("reporting"), autocommit=True) as connection:
        yield connection


def attempt(reader: psycopg.Connection[Any], org: str, *statements: str) -> None:
    """All statements in one transaction that is bound to `org`."""
    with reader.transaction():
        bind(reader, org)
        for statement in statements:
            reader.execute(statement.encode())


def bind(reader: psycopg.Connection[Any], value: str) -> None:
    reader.execute("select set_config('medspa.org_id', %s, true)", (value,))


def seen(reader: psycopg.Connection[Any], mart: str) -> list[uuid.UUID]:
    return [row[0] for row in reader.execute(f"select org_id from marts.{mart}".encode())]


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_shows_the_bound_organization_only(reader: psycopg.Connection[Any], mart: str) -> None:
    assert seen(reader, mart) == []
    for org in (ONE, TWO, ONE, NOBODY):
        with reader.transaction():
            bind(reader, str(org))
            assert seen(reader, mart) == ([] if org is NOBODY else [org])
            where = f"select org_id from marts.{mart} where org_id = %s or true"
            assert {row[0] for row in reader.execute(where.encode(), (TWO,))} <= {org}
        assert seen(reader, mart) == []


@pytest.mark.parametrize("mart", MARTS)
def test_without_row_security_both_would_be_seen(filled: Database, mart: str) -> None:
    """Control: the rows are there."""
    admin = filled.connect("admin")
    assert set(seen(admin, mart)) == {ONE, TWO}
    admin.rollback()


@pytest.mark.parametrize(
    "forged", ["%", "*", "true", f"{ONE},{TWO}", f"{ONE}' or '1'='1", "00000000", f"{{{ONE}}} ", "NULL"]
)
def test_a_forged_setting_shows_nothing(reader: psycopg.Connection[Any], forged: str) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        attempt(reader, forged, "select * from marts.fct_posting")
    assert seen(reader, "fct_posting") == []


ESCAPES = {
    "row security switched off": "set row_security = off; select * from marts.fct_posting",
    "another role": "set role medspa_build",
    "the owner's role": "set session authorization medspa_wh_owner",
    "a function called with each row":
        "create function pg_temp.f(text) returns bool language sql as 'select true'",
    "a function of its own": "create function public.f() returns int language sql as 'select 1'",
    "a temporary table": "create temporary table t (a int)",
    "a row of its own": "insert into marts.dim_organization values (gen_random_uuid(), 'x', 'x')",
    "a changed row": "update marts.fct_posting set amount_minor = 0",
    "a deleted row": "delete from marts.fct_posting",
    "a changed policy": "alter table marts.fct_posting no force row level security",
    "the raw tables": "select * from raw.posting",
    "the bookkeeping": "select * from meta.batch",
    "everybody's checks": "select * from meta.tieout_result",
    "a file of the server": "select pg_read_file('PG_VERSION')",
    "a program on the server": "copy (select 1) to program 'true'",
}  # fmt: skip


@pytest.mark.parametrize("what", ESCAPES)
def test_no_way_around_it(reader: psycopg.Connection[Any], what: str) -> None:
    reader.execute("set default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(reader, str(ONE), *ESCAPES[what].split("; "))


def test_statistics_tell_nothing_of_others(filled: Database, reader: psycopg.Connection[Any]) -> None:
    with psycopg.connect(filled.dsn("admin"), autocommit=True) as admin:
        admin.execute("analyze marts.dim_organization")
        query = "select count(*) from pg_stats where schemaname = 'marts' and tablename = 'dim_organization'"
        assert (admin.execute(query).fetchone() or (0,))[0] > 0
        assert reader.execute(query).fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select * from pg_statistic limit 1")
