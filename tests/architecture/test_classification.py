"""What the PHI tags promise, checked where it counts: in the database that was made from them."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import psycopg
import pytest
from sqlalchemy import Text, text

from medspa.kernel.phi import LEAVES, Phi, phi_of
from operational.models import Base
from operational.models.outside import exported_columns, models
from tests.support.databases import Database

TAGS = {(t.name, c.name): phi_of(c) for t in Base.metadata.tables.values() for c in t.columns}

VIEW_READS = """
select v.relname as view, t.relname as table, a.attname as column
from pg_class v
join pg_rewrite r on r.ev_class = v.oid
join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass and d.refobjsubid > 0
join pg_class t on t.oid = d.refobjid
join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
where v.relnamespace = 'deid'::regnamespace and v.relkind = 'v' and t.relnamespace = 'public'::regnamespace
"""
READABLE = """
select n.nspname || '.' || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^(pg_|information_schema)' and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and has_schema_privilege(:role, n.oid, 'usage') and has_any_column_privilege(:role, c.oid, 'select')
order by 1
"""
WRITABLE = """
select n.nspname || '.' || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^(pg_|information_schema)' and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and (has_any_column_privilege(:role, c.oid, 'insert, update')
       or has_table_privilege(:role, c.oid, 'delete, truncate, trigger'))
order by 1
"""
DEFINERS = """
select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where p.prosecdef and p.prorettype <> 'trigger'::regtype and n.nspname !~ '^pg_'
  and has_function_privilege(:role, p.oid, 'execute')
  and has_schema_privilege(:role, n.oid, 'usage')
order by 1
"""


@pytest.fixture(scope="module")
def store(operational_module: Database) -> Database:
    return operational_module


def column(database: Database, statement: str, **parameters: object) -> list[str]:
    with database.session("admin") as session:
        return list(session.execute(text(statement), parameters).scalars())


def declare(column_type: str) -> subprocess.CompletedProcess[str]:
    """Configure the mappers of a program that has one more table."""
    program = f"""
        from sqlalchemy import Text
        from sqlalchemy.orm import Mapped, configure_mappers, mapped_column
        import operational.models
        from operational.models.base import Base, DirectText, TokenRow

        class Extra(TokenRow, Base):
            __tablename__ = "extra"
            nickname: Mapped[{column_type}]

        configure_mappers()
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_untagged_column_stops_the_program_and_a_tagged_one_does_not() -> None:
    refused = declare("str] = mapped_column(Text")
    assert refused.returncode != 0
    broken = declare("str")
    assert "UnclassifiedColumn: extra.nickname has no PHI tag" in broken.stderr
    assert declare("DirectText").returncode == 0


def test_every_stored_column_of_a_model_is_in_the_models(store: Database) -> None:
    """A column added by SQL alone would have no tag."""
    statement = """
        select table_name || '.' || column_name from information_schema.columns
        where table_schema = 'public' and table_name = any (:tables) order by 1
    """
    tables = [table.name for table in Base.metadata.tables.values()]
    assert column(store, statement, tables=tables) == sorted(f"{t}.{c}" for t, c in TAGS)
    untagged = """
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and not c.relname = any (:tables) and c.relname <> 'alembic_version'
    """
    assert column(store, untagged, tables=tables) == []


def test_no_view_of_the_extract_rests_on_an_identifying_column(store: Database) -> None:
    with store.session("admin") as session:
        reads = session.execute(text(VIEW_READS)).all()
    assert {row.view for row in reads} == {m.__tablename__ for m in models() if m.__extracted__}
    assert [(r.table, r.column) for r in reads if TAGS[r.table, r.column] not in LEAVES] == []
    generalised = {(r.table, r.column) for r in reads if TAGS[r.table, r.column] is Phi.QUASI}
    assert generalised == {("client", "birth_date"), ("client", "zip_code")}
    shown = column(
        store,
        "select attname::text from pg_attribute where attrelid = 'deid.client'::regclass and attnum > 0",
    )
    assert {"birth_month", "zip3"} <= set(shown)
    assert not {"birth_date", "zip_code", "first_name", "email"} & set(shown)


def test_a_view_on_an_identifying_column_would_be_seen(store: Database) -> None:
    """Control: and the role that owns the views may not even make one that works."""
    with store.session("admin") as session:
        session.execute(text("create view deid.leak as select upper(t.email) as e from public.client t"))
        reads = session.execute(text(VIEW_READS)).all()
        session.rollback()
    assert [(r.view, r.column) for r in reads if TAGS[r.table, r.column] not in LEAVES] == [("leak", "email")]
    owner = store.connect("owner")
    owner.execute("set local role medspa_deid")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("select email from public.client")


