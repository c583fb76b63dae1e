"""What row security costs a scan of one organization's rows, against the same scan with an explicit filter.

The filter runs as the owner, whose policy lets everything pass; both alternate on one durable cluster that
holds four organizations. Processor time of the two server processes is compared (Linux): it does not depend
on what else the machine does. Run: `python -m benchmarks.row_security [visits] [rounds]`.
"""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.harness import operational_store, spread
from tests.factories import many
from tests.factories.organization import organization
from tests.support.databases import Database

SCANS_PER_ROUND = 10
ORGANIZATIONS = 4
SCANS = {
    "postings": "select count(*), sum(amount_minor) from posting",
    "appointments, location scope": "select count(*), max(starts_at) from appointment",
    "clients, audited": "select count(*), max(last_name_key) from client",
    "postings by day": "select business_date, account, sum(amount_minor) from posting {where}"
    " group by business_date, account",
}
OPEN = "select audit.open('staff', %(org)s, 'operations', 'benchmark', now())"
BIND = """select set_config('medspa.org_id', %(org)s::text, false),
    set_config('medspa.location_scope', '*', false)"""


def _with(statement: str, where: str) -> str:
    return statement.format(where=where) if "{where}" in statement else f"{statement} {where}"


def _session(database: Database, role: str, org_id: uuid.UUID) -> psycopg.Connection[Any]:
    connection = database.connect(role)
    # One process per scan on both sides: workers would measure their start.
    connection.execute("set max_parallel_workers_per_gather = 0")
    connection.execute(BIND, {"org": org_id})
    return connection


def run(visits: float = 100_000, rounds: float = 9) -> dict[str, dict[str, float]]:
    """Scan → ratio of times, row security over filter: median and spread of the rounds."""
    with operational_store() as (database, _):
        made = [organization(database) for _ in range(ORGANIZATIONS)]
        for one in made:
            many.fill(database, one, clients=int(visits) // 2, visits=int(visits), calendar=False)
        many.analyze(database)
        org_id = made[1].org_id
        with _session(database, "app", org_id) as secured, _session(database, "owner", org_id) as plain:
            secured.execute(OPEN, {"org": org_id})
            found = {}
            for name, statement in SCANS.items():
                ratios = []
                for number in range(int(rounds) + 1):
                    ratio = _round(secured, plain, statement, org_id)
                    if number:
                        ratios.append(ratio)
                found[name] = spread(ratios)
            secured.rollback()
        return found


def _round(
    secured: psycopg.Connection[Any], plain: psycopg.Connection[Any], statement: str, org_id: uuid.UUID
) -> float:
    """Processor time of SCANS_PER_ROUND scans each way, in turn."""
    times = [0.0, 0.0]
    for number in range(SCANS_PER_ROUND):
        for which in (0, 1) if number % 2 else (1, 0):
            where = ("", "where org_id = %s")[which]
            connection = (secured, plain)[which]
            began = _processor_seconds(connection)
            connection.execute(_with(statement, where), (org_id,) if where else None).fetchall()
            times[which] += _processor_seconds(connection) - began
    return times[0] / times[1]


def _processor_seconds(connection: psycopg.Connection[Any]) -> float:
    """What the server's process for this connection has used: other work on the machine does not count."""
    used = Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]
    return int(used) / 1e9


if __name__ == "__main__":
    print(json.dumps(run(*(float(one) for one in sys.argv[1:3])), indent=2))
