"""Availability of 30 days × 20 providers × 10 rooms, in process, with and without years of history.

Beside the time of whole calls stands the processor's time of the client and of its server process, which
other work on the machine touches less; and the whole answer against generated slots with NOT EXISTS.
Run: `python -m benchmarks.availability [calls] [visits of history]`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

from sqlalchemy import text

from benchmarks.contest import prepared
from benchmarks.harness import quantile, spread
from medspa.kernel import clock
from medspa.kernel.vocabulary import ResourceKind
from operational.booking.availability import Question, availability
from operational.booking.shape import Shape
from operational.models import Shift
from tests.factories.booking import actor_of, add_provider, add_resource, add_service, next_weekday
from tests.factories.generated_slots import Search, generated_slots
from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database

GOAL_MS = 30.0
DAYS, PROVIDERS, ROOMS = 30, 20, 10
SHAPE = Shape(hands=30, processing=0, finishing=0, before=0, after=5)

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
        service = add_service(
            setup, "Measured", needs=[(ResourceKind.ROOM, "big")], hands=SHAPE.hands, after=SHAPE.after
        )
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
        search = Search(setup.location_id, SHAPE, providers, rooms)
        generated = against_generated(database, setup, service, first, search)
        per_day = PROVIDERS * 8 * 2 // 3
        counts.append(fill(database, values, range(-history // per_day, 0)))
        found.append(measure(database, setup, service, first, calls))
    return {
        "claims": counts,
        "p50 ms": [round(statistics.median(one), 1) for one, _, _ in found],
        "p95 ms": [round(quantile(one, 0.95), 1) for one, _, _ in found],
        "processor ms, p50": [round(statistics.median(one), 1) for _, one, _ in found],
        "processor ms, p95": [round(quantile(one, 0.95), 1) for _, one, _ in found],
        "slots in the answer": [slots for _, _, slots in found],
        "generated slots / availability": generated,
        "goal p95 ms": GOAL_MS,
    }


def measure(
    database: Database, setup: OrganizationSetUp, service: uuid.UUID, first: datetime, calls: int
) -> tuple[list[float], list[float], int]:
    """Milliseconds of each call, of processors for it, and the slots: each in a transaction of its own."""
    spent, busy, slots = [], [], 0
    for _ in range(calls + 5):
        with database.session("app", setup.org_id) as session:
            server = int(session.execute(text("select pg_backend_pid()")).scalar_one())
            used, began = processors_ms(server), time.perf_counter()
            slots = len(availability(session, actor_of(setup), asked(setup, service, first, 200))[0])
            spent.append((time.perf_counter() - began) * 1000)
            # The server counts its time when it rests again.
            session.execute(text("select 1"))
            busy.append(processors_ms(server) - used)
    return spent[5:], busy[5:], slots


def against_generated(
    database: Database, setup: OrganizationSetUp, service: uuid.UUID, first: datetime, search: Search
) -> dict[str, float]:
    """How many times the processor time of availability's whole answer the same answer takes that way."""
    ratios = []
    for _ in range(3):
        with database.session("app", setup.org_id) as session:
            server = int(session.execute(text("select pg_backend_pid()")).scalar_one())
            marks = [processors_ms(server)]
            slots, _ = availability(session, actor_of(setup), asked(setup, service, first, 100_000))
            session.execute(text("select 1"))
            marks.append(processors_ms(server))
            zone = str(slots[0].starts_at.tzinfo)
            days = [datetime.combine(first.date() + timedelta(days=day), clock_time()) for day in (0, DAYS)]
            start, end = (clock.from_local(day, zone) for day in days)
            plain = generated_slots(session, search, start, end, clock.now())
            marks.append(processors_ms(server))
            listed = {(slot.starts_at, one) for slot in slots for one in slot.provider_ids}
            assert listed == set(plain)
            ratios.append((marks[2] - marks[1]) / (marks[1] - marks[0]))
    return spread(ratios, 1)


def asked(setup: OrganizationSetUp, service: uuid.UUID, first: datetime, limit: int) -> Question:
    day = first.astimezone(UTC).date()
    return Question(setup.location_id, service, day, day + timedelta(days=DAYS - 1), limit=limit)


def processors_ms(server: int) -> float:
    """Processor time so far of this process and of a server process."""
    served = int(Path(f"/proc/{server}/schedstat").read_text().split()[0])
    return time.process_time() * 1000 + served / 1e6


if __name__ == "__main__":
    print(json.dumps(run(*(int(one) for one in sys.argv[1:3])), indent=2))
