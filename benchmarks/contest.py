"""Booking under contest: 16 writers per slot over HTTP, against a bare endpoint in the same server.

The bare endpoint runs the same statements on a raw connection and decides by one field; it takes their
parameters ready-made. Both alternate in rounds on slots of their own, on a durable cluster. Then every kind
of contest runs once, and once more without the locks, on the constraint alone.
Run: `python -m benchmarks.contest [slots per round] [rounds]`.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy import text
from starlette.types import ASGIApp

from benchmarks.harness import quantile
from benchmarks.processes import serving
from benchmarks.storm import Shot, deadlocks, each_kind, fire, product_shots
from medspa.kernel import clock
from medspa.kernel.ids import new_id
from medspa.kernel.settings import Settings, load_settings
from medspa.kernel.settled import settled
from medspa.kernel.vocabulary import AppointmentEvent, AppointmentStatus
from medspa.local import roles
from medspa.local.environment import LocalEnvironment
from operational.booking import claim, queries
from operational.booking.choose import Chosen
from operational.booking.facts import Facts, load_facts
from operational.booking.plan import options, subjects_of
from operational.booking.schemas import NewVisit
from operational.booking.shape import Placed
from operational.identity import credentials, tokens
from operational.migrations.runner import migrate
from tests.factories.booking import actor_of, violations
from tests.factories.contest import CONTESTS, NO_LOCKS, Arena, arena, same_provider
from tests.support.databases import Database, on_database

GOAL = 0.5
PROCESSES = 2
"""Of the server, for the product and the baseline alike: Python computes on one core in each."""
VISITS = str(queries._VISITS.text).replace(":now", "%(now)s").replace(":ids", "%(ids)s")
BEFORE = (
    "select org_id, key_id from directory.api_key(%(digest)s, %(now)s)",
    """select set_config('medspa.org_id', %(org)s, true), set_config('medspa.location_scope', '*', true),
        set_config('lock_timeout', '3000ms', true)""",
    str(credentials._KEY.text).replace(":id", "%(key)s"),
    "select audit.open('staff', %(staff)s, 'operations', 'http', %(now)s)",
    """select booking_setup(%(location)s, %(services)s::uuid[], %(providers)s::uuid[], '{}'::uuid[],
        %(client)s)""",
)
PROBE = (
    "select booking_probe(%(location)s, %(client)s, null, %(subjects)s::uuid[],"
    " %(items)s::jsonb, 3000, now())"
)
WRITE = "select booking_write(%(visit)s::jsonb)"


def bare(app: FastAPI) -> None:
    """Add the baseline to the server that also serves the product."""

    def book(values: dict[str, Any]) -> tuple[int, Any]:
        values["now"] = clock.now()
        connection: Any = app.state.services.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(BEFORE[0], values)
            values["key"] = cursor.fetchone()[1]
            connection.rollback()
            for statement in BEFORE[1:]:
                cursor.execute(statement, values)
                opened = cursor.fetchone()[0] if "audit.open" in statement else values.get("access")
                values["access"] = opened
            cursor.execute(PROBE, values)
            if not cursor.fetchone()[0]["items"][0]["providers"][0]["calm"]:
                connection.rollback()
                return 409, {"type": "taken"}
            cursor.execute(WRITE, values)
            cursor.execute(VISITS, values)
            row = cursor.fetchone()
            cursor.execute("select audit.record(%(access)s, %(entries)s::jsonb)", values)
            connection.commit()
            return 201, [str(one) for one in row]
        finally:
            connection.close()

    async def endpoint(request: Request) -> Any:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import JSONResponse

        values = json.loads(await request.body())
        async with app.state.slots:
            status, answer = await run_in_threadpool(book, values)
        return JSONResponse(answer, status)

    app.add_route("/bare", endpoint, methods=["POST"])


def served() -> ASGIApp:
    """The product and the baseline, in each of the server's processes."""
    from operational.app import create_app

    app = create_app(load_settings())
    bare(app)
    return settled(app)


def serve(port: int) -> None:
    """Like the product's own server (medspa/local/web.py)."""
    uvicorn.run(
        "benchmarks.contest:served",
        factory=True,
        workers=load_settings().web_processes,
        port=port,
        access_log=False,
        log_level="error",
        # Writers who have their answer wait for the slowest one: without locks that takes long.
        timeout_keep_alive=300,
    )


