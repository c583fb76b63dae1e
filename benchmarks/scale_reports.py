"""Every report for one organization, asked in process over a month and a year; marts against facts.

Who asks is taken as known and readings are not kept: both are the operational store's, measured elsewhere.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from starlette.requests import Request

from benchmarks.harness import quantile, spread, timed
from medspa.kernel.database import make_engine
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, Permission
from reporting_api.app import create_app
from reporting_api.catalog import reports
from reporting_api.ports import Viewer
from reporting_api.queries import bind

CALLS, WARM, ROUNDS = 20, 3, 5
PERIODS = {"month": 30, "year": 365}
# The same figures from the published facts that a report reads from a mart of days.
FACTS = {
    "revenue": (
        """select location_id, business_date, sum(recognised_minor) from marts.agg_daily_revenue
        where org_id = :org and business_date between :first and :until group by 1, 2""",
        """select posting.location_id, posting.business_date, -sum(posting.amount_minor)
        from marts.fct_posting posting
        where posting.org_id = :org and posting.business_date between :first and :until
            and posting.account_kind = 'revenue' group by 1, 2""",
    ),
    "collected": (
        """select tender, sum(collected_minor) from marts.agg_daily_collected
        where org_id = :org and business_date between :first and :until group by 1""",
        """select tender, sum(amount_minor) from marts.fct_payment
        where org_id = :org and business_date between :first and :until and status = 'succeeded'
        group by 1""",
    ),
    "receivables": (
        """select distinct on (location_id) location_id, receivable_minor from marts.agg_daily_receivable
        where org_id = :org and business_date <= :until order by location_id, business_date desc""",
        """select location_id, sum(amount_minor) from marts.fct_ar_movement
        where org_id = :org and business_date <= :until group by 1""",
    ),
}


class _Known:
    """Everybody is the same reader, who may read everything."""

    def __init__(self, org_id: uuid.UUID) -> None:
        self._viewer = Viewer(org_id, ActorKind.STAFF, uuid.uuid4(), {None: frozenset(Permission)})

    def viewer(self, _: Request) -> Viewer:
        return self._viewer


class _Unkept:
    def report_read(self, viewer: Viewer, report: str, parameters: Mapping[str, Any], rows: int) -> None:
        """Nothing is kept."""


def measure(settings: Settings, org_id: uuid.UUID) -> dict[str, Any]:
    """Report → milliseconds at the 95th percentile; and how many times a mart is faster than its facts."""
    with _reader(settings, org_id) as (engine, client, last):
        found = {
            f"{name}, {period}": _asked(client, name, last, days)
            for name in reports()
            for period, days in PERIODS.items()
        }
        return {"reports, p95 ms": found, "facts / marts": _facts(engine, org_id, last)}


def years(settings: Settings, org_id: uuid.UUID, number: int) -> dict[str, float]:
    """Report → milliseconds at the 95th percentile, the slowest of the last `number` years."""
    with _reader(settings, org_id) as (_, client, last):
        ends = [last - dt.timedelta(days=365 * ago) for ago in range(number)]
        return {name: max(_asked(client, name, end, 365) for end in ends) for name in reports()}


@contextlib.contextmanager
def _reader(settings: Settings, org_id: uuid.UUID) -> Iterator[tuple[Engine, TestClient, dt.date]]:
    """Somebody of the organization who may read everything, and its last business day."""
    engine = make_engine(settings.warehouse_dsn("reporting"), application_name="bench-reports")
    try:
        with engine.connect() as connection:
            bind(connection, org_id)
            last = connection.execute(
                text("select max(business_date) from marts.fct_business_day where org_id = :org"),
                {"org": org_id},
            ).scalar_one()
        with TestClient(create_app(engine, _Known(org_id), _Unkept())) as client:
            yield engine, client, last
    finally:
        engine.dispose()


def _asked(client: TestClient, name: str, last: dt.date, days: int) -> float:
    dates = reports()[name].dates
    values: dict[str, str] = {dates: last.isoformat()}
    if dates == "range":
        first, until = last - dt.timedelta(days=days - 1), last + dt.timedelta(days=1)
        values = {"from": first.isoformat(), "to": until.isoformat()}
    elif days != min(PERIODS.values()):
        values = {dates: (last - dt.timedelta(days=days)).isoformat()}

    def ask() -> None:
        answer = client.get(f"/v1/reports/{name}", params=values)
        if answer.status_code != 200:
            raise AssertionError(f"{name} answered {answer.status_code}")

    for _ in range(WARM):
        ask()
    return round(quantile([timed(ask) for _ in range(CALLS)], 0.95) * 1000, 1)


def _facts(engine: Engine, org_id: uuid.UUID, last: dt.date) -> dict[str, dict[str, float]]:
    """The year's figures both ways in turn; they must be the same."""
    bound = {"org": org_id, "first": last - dt.timedelta(days=364), "until": last}
    found = {}
    with engine.connect() as connection, connection.begin():
        bind(connection, org_id)

        def read(query: str, rows: list[Any]) -> None:
            rows += sorted(tuple(row) for row in connection.execute(text(query), bound))

        for name, queries in FACTS.items():
            ratios = []
            for _ in range(WARM + ROUNDS):
                sides: list[list[Any]] = [[], []]
                seconds = [
                    timed(partial(read, query, rows)) for query, rows in zip(queries, sides, strict=True)
                ]
                if sides[0] != sides[1]:
                    raise AssertionError(f"{name}: the mart and its facts differ")
                ratios.append(seconds[1] / seconds[0])
            found[name] = spread(ratios[WARM:], 1)
    return found
