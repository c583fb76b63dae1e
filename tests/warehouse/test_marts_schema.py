"""The tables readers see are those of the contracts: keys, row security, rights; dbt cannot touch them."""

from __future__ import annotations

import datetime as dt
import uuid

import psycopg
import pytest
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from pipelines.publish.contracts import load_contracts
from pipelines.publish.schema import all_marts, migrate_marts
from reporting_api.catalog import reports
from reporting_api.measures import shaped
from tests.support.databases import Database

FORCED = """
select relname::text, relrowsecurity and relforcerowsecurity from pg_class
where relnamespace = 'marts'::regnamespace and relkind in ('r', 'p', 'v', 'm')
"""


def test_every_mart_is_under_forced_row_security(warehouse: Database) -> None:
    admin = warehouse.connect("admin")
    forced: dict[str, bool] = dict(admin.execute(FORCED).fetchall())
    assert set(forced) == {contract.name for contract in all_marts()}
    assert [name for name, on in forced.items() if not on] == []


def test_every_mart_begins_its_key_with_the_organization() -> None:
    assert [one.name for one in all_marts() if one.key[0] != "org_id"] == []
    assert [one.name for one in all_marts() if one.columns[0].name != "org_id"] == []


def test_a_reader_without_an_organization_sees_nothing(warehouse: Database) -> None:
    builder = warehouse.connect("build", autocommit=True)
    org = uuid.UUID(int=5)
    builder.execute(
        "insert into marts.dim_organization (org_id, name, slug) values (%s, 'Practice', 'practice')", (org,)
    )
    reader = warehouse.connect("reporting", autocommit=True)
    count = "select count(*) from marts.dim_organization"
    assert reader.execute(count).fetchone() == (0,)
    with reader.transaction():
        reader.execute("select set_config('medspa.org_id', %s, true)", (str(org),))
        assert reader.execute(count).fetchone() == (1,)
    # After a transaction-local setting the connection reads '' and not NULL.
    assert reader.execute(count).fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "drop table marts.fct_posting",
        "alter table marts.fct_posting disable row level security",
        "create table marts.other (org_id uuid)",
        "truncate marts.fct_posting",
    ],
)
def test_the_building_role_cannot_change_what_a_mart_is(warehouse: Database, statement: str) -> None:
    builder = warehouse.connect("build")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        builder.execute(statement.encode())


@pytest.mark.parametrize(
    "relation", ["raw.posting", "build.fct_posting", "meta.build_run", "meta.tieout_result"]
)
def test_readers_have_nothing_but_marts(warehouse: Database, relation: str) -> None:
    reader = warehouse.connect("reporting")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"select * from {relation}".encode())


def test_a_changed_contract_makes_the_mart_again(warehouse: Database) -> None:
    owner = warehouse.connect("owner")
    owner.execute("alter table marts.dim_location drop column code")
    migrate_marts(owner)
    names = [
        row[0]
        for row in owner.execute(
            "select attname::text from pg_attribute where attrelid = 'marts.dim_location'::regclass"
            " and attnum > 0 and not attisdropped order by attnum"
        )
    ]
    assert names == [one.name for one in load_contracts()["dim_location"].columns]
    again: dict[str, bool] = dict(owner.execute(FORCED).fetchall())
    assert again["dim_location"]


MADE_UP = {
    "uuid": "gen_random_uuid()",
    "date": "date '2026-01-01' - n",
    "boolean": "n % 2 = 0",
    "integer": "n",
    "bigint": "n",
    "text": "'desk'",
    "timestamptz": "now()",
}


@pytest.mark.parametrize(
    ("report", "mart"),
    [
        ("visits", "fct_visit"),
        ("return_retention", "fct_visit"),
        ("period_retention", "fct_visit"),
        ("appointments", "fct_appointment"),
    ],
)
def test_reports_of_a_range_read_an_index_and_not_each_row(
    warehouse: Database, report: str, mart: str
) -> None:
    """A year of a large practice is some 60 000 rows, each on a page of its own in a store of many."""
    org, location, day = uuid.uuid4(), uuid.uuid4(), dt.date(2026, 1, 1)
    values = {one.name: MADE_UP[one.data_type] for one in load_contracts()[mart].columns}
    values |= {"org_id": f"'{org}'", "location_id": f"'{location}'"}
    admin = warehouse.connect("admin", autocommit=True)
    rows = f"select {', '.join(values.values())} from generate_series(1, 3000) as n"
    admin.execute(f"insert into marts.{mart} ({', '.join(values)}) {rows}".encode())
    admin.execute(f"vacuum (analyze) marts.{mart}".encode())
    bound = text(f"explain {shaped(reports()[report]).sql}").bindparams(
        bindparam("locations", type_=ARRAY(Uuid))
    )
    asked = {"org": org, "locations": [location], "first": day - dt.timedelta(days=90), "until": day}
    with warehouse.engine("reporting").connect() as connection:
        plan = "\n".join(connection.execute(bound, asked).scalars())
    assert f"Index Only Scan using ix_{mart}_business_date_" in plan, plan


def test_an_index_that_includes_something_else_is_another_one(warehouse: Database) -> None:
    admin = warehouse.connect("admin", autocommit=True)
    admin.execute("create index ix_fct_visit_of_before on marts.fct_visit (org_id)")
    migrate_marts(warehouse.connect("owner", autocommit=True))
    found = admin.execute(
        "select indexname::text from pg_indexes where schemaname = 'marts' and tablename = 'fct_visit'"
        " and indexname like 'ix%' order by 1"
    ).fetchall()
    assert [one.rpartition("_")[0] for (one,) in found] == ["ix_fct_visit_business_date"]
