"""The audit gate by attack: no header in this transaction, no rows."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from medspa.kernel.database import bind_organization, make_engine, new_session, session_scope
from medspa.kernel.vocabulary import Purpose
from operational.models import Base, Client
from operational.privacy.audit import open_audit
from tests.factories.practice import Practice, make_practice
from tests.integration.privacy.conftest import OPEN, bind, clients
from tests.support.databases import Database


def test_raw_sql_without_a_header_reads_nothing_and_with_one_reads(
    raw: psycopg.Connection, practice: Practice
) -> None:
    bind(raw, practice)
    assert clients(raw) == 0
    raw.execute(OPEN, (practice.staff_id,))
    assert clients(raw) == 1


def test_without_the_policy_raw_sql_reads(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    """Control: the gate is the policy `audited` and nothing else."""
    with operational.session("owner") as session:
        session.execute(text("drop policy audited on client"))
    bind(raw, practice)
    assert clients(raw) == 1


def test_every_audited_table_is_gated(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    audited = sorted(str(m.local_table) for m in Base.registry.mappers if m.class_.__audited__)
    assert "client" in audited
    with operational.session("owner") as session:
        gated = session.execute(
            text(
                "select tablename from pg_policies where policyname = 'audited'"
                " and permissive = 'RESTRICTIVE' and cmd = 'SELECT' and roles = '{medspa_app}'"
                " and qual like '%audit.is_open()%'"
            )
        ).scalars()
        assert sorted(gated) == audited


def test_the_next_transaction_of_the_same_connection_reads_nothing(
    raw: psycopg.Connection, practice: Practice
) -> None:
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    assert clients(raw) == 1
    raw.commit()
    bind(raw, practice)
    assert clients(raw) == 0


def test_another_transaction_cannot_use_a_header(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    other = operational.connect("app")
    bind(other, practice)
    assert clients(other) == 0
    assert clients(raw) == 1


def test_a_header_of_a_rolled_back_savepoint_does_not_open(
    raw: psycopg.Connection, practice: Practice
) -> None:
    bind(raw, practice)
    raw.execute("savepoint before")
    raw.execute(OPEN, (practice.staff_id,))
    assert clients(raw) == 1
    raw.execute("rollback to savepoint before")
    assert clients(raw) == 0


def test_a_header_of_one_organization_does_not_open_another(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    second = make_practice(operational, "second")
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    bind(raw, second)
    assert clients(raw) == 0
    raw.execute(OPEN, (second.staff_id,))
    assert clients(raw) == 1


@pytest.mark.parametrize(
    "setting", ["medspa.audit_id", "medspa.audit", "audit.open", "medspa.audit_moving", "row_security"]
)
def test_a_forged_setting_opens_nothing(raw: psycopg.Connection, practice: Practice, setting: str) -> None:
    bind(raw, practice)
    raw.execute("select set_config(%s, 'on', true)", (setting,))
    assert clients(raw) == 0


def test_a_reused_pooled_connection_starts_closed(operational: Database, practice: Practice) -> None:
    engine = make_engine(operational.dsn("app"), pool_size=1)
    try:
        pids = []
        for audited in (True, False):
            with session_scope(engine, practice.org_id) as session:
                pids.append(session.execute(text("select pg_backend_pid()")).scalar_one())
                if audited:
                    open_audit(session, practice.actor, Purpose.TREATMENT)
                found = session.scalars(select(Client)).all()
                assert len(found) == (1 if audited else 0)
        assert pids[0] == pids[1]
    finally:
        engine.dispose()


def test_column_selects_joins_text_and_returning_are_gated_alike(
    operational: Database, practice: Practice
) -> None:
    with operational.session("app", practice.org_id) as session:
        assert session.execute(select(Client.last_name)).all() == []
        assert session.execute(text("select last_name from client")).all() == []
        updated = text("update client set city = 'X' where id = :id returning last_name")
        assert session.execute(updated, {"id": practice.client_id}).all() == []
    with operational.session("owner") as session:
        assert session.execute(select(Client.city)).scalar() is None


@pytest.mark.parametrize("table", ["audit.access", "audit.gate"])
def test_when_the_trail_cannot_be_written_the_read_fails(
    operational: Database, raw: psycopg.Connection, practice: Practice, table: str
) -> None:
    with operational.session("owner") as session:
        session.execute(text(f"revoke insert on {table} from medspa_owner"))
    with operational.session("app", practice.org_id) as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            open_audit(session, practice.actor, Purpose.TREATMENT)
        session.rollback()
    bind(raw, practice)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
        raw.execute(OPEN, (practice.staff_id,))
    assert clients(raw) == 0


def test_when_the_record_cannot_be_written_the_commit_fails(
    operational: Database, practice: Practice
) -> None:
    with operational.session("owner") as session:
        session.execute(text("revoke insert on audit.disclosure from medspa_owner"))
    with new_session(operational.engine("app")) as session:
        bind_organization(session, practice.org_id)
        open_audit(session, practice.actor, Purpose.TREATMENT)
        assert session.scalars(select(Client.id)).all() == [practice.client_id]
        with pytest.raises(DBAPIError, match="permission denied"):
            session.commit()


def test_a_read_only_transaction_cannot_open(raw: psycopg.Connection, practice: Practice) -> None:
    raw.execute("set transaction read only")
    bind(raw, practice)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        raw.execute(OPEN, (practice.staff_id,))


def test_no_organization_no_header(raw: psycopg.Connection, practice: Practice) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no organization is bound"):
        raw.execute(OPEN, (practice.staff_id,))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from audit.access",
        "select * from audit.disclosure",
        "select * from audit.gate",
        "select * from audit.block",
        "select * from audit.access_default",
        "insert into audit.gate values (gen_random_uuid(), 1, now(), gen_random_uuid(), 1)",
        "update audit.access set purpose = 'payment'",
        "delete from audit.disclosure",
        "truncate audit.access",
        "drop policy audited on client",
        "alter table client disable row level security",
        "create or replace function audit.is_open() returns boolean language sql as 'select true'",
        "select audit.ensure_partitions(1)",
        "set role medspa_owner",
    ],
)
def test_the_app_reaches_the_trail_by_no_other_way(
    raw: psycopg.Connection, practice: Practice, statement: str
) -> None:
    bind(raw, practice)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(statement.encode())


def test_even_the_owner_cannot_change_rows_by_accident(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    raw.commit()
    for statement in ("update audit.access set purpose = 'payment'", "delete from audit.access"):
        with pytest.raises(DBAPIError, match="never changed"), operational.session("owner") as session:
            session.execute(text(statement))


def test_a_record_for_another_transaction_is_refused(raw: psycopg.Connection, practice: Practice) -> None:
    bind(raw, practice)
    row = raw.execute(OPEN, (practice.staff_id,)).fetchone()
    assert row is not None
    raw.commit()
    bind(raw, practice)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="not of this transaction"):
        raw.execute("select audit.record(%s, '[]')", (row[0],))


def test_the_gate_is_asked_once_per_statement(raw: psycopg.Connection, practice: Practice) -> None:
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    plan = "\n".join(row[0] for row in raw.execute("explain (verbose) select * from client").fetchall())
    assert plan.count("audit.is_open()") == 1
    before = plan[: plan.index("audit.is_open()")]
    assert "InitPlan" in before
    assert "InitPlan" in before.splitlines()[-3] or "Result" in before.splitlines()[-2]
