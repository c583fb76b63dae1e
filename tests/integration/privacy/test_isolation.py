"""Organizations and locations kept apart: every relation read as every role, forged and left-over scopes."""

from __future__ import annotations

import uuid
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from medspa.kernel.database import make_engine, session_scope
from medspa.kernel.vocabulary import Purpose
from operational.models import Base, Shift
from operational.privacy.audit import open_audit
from tests.factories.practice import STARTED, Practice, make_practice
from tests.support.databases import Database


@pytest.fixture(scope="module")
def practices(operational_module: Database) -> tuple[Practice, Practice]:
    return make_practice(operational_module, "first"), make_practice(operational_module, "second")


def relations(database: Database) -> list[tuple[str, str]]:
    with database.session("admin") as session:
        rows = session.execute(
            text(
                "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where c.relkind in ('r', 'p', 'v', 'm') and n.nspname !~ '^(pg_|information_schema)'"
            )
        )
        return [(row[0], row[1]) for row in rows]


def organizations_seen(
    connection: psycopg.Connection, schema: str, relation: str, settings: dict[str, str], purpose: bool
) -> set[uuid.UUID] | str:
    """The organizations whose rows a role sees, or the SQLSTATE of its refusal. Rolls back."""
    try:
        for name, value in settings.items():
            connection.execute("select set_config(%s, %s, true)", (name, value))
        if purpose:
            connection.execute("select audit.open('staff', gen_random_uuid(), 'treatment', 'http')")
        statement = sql.SQL("select to_jsonb(t) ->> 'org_id' from {} t")
        rows = connection.execute(statement.format(sql.Identifier(schema, relation))).fetchall()
        return {uuid.UUID(row[0]) for row in rows if row[0]}
    except psycopg.Error as error:
        return error.sqlstate or "?"
    finally:
        connection.rollback()


def test_unbound_no_role_of_a_request_sees_a_row_of_anybody(
    operational_module: Database, practices: tuple[Practice, Practice]
) -> None:
    for role in ("app", "publish"):
        connection = operational_module.connect(role)
        for schema, relation in relations(operational_module):
            for settings in ({}, {"medspa.org_id": ""}, {"medspa.location_scope": "*"}):
                seen = organizations_seen(connection, schema, relation, settings, purpose=False)
                assert seen in (set(), "42501"), (role, relation, settings)


def test_bound_to_one_organization_the_app_sees_no_row_of_another(
    operational_module: Database, practices: tuple[Practice, Practice]
) -> None:
    connection = operational_module.connect("app")
    crossed, found = {}, set()
    for own in practices:
        settings = {"medspa.org_id": str(own.org_id), "medspa.location_scope": "*"}
        for schema, relation in relations(operational_module):
            seen = organizations_seen(connection, schema, relation, settings, purpose=True)
            if isinstance(seen, set) and seen - {own.org_id}:
                crossed[relation] = seen
            if seen == {own.org_id}:
                found.add(relation)
    assert crossed == {}
    assert found >= {"organization", "location", "client", "staff_member", "treatment_category"}


def test_without_row_security_the_same_walk_crosses(
    operational: Database,
) -> None:
    """Control: it is row security that keeps them apart."""
    first, _ = make_practice(operational, "first"), make_practice(operational, "second")
    with operational.session("owner") as session:
        session.execute(text("alter table client disable row level security"))
    connection = operational.connect("app")
    settings = {"medspa.org_id": str(first.org_id)}
    seen = organizations_seen(connection, "public", "client", settings, purpose=True)
    assert len(seen) == 2


def test_every_other_role_sees_what_its_work_needs(
    operational_module: Database, practices: tuple[Practice, Practice]
) -> None:
    may: dict[str, set[str]] = {
        "extract": {"deid"},
        "maintenance": {"audit"},
        "publish": set(),
        "backup": {"public", "audit"},
    }
    for role, allowed in may.items():
        connection = operational_module.connect(role)
        for schema, relation in relations(operational_module):
            seen = organizations_seen(connection, schema, relation, {}, purpose=False)
            if isinstance(seen, set) and seen:
                assert schema in allowed, (role, schema, relation)