def bare_shots(place: Arena, facts: Facts, token: str, number: int) -> list[Shot]:
    """The statements' parameters for the same calls, made by the product's own planning."""
    shots = []
    actor = actor_of(place.setup)
    for call in same_provider(place, number):
        request = NewVisit.model_validate(call.body)
        (items,) = options(facts, request.items, request.starts_at)
        visit = claim.Visit(
            id=new_id(),
            is_new=True,
            place=facts.place,
            client_id=request.client_id,
            status=AppointmentStatus.BOOKED,
            event=AppointmentEvent.BOOKED,
        )
        chosen = Chosen(tuple(Placed(item, item.providers[0], ()) for item in items), frozenset())
        values = {
            "digest": tokens.digest(token),
            "org": place.setup.org_id,
            "staff": place.setup.owner_id,
            "location": facts.place.id,
            "client": request.client_id,
            "services": [item.service_id for item in items],
            "providers": [item.providers[0] for item in items],
            "subjects": subjects_of([items], request.client_id),
            "items": claim.questions_of(items),
            "visit": claim.document_of(actor, visit, chosen),
            "ids": [visit.id],
            "entries": json.dumps([{"view": "booking.appointment", "client_ids": [str(request.client_id)]}]),
        }
        shots.append(Shot("POST", "/bare", json.dumps(values, default=str).encode(), {}))
    return shots


@contextlib.contextmanager
def prepared(slots: int) -> Iterator[tuple[Database, Settings, Arena]]:
    with tempfile.TemporaryDirectory(prefix="medspa-bench-") as folder, contextlib.ExitStack() as stack:
        Path(folder).chmod(0o711)
        environment = LocalEnvironment(Path(folder) / "var")
        dsns = environment.ensure()["operational"]
        stack.callback(environment.destroy)
        with psycopg.connect(dsns["admin"], autocommit=True) as admin:
            roles.create_database(admin, roles.OPERATIONAL.databases[0], name="bench")
        database = Database("bench", {role: on_database(dsn, "bench") for role, dsn in dsns.items()})
        stack.callback(database.close)
        migrate(database.dsn("owner"))
        place = arena(database, slots)
        settings = Settings(home=Path(folder) / "var", operational=database.dsns, web_processes=PROCESSES)
        yield database, settings, place


def run(slots: int = 60, rounds: int = 5) -> dict[str, object]:
    """Throughput and p95 of both, the ratio with its spread, and what the database says of the calendar."""
    few = max(1, slots // 5)
    with prepared(slots * (2 * rounds + 2) + (slots + few + 2) * len(CONTESTS)) as (
        database,
        settings,
        place,
    ):
        token = place.setup.new.api_key
        with database.session("app", place.setup.org_id) as session:
            facts = load_facts(session, place.setup.location_id, [place.plain], [place.providers[0]])
        makers: dict[str, Callable[[int], list[Shot]]] = {
            "book": lambda number: product_shots(place, number),
            "bare": lambda number: bare_shots(place, facts, token, number),
        }
        rates: dict[str, list[float]] = {name: [] for name in makers}
        times: dict[str, list[float]] = {name: [] for name in makers}
        winners: Counter[int] = Counter()
        slot = 0
        with serving("benchmarks.contest", settings) as port:
            for number in range(rounds + 1):
                for name, make in makers.items():
                    elapsed, answers = fire(port, [make(slot + n) for n in range(slots)])
                    winners.update(Counter(n for n, status, _ in answers if status == 201).values())
                    assert {status for _, status, _ in answers} <= {201, 409}
                    slot += slots
                    if number:
                        rates[name].append(len(answers) / elapsed)
                        times[name] += [seconds for _, _, seconds in answers]
            kinds = each_kind(port, place, slots, slot, database)
            slot += (slots + 1) * len(CONTESTS)
            stuck = deadlocks(database)
            with database.session("owner") as session:
                session.execute(text(NO_LOCKS))
            unlocked = each_kind(port, place, few, slot, database)
        overlaps, unclaimed = violations(database)
        ratios = sorted(one / other for one, other in zip(rates["book"], rates["bare"], strict=True))
        return {
            "requests per second": {name: round(statistics.median(found)) for name, found in rates.items()},
            "p95 ms": {name: round(quantile(found, 0.95) * 1000, 1) for name, found in times.items()},
            "longest ms": {name: round(max(found) * 1000, 1) for name, found in times.items()},
            "book / bare": {
                "median": round(statistics.median(ratios), 3),
                "low": round(ratios[0], 3),
                "high": round(ratios[-1], 3),
            },
            "goal": GOAL,
            "slots": slot,
            "winners per slot": dict(winners),
            "violations": overlaps + unclaimed,
            "deadlocks": stuck,
            "kinds": kinds,
            "without locks": unlocked,
        }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        print(json.dumps(run(*(int(one) for one in sys.argv[1:3])), indent=2))
