"""Row security of the operational store, walked in the catalogue: a new table cannot be forgotten."""

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
from operational.privacy.columns import audited_columns
from tests.factories.practice import STARTED, Practice, make_practice
from tests.support.databases import Database

ROLES = ("app", "extract", "publish", "maintenance", "backup")

UNSCOPED_TABLES = {
    "public.alembic_version": "the schema's own version",
    "public.ledger_account": "the base chart of accounts, the same for everybody",
    "audit.epoch": "which server's transaction ids are meant; about nobody",
    "directory.attempt": "throttles sign-in before the organization is known; keys are digests",
    "directory.known_device": "recognises a device before the organization is known; digests only",
    "audit.block": "digests over all organizations' audit rows, readable by medspa_maintenance alone",
}
"""Tables without org_id, and why they may be."""

GLOBAL_KEYS = {
    "uq_organization_slug": "the slug names the organization itself",
    "pk_ledger_account": "no organization's table",
    "alembic_version_pkc": "no organization's table",
    "epoch_pkey": "no organization's table",
    "block_pkey": "one chain over all organizations",
    "block_epoch_from_xid_key": "one chain over all organizations",
    "attempt_pkey": "no organization's table",
    "known_device_pkey": "no organization's table",
    "uq_auth_session_token_digest": "found before the organization is known, 256 random bits",
    "uq_api_key_key_digest": "found before the organization is known, 256 random bits",
    "uq_link_token_token_digest": "found before the organization is known, 256 random bits",
    "uq_processor_attempt_request_key": "the processor knows it without knowing the organization",
}
"""Unique and exclusion constraints that do not begin with org_id, and why they may be."""

TABLES = """
select n.nspname || '.' || c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
       exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id') as tenant
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)'
"""
KEYS = """
select i.relname as name, coalesce(a.attname, '') as first
from pg_index x
join pg_class i on i.oid = x.indexrelid
join pg_class t on t.oid = x.indrelid
join pg_namespace n on n.oid = t.relnamespace
left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
where (x.indisunique or x.indisexclusion) and n.nspname !~ '^(pg_|information_schema)'
"""
UNDECLARED = """
select c.relname || ' to ' || r.rolname
from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r
where c.relkind in ('r', 'p') and c.relrowsecurity and n.nspname !~ '^pg_' and r.rolname ~ '^medspa_'
  and has_any_column_privilege(r.oid, c.oid, 'select')
  and not exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polpermissive
                  and r.oid = any (p.polroles))
"""
FOR_EVERYBODY = "select polrelid::regclass::text from pg_policy where 0 = any (polroles)"
WIDE_OPEN = """
select tablename || ': ' || policyname from pg_policies
where permissive = 'PERMISSIVE' and 'medspa_app' = any (roles)
  and coalesce(qual, with_check) not like '%org_id = %medspa.org_id%'
"""
OWN_RIGHTS = """
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'v' and n.nspname !~ '^(pg_|information_schema)' and n.nspname <> 'deid'
  and not coalesce('security_invoker=true' = any (c.reloptions), false)
"""


def walk(session: object) -> list[str]:
    """Every table and key that breaks a rule."""
    execute = session.execute  # type: ignore[attr-defined]
    wrong = []
    for table in execute(text(TABLES)):
        if table.tenant and not (table.enabled and table.forced):
            wrong.append(f"{table.name}: row security is not enabled and forced")
        if not table.tenant and table.name not in UNSCOPED_TABLES:
            wrong.append(f"{table.name}: no org_id")
    wrong += [
        f"{key.name}: begins with {key.first or 'an expression'}"
        for key in execute(text(KEYS))
        if key.first != "org_id" and key.name not in GLOBAL_KEYS
    ]
    for rule, statement in (
        ("readable by a role without a policy", UNDECLARED),
        ("policy for everybody", FOR_EVERYBODY),
        ("policy without the organization", WIDE_OPEN),
        ("view with its owner's rights", OWN_RIGHTS),
    ):
        wrong += [f"{one}: {rule}" for one in execute(text(statement)).scalars()]
    return wrong


def test_every_table_key_policy_and_view_keeps_the_rules(operational_module: Database) -> None:
    with operational_module.session("admin") as session:
        assert walk(session) == []


PLANTED = {
    "no org_id": "create table public.note (id int)",
    "not forced": "create table public.note (org_id uuid); alter table note enable row level security",
    "partition left open": "create table audit.access_200001 partition of audit.access"
    " for values from ('2000-01-01') to ('2000-02-01')",
    "key of another order": "alter table client add constraint wrong unique (client_key, org_id)",
    "unique expression": "create unique index wrong on client (lower(email))",
    "no policy": "create table public.note (org_id uuid); alter table note enable row level security,"
    " force row level security; grant select on note to medspa_app",
    "policy for everybody": "create policy open on client for select using (true)",
    "wide policy": "create policy open on client for select to medspa_app using (true)",
    "view": "create view public.card as select * from client",
}


@pytest.mark.parametrize("plant", PLANTED)
def test_the_walk_finds_what_was_forgotten(operational_module: Database, plant: str) -> None:
    with operational_module.session("admin") as session:
        session.execute(text(PLANTED[plant]))
        assert walk(session) != []
        session.rollback()


READS_AUDITED = {
    "day_blockers": "which lines were charted but not billed, by id; tells nothing of the treatment",
    "ledger_lock_spent": "locks a client's row and returns nothing of it",
    "ledger_hold_client": "locks a client's row and returns nothing of it",
    "take_segment": "compares client keys and returns none",
}
"""Functions with their owner's rights that touch audited tables: the gate does not stand before them."""


def test_no_function_goes_around_the_gate_unlisted(operational_module: Database) -> None:
    statement = text(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where p.prosecdef and p.prorettype <> 'trigger'::regtype and n.nspname !~ '^pg_'"
        " and p.prosrc ~ :tables"
    )
    tables = r"\m(" + "|".join(sorted(audited_columns())) + r")\M"
    with operational_module.session("admin") as session:
        found = set(session.execute(statement, {"tables": tables}).scalars())
    assert found == set(READS_AUDITED)


def test_the_listed_exceptions_still_exist(operational_module: Database) -> None:
    with operational_module.session("admin") as session:
        tables = {row.name for row in session.execute(text(TABLES)) if not row.tenant}
        keys = {row.name for row in session.execute(text(KEYS)) if row.first != "org_id"}
    assert set(UNSCOPED_TABLES) == tables
    assert set(GLOBAL_KEYS) == keys


# --- reading, as every role -------------------------------------------------------------------------


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


# --- location scope ---------------------------------------------------------------------------------


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
