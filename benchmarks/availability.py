"""Availability of 30 days × 20 providers × 10 rooms, in process, with and without years of history.

Run: `python -m benchmarks.availability [calls] [visits of history]`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from benchmarks.contest import prepared
from medspa.kernel.vocabulary import ResourceKind
from operational.booking.availability import Question, availability
from operational.models import Shift
from tests.factories.booking import actor_of, add_provider, add_resource, add_service, next_weekday
from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database

GOAL_MS = 30.0
DAYS, PROVIDERS, ROOMS = 30, 20, 10

# Visits of 45 minutes each hour for each provider, the rooms in turn; two of three of the day's hours.
FILL = text(
    """
    with slot as (
        select p.id as provider, p.number, d, h, gen_random_uuid() as visit,
            cast(:first as timestamptz) + make_interval(days => d, hours => h) as at
        from unnest(cast(:providers as uuid[])) with ordinality as p(id, number)
        cross join generate_series(cast(:from_day as integer), cast(:to_day as integer)) d
        cross join generate_series(0, 7) h
        where (p.number + h + abs(d)) % 3 > 0
    ), visit as (
        insert into appointment (org_id, id, client_id, location_id, starts_at, ends_at, business_date,
            status, source, booked_at, created_at)
        select :org, visit, :client, :location, at, at + interval '45 min', at::date,
            'completed', 'import', at, at
        from slot
    )
    insert into occupancy (org_id, id, appointment_id, subject_kind, subject_id, during, starts_at, ends_at,
        hard, active, created_at)
    select :org, gen_random_uuid(), visit, c.kind, c.subject, tstzrange(at, at + c.long), at, at + c.long,
        true, true, at
    from slot cross join lateral (values
        ('provider', provider, interval '30 min'),
        ('room', (cast(:rooms as uuid[]))[1 + number % 10], interval '1 min')
    ) as c(kind, subject, long)
    on conflict do nothing
    """
)


def fill(database: Database, values: dict[str, object], days: range) -> int:
    """Bulk visits as the administrator, without triggers: only what the search reads."""
    with database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        session.execute(FILL, {**values, "from_day": days.start, "to_day": days.stop - 1})
    with database.connect("admin", autocommit=True) as connection:
        connection.execute("vacuum analyze")
    with database.session("admin") as session:
        found: int = session.execute(text("select count(*) from occupancy")).scalar_one()
    return found


def run(calls: int = 60, history: int = 200_000) -> dict[str, object]:
    """p50 and p95 of whole calls in milliseconds, before and after the history."""
    with prepared(1) as (database, _, place):
        setup = place.setup
        first = next_weekday(hour=14)
        providers = [
            *place.providers,
            *(add_provider(setup) for _ in range(PROVIDERS - len(place.providers))),
        ]
        rooms = [add_resource(setup, f"Big {number}", tag="big") for number in range(ROOMS)]
        service = add_service(setup, "Measured", needs=[(ResourceKind.ROOM, "big")], hands=30, after=5)
        with database.session("owner") as session:
            session.execute(text("update shift set active = false"))
            session.add_all(
                Shift(
                    org_id=setup.org_id,
                    staff_id=provider,
                    location_id=setup.location_id,
                    starts_at=first + timedelta(days=day),
                    ends_at=first + timedelta(days=day, hours=8),
                    active=True,
                )
                for provider in providers
                for day in range(DAYS)
            )
        values = {
            "org": setup.org_id,
            "client": setup.clients[0],
            "location": setup.location_id,
            "providers": providers,
            "rooms": rooms,
            "first": first,
        }
        counts = [fill(database, values, range(DAYS))]
        found = [measure(database, setup, service, first, calls)]
        per_day = PROVIDERS * 8 * 2 // 3
        counts.append(fill(database, values, range(-history // per_day, 0)))
        found.append(measure(database, setup, service, first, calls))
    return {
        "claims": counts,
        "p50 ms": [round(statistics.median(one), 1) for one, _ in found],
        "p95 ms": [round(sorted(one)[int(len(one) * 0.95)], 1) for one, _ in found],
        "slots in the answer": [slots for _, slots in found],
        "goal p95 ms": GOAL_MS,
    }


def measure(
    database: Database, setup: OrganizationSetUp, service: object, first: datetime, calls: int
) -> tuple[list[float], int]:
    """Milliseconds of each call, in one session, each in a transaction of its own."""
    day = first.astimezone(UTC).date()
    question = Question(setup.location_id, service, day, day + timedelta(days=DAYS - 1), limit=200)  # type: ignore[arg-type]
    actor = actor_of(setup)
    spent, slots = [], 0
    for _ in range(calls + 5):
        with database.session("app", setup.org_id) as session:
            session.connection()
            began = time.perf_counter()
            slots = len(availability(session, actor, question)[0])
            spent.append((time.perf_counter() - began) * 1000)
    return spent[5:], slots


if __name__ == "__main__":
    print(json.dumps(run(*(int(one) for one in sys.argv[1:3])), indent=2))