def test_another_organizations_row_can_be_neither_written_nor_pointed_at(
    operational_module: Database, practices: tuple[Practice, Practice]
) -> None:
    own, other = practices
    connection = operational_module.connect("app")
    statements = {
        "42501": "insert into location_hours (org_id, id, location_id, weekday, opens_minute, closes_minute)"
        f" values ('{other.org_id}', gen_random_uuid(), '{other.location_id}', 1, 1, 2)",
        "23503": "insert into location_hours (org_id, id, location_id, weekday, opens_minute, closes_minute)"
        f" values ('{own.org_id}', gen_random_uuid(), '{other.location_id}', 1, 1, 2)",
    }
    for state, statement in statements.items():
        connection.execute("select set_config('medspa.org_id', %s, true)", (str(own.org_id),))
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(
                statement.replace("weekday,", "weekday, created_at,")
                .replace(", 1, 1,", ", 1, now(), 1,")
                .encode()
            )
        assert caught.value.sqlstate == state
        connection.rollback()
    connection.execute("select set_config('medspa.org_id', %s, true)", (str(own.org_id),))
    moved = connection.execute("update location set name = 'Taken' where id = %s", (other.location_id,))
    assert moved.rowcount == 0
    connection.rollback()


@pytest.fixture(scope="module")
def scoped(operational_module: Database, practices: tuple[Practice, Practice]) -> Practice:
    """A practice with one shift at each of its two locations."""
    own = practices[0]
    with operational_module.session("owner") as session:
        for location in (own.location_id, own.other_location_id):
            session.add(
                Shift(
                    org_id=own.org_id, staff_id=own.staff_id, location_id=location, starts_at=STARTED,
                    ends_at=STARTED + timedelta(hours=8),
                )
            )  # fmt: skip
    return own


def test_a_location_scope_hides_the_other_location(operational_module: Database, scoped: Practice) -> None:
    with operational_module.session("app", scoped.org_id) as session:
        assert len(session.query(Shift).all()) == 2
    with operational_module.session("app", scoped.org_id, [scoped.location_id]) as session:
        assert {shift.location_id for shift in session.query(Shift)} == {scoped.location_id}
        moved = session.execute(
            text("update shift set ends_at = ends_at where location_id = :other"),
            {"other": scoped.other_location_id},
        )
        assert moved.rowcount == 0  # type: ignore[attr-defined]
    with operational_module.session("app", scoped.org_id, []) as session:
        assert session.query(Shift).all() == []


@pytest.mark.parametrize(
    "forged",
    [
        "",
        " ",
        "*,",
        ",*",
        "**",
        "all",
        "{*}",
        "null",
        "*' or true --",
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_forged_scope_is_never_all_locations(
    operational_module: Database, scoped: Practice, forged: str
) -> None:
    connection = operational_module.connect("app")
    settings = {"medspa.org_id": str(scoped.org_id), "medspa.location_scope": forged}
    seen = organizations_seen(connection, "public", "shift", settings, purpose=False)
    assert seen in (set(), "22P02")


def test_location_scoped_tables_have_the_policy(operational_module: Database) -> None:
    expected = sorted(str(m.local_table) for m in Base.registry.mappers if m.class_.__location_scoped__)
    with operational_module.session("admin") as session:
        found = session.execute(
            text(
                "select tablename from pg_policies"
                " where policyname = 'location_scope' and permissive = 'RESTRICTIVE'"
            )
        ).scalars()
        assert sorted(found) == expected


def test_a_pooled_connection_carries_nothing_over(
    operational_module: Database, practices: tuple[Practice, Practice]
) -> None:
    own, other = practices
    engine = make_engine(operational_module.dsn("app"), pool_size=1)
    seen = []
    try:
        for org, audited in ((own, True), (None, False), (other, False), (other, True)):
            with session_scope(engine, org.org_id if org else None) as session:
                if org and audited:
                    open_audit(session, org.actor, Purpose.TREATMENT)
                pid = session.execute(text("select pg_backend_pid()")).scalar_one()
                found = session.execute(text("select org_id from client")).scalars().all()
                seen.append((pid, list(found)))
    finally:
        engine.dispose()
    assert len({pid for pid, _ in seen}) == 1
    assert [found for _, found in seen] == [[own.org_id], [], [], [other.org_id]]
