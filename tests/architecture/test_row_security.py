"""Row security of the operational store, walked in the catalogue: a new table cannot be forgotten."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from operational.privacy.columns import audited_columns
from tests.support.databases import Database

ROLES = ("app", "extract", "publish", "maintenance", "backup")

UNSCOPED_TABLES = {
    "public.alembic_version": "the schema's own version",
    "public.ledger_account": "the base chart of accounts, the same for everybody",
    "audit.epoch": "which server's transaction ids are meant; about nobody",
    "directory.attempt": "throttles sign-in before the organization is known; keys are digests",
    "directory.known_device": "recognises a device before the organization is known; digests only",
    "capture.mark": "random numbers left by extractions, readable by nobody; about nobody",
    "audit.block": "digests over all organizations' audit rows, readable by medspa_maintenance alone",
}
"""Tables without org_id, and why they may be."""

GLOBAL_KEYS = {
    "uq_organization_slug": "the slug names the organization itself",
    "pk_ledger_account": "no organization's table",
    "alembic_version_pkc": "no organization's table",
    "epoch_pkey": "no organization's table",
    "mark_pkey": "no organization's table",
    "block_pkey": "one chain over all organizations",
    "block_epoch_from_xid_key": "one chain over all organizations",
    "attempt_pkey": "no organization's table",
    "known_device_pkey": "no organization's table",
    "uq_auth_session_token_digest": "found before the organization is known, 256 random bits",
    "uq_api_key_key_digest": "found before the organization is known, 256 random bits",
    "uq_link_token_token_digest": "found before the organization is known, 256 random bits",
    "uq_processor_attempt_request_key": "the processor knows it without knowing the organization",
    "ex_location_messaging_sms_from": "a number is answered to one organization only",
    "uq_calendar_feed_token_digest": "found before the organization is known, 256 random bits",
    "uq_merchant_account_processor_account": "each is in the books of one organization only",
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
    "booking_client_rules": "from when an age fits and a prerequisite is fresh; neither age nor visit",
    "day_blockers": "which lines were charted but not billed, by id; tells nothing of the treatment",
    "client_hold": "locks a client's row and returns nothing of it",
    "client_root_of": "which record a record was merged into, by id",
    "client_records_of": "which records were merged into one, by id",
    "client_merge_rests": "words for what came to rest on a merge, of no record",
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
