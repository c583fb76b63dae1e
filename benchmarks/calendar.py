"""A location's day of 40 providers and 500 items, as the calendar reads it: found, shown and written as JSON.

Run: `python -m benchmarks.calendar [calls]`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import timedelta

from benchmarks.contest import prepared
from medspa.kernel.vocabulary import Purpose
from operational.booking import queries
from operational.booking.schemas import AppointmentOut
from operational.privacy.audit import open_audit
from operational.privacy.schemas import render_many
from tests.factories.booking import actor_of, add_provider, add_shift, book_visit, unit

GOAL_MS = 100.0
PROVIDERS, ITEMS = 40, 500


def run(calls: int = 60) -> dict[str, object]:
    """p50 and p95 of whole reads in milliseconds, each in a transaction of its own with its audit."""
    with prepared(1) as (database, _, place):
        setup, day = place.setup, place.first + timedelta(days=20)
        providers = [
            *place.providers,
            *(add_provider(setup) for _ in range(PROVIDERS - len(place.providers))),
        ]
        for provider in providers:
            add_shift(setup, day, day + timedelta(hours=9), staff_id=provider)
        for number in range(ITEMS):
            row, column = divmod(number, PROVIDERS)
            with unit(database, setup) as session:
                book_visit(
                    session, setup, day + timedelta(minutes=30 * row), service_id=place.plain,
                    provider_id=providers[column], client_id=place.clients[column % len(place.clients)],
                    overrides=("client_overlap",),
                )  # fmt: skip
        with database.connect("admin", autocommit=True) as connection:
            connection.execute("vacuum analyze")
        actor = actor_of(setup)
        spent: list[float] = []
        found = 0
        for _ in range(calls + 5):
            with database.session("app", setup.org_id) as session:
                session.connection()
                began = time.perf_counter()
                open_audit(session, actor, Purpose.OPERATIONS)
                rows, _ = queries.calendar(
                    session, setup.location_id, day, day + timedelta(days=1), limit=ITEMS
                )
                shown = render_many(session, actor, "booking.calendar", AppointmentOut, rows)
                json.dumps([one.model_dump(mode="json") for one in shown])
                spent.append((time.perf_counter() - began) * 1000)
                found = len(rows)
    spent = sorted(spent[5:])
    return {
        "p50 ms": round(statistics.median(spent), 1),
        "p95 ms": round(spent[int(len(spent) * 0.95)], 1),
        "goal p95 ms": GOAL_MS,
        "visits": found,
    }


if __name__ == "__main__":
    print(json.dumps(run(*(int(one) for one in sys.argv[1:2])), indent=2))
