"""Many rows of the busy tables, written in bulk by the administrator without triggers and foreign keys.

For plans and timings: the rows look right to a search, not to the ledger.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import text

from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database

FIRST = datetime(2016, 1, 1, 13, 0, tzinfo=UTC)

CLIENTS = """
insert into client (org_id, id, client_key, first_name, last_name, phone, email, flags, home_location_id,
    version, created_at)
select :org, gen_random_uuid(), gen_random_uuid(), 'First' || n % 997, 'Last' || n,
    '+1202' || lpad((n + 2000000)::text, 7, '0'), 'client' || n || '@mail.example', '{}', :location, 1, now()
from generate_series(1, :clients) n
"""
# A visit an hour per provider, each with the client in turn.
VISITS = """
insert into appointment (org_id, id, client_id, location_id, starts_at, ends_at, business_date, status,
    source, booked_at, version, created_at)
select :org, gen_random_uuid(), c.id, :location, s.at, s.at + interval '30 min', s.at::date,
    case s.n % 8 when 0 then 'arrived' else 'confirmed' end, 'import', s.at, 1, s.at
from (select n, cast(:first as timestamptz) + make_interval(days => n / 8, hours => n % 8) as at
    from generate_series(0, :visits - 1) n) s
join (select id, row_number() over (order by id) - 1 as n from client where org_id = :org) c
    on c.n = s.n % :clients
"""
ITEMS = """
insert into appointment_item (org_id, id, appointment_id, position, service_id, provider_id, starts_at,
    provider_ends_at, ends_at, performed, created_at)
select org_id, gen_random_uuid(), id, 1, :service, :provider, starts_at, ends_at, ends_at, true, created_at
from appointment where org_id = :org
"""
CLAIMS = """
insert into occupancy (org_id, id, appointment_id, subject_kind, subject_id, during, starts_at, ends_at, hard,
    active, created_at)
select a.org_id, gen_random_uuid(), a.id, s.kind, s.id, tstzrange(a.starts_at, a.ends_at), a.starts_at,
    a.ends_at, true, true, a.created_at
from appointment a cross join (values ('provider', cast(:provider as uuid)), ('room', cast(:room as uuid)))
    as s(kind, id)
where a.org_id = :org
"""
POSTINGS = """
insert into posting (org_id, id, entry_id, line_no, legal_entity_id, location_id, business_date, account,
    amount_minor, currency, invoice_id, client_id, created_at)
select a.org_id, gen_random_uuid(), a.id, l.line, :entity, :location, a.business_date, l.account, l.amount,
    'USD', case when l.account = '1100' then a.id end, case when l.account = '2100' then a.client_id end,
    a.created_at
from appointment a
cross join (values (1, '1100', 10000), (2, '2100', -2000), (3, '4000', -8000)) as l(line, account, amount)
where a.org_id = :org
"""


def fill(
    database: Database, made: OrganizationSetUp, clients: int, visits: int, *, calendar: bool = True
) -> None:
    """`clients` clients, `visits` visits at the first location with 3 postings each.

    `calendar`: with the visits' items and claims on time, which take most of the writing.
    """
    values = {
        "org": made.org_id, "location": made.location_id, "service": made.consultation_id,
        "provider": made.provider_id, "room": made.rooms[0], "entity": made.legal_entity_id, "first": FIRST,
        "clients": clients, "visits": visits,
    }  # fmt: skip
    with database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        for statement in (CLIENTS, VISITS, *((ITEMS, CLAIMS) if calendar else ()), POSTINGS):
            session.execute(text(statement), values)


def analyze(database: Database) -> None:
    """Statistics and visibility as a store has them that has run for a while."""
    with database.connect("admin", autocommit=True) as connection:
        connection.execute("vacuum analyze")


def one_of(database: Database, statement: str, made: OrganizationSetUp) -> uuid.UUID:
    """The first id that `statement` finds in the organization (:org)."""
    with database.session("admin") as session:
        found: uuid.UUID = session.execute(text(statement), {"org": made.org_id}).scalars().first()  # type: ignore[assignment]
        return found