def test_the_extracting_role_reads_the_views_and_nothing_else(store: Database) -> None:
    expected = sorted(f"deid.{m.__tablename__}" for m in models() if m.__extracted__)
    assert column(store, READABLE, role="medspa_extract") == expected
    assert column(store, WRITABLE, role="medspa_extract") == []
    # One random number in, a yes or no out: how a store that went back in time is noticed.
    marks = ["capture.knows_mark(uuid)", "capture.leave_mark(uuid)"]
    assert column(store, DEFINERS, role="medspa_extract") == marks


def test_the_owner_of_the_views_has_grants_on_leaving_columns_only(store: Database) -> None:
    granted = column(
        store,
        "select table_name || '.' || column_name from information_schema.column_privileges"
        " where grantee = 'medspa_deid' and privilege_type = 'SELECT' and table_schema = 'public' order by 1",
    )
    leaving = sorted(
        f"{m.__tablename__}.{c.name}"
        for m in models()
        if m.__extracted__
        for c, _, _ in exported_columns(m.__table__)  # type: ignore[arg-type]
    )
    assert granted == leaving
    assert {name.split(".")[0] for name in column(store, WRITABLE, role="medspa_deid")} == {"deid"}
    tables = column(
        store,
        "select table_name from information_schema.table_privileges where grantee = 'medspa_deid'"
        " and table_schema not in ('deid')",
    )
    assert tables == []


def test_other_roles_hold_what_their_work_needs(store: Database) -> None:
    trail = ["audit.access", "audit.block", "audit.disclosure", "audit.epoch"]
    assert column(store, READABLE, role="medspa_maintenance") == trail
    assert column(store, WRITABLE, role="medspa_maintenance") == ["audit.block"]
    assert column(store, READABLE, role="medspa_publish") == []
    assert column(store, WRITABLE, role="medspa_publish") == []
    assert column(store, WRITABLE, role="medspa_backup") == []
    assert [one for one in column(store, READABLE, role="medspa_backup") if one.startswith("vault.")] == []
    assert [one for one in column(store, READABLE, role="medspa_app") if not one.startswith("public.")] == []


OWN_WORDS = {
    "organization", "legal_entity", "location", "treatment_category", "product", "service",
    "resource", "drawer", "tax_jurisdiction", "tax_rate", "merchant_account", "tender_programme",
    "consent_template",
    "consent_template_version", "export_batch", "export_batch_day", "business_day",
    "day_close_figure", "journal_entry", "package_plan", "membership_plan", "membership_plan_version",
}  # fmt: skip
"""Tables about the practice: what it calls its rooms and services."""

PROGRAM_WORDS = {
    "client.state": "two letters",
    "payment.card_brand": "the processor's word",
    "payment.decline_code": "the processor's word",
    "payout.decline_code": "the processor's word",
    "posting.account": "a foreign key to the chart of accounts",
}
"""Texts beside a person that no person types."""


def test_text_that_leaves_beside_a_person_is_a_code(store: Database) -> None:
    """A reason that may be a sentence will one day name somebody."""
    loose = [
        f"{m.__tablename__}.{c.name}"
        for m in models()
        if m.__extracted__ and "org_id" in m.__table__.columns and m.__tablename__ not in OWN_WORDS
        for c in m.__table__.columns
        if type(c.type) is Text and phi_of(c) is Phi.SAFE and not c.info.get("code") and c.name != "currency"
    ]
    assert sorted(loose) == sorted(PROGRAM_WORDS)


@pytest.mark.parametrize("sentence", ["Frau Zephyrine", "zephyrine@example.test", "a b", "", "+12025550123"])
def test_a_sentence_in_place_of_a_code_is_refused(store: Database, sentence: str) -> None:
    checked = [
        (t.name, c.name) for t in Base.metadata.tables.values() for c in t.columns if c.info.get("code")
    ]
    assert len(checked) > 10
    with store.session("owner") as session:
        for table, name in checked:
            (condition,) = session.execute(
                text("select pg_get_expr(conbin, conrelid) from pg_constraint where conname = :name"),
                {"name": f"ck_{table}_{name}_code"},
            ).scalars()
            holds = text(f"select {condition} from (select cast(:sentence as text) as {name}) t")
            assert session.execute(holds, {"sentence": sentence}).scalar() is False


def test_append_only_tables_cannot_be_changed_by_the_app(store: Database) -> None:
    statement = """
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and (has_any_column_privilege('medspa_app', c.oid, 'update')
             or has_table_privilege('medspa_app', c.oid, 'delete, truncate'))
    """
    changeable = set(column(store, statement))
    assert [m.__tablename__ for m in models() if m.__append_only__ and m.__tablename__ in changeable] == []
