"""A full day of a large practice, written in bulk: what a calendar draws, not what only booking reads."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import text

from medspa.kernel import clock
from tests.factories.booking import add_provider, add_resource
from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database

PROVIDERS, ROOMS, ITEMS = 40, 10, 500

_FILL = text(
    """
    with person as (
        insert into client (org_id, id, client_key, first_name, last_name, flags, created_at)
        select :org, gen_random_uuid(), gen_random_uuid(), 'First' || n, 'Last' || n,
            case when n % 25 = 0 then array['vip'] else '{}' end, cast(:at as timestamptz)
        from generate_series(1, cast(:items as integer)) n returning id
    ), numbered as (
        select id as client, gen_random_uuid() as visit, gen_random_uuid() as item, n,
            (cast(:providers as uuid[]))[1 + n % cast(:count as integer)] as provider,
            cast(:at as timestamptz)
                + make_interval(mins => 45 * cast(n / cast(:count as integer) as integer)) as starts
        from (select id, row_number() over () - 1 as n from person) p
    ), visits as (
        insert into appointment (org_id, id, client_id, location_id, starts_at, ends_at, business_date,
            status, source, booked_at, created_at)
        select :org, visit, client, :location, starts, starts + interval '40 min',
            cast(:at as timestamptz)::date,
            (array['booked', 'confirmed', 'arrived', 'completed'])[1 + n % 4], 'desk', :at, :at from numbered
    ), items as (
        insert into appointment_item (org_id, id, appointment_id, position, service_id, provider_id,
            starts_at, provider_ends_at, ends_at, performed, created_at)
        select :org, item, visit, 1, :service, provider, starts, starts + interval '30 min',
            starts + interval '40 min', false, :at from numbered
    ), used as (
        insert into appointment_item_resource (org_id, id, appointment_item_id, resource_id, created_at)
        select :org, gen_random_uuid(), item,
            (cast(:rooms as uuid[]))[1 + n % cast(:room_count as integer)], :at
        from numbered
    ), working as (
        insert into shift (org_id, id, staff_id, location_id, starts_at, ends_at, active, created_at, version)
        select :org, gen_random_uuid(), p, :location, cast(:at as timestamptz) - interval '1 hour',
            cast(:at as timestamptz) + interval '10 hours', true, :at, 1
        from unnest(cast(:providers as uuid[])) p
    )
    insert into occupancy (org_id, id, appointment_id, subject_kind, subject_id, during, starts_at, ends_at,
        hard, active, created_at)
    select :org, gen_random_uuid(), visit, 'provider', provider, tstzrange(s, e), s, e, hard, true, :at
    from numbered cross join lateral (values
        (starts, starts + interval '30 min', true),
        (starts + interval '40 min', starts + interval '45 min', false)
    ) as o(s, e, hard)
    """
)


def fill_day(database: Database, setup: OrganizationSetUp, at: datetime | None = None) -> datetime:
    """500 visits of 40 providers in 10 rooms, the first at `at`: nine local hours today without it."""
    start = at or clock.now().astimezone(UTC).replace(hour=14, minute=0, second=0, microsecond=0)
    providers = [add_provider(setup) for _ in range(PROVIDERS)]
    rooms = [add_resource(setup, f"Full {number}", tag="full") for number in range(ROOMS)]
    with database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        session.execute(
            _FILL,
            {
                "org": setup.org_id, "location": setup.location_id, "service": setup.consultation_id,
                "providers": providers, "rooms": rooms, "count": PROVIDERS, "room_count": ROOMS,
                "items": ITEMS, "at": start,
            },
        )  # fmt: skip
    _label(database, providers)
    return start


def _label(database: Database, providers: list[uuid.UUID]) -> None:
    with database.session("admin") as session:
        for number, one in enumerate(providers, 1):
            session.execute(
                text("update staff_member set label = :label where id = :id"),
                {"label": f"Provider {number:02d}", "id": one},
            )
