"""Extract, de-identify, land and load a full store, against COPY of the same views in the same run.

`floor`: COPY BINARY of every de-identified view to the server's /dev/null. `round trip`: COPY BINARY of
the views from one server into tables of the other, with the same keys. Two durable servers, rounds in turn.
Run: `python -m benchmarks.extract [visits] [rounds]`.
"""

from __future__ import annotations

import contextlib
import json
import sys
import uuid
from collections.abc import Iterator
from functools import partial

import psycopg

from benchmarks import bulk
from benchmarks.harness import Result, folder, spread, timed
from medspa.kernel.settings import Settings
from medspa.local.environment import LocalEnvironment
from operational.migrations.runner import migrate
from pipelines.contract import contracts
from pipelines.land.batch import land
from pipelines.land.lake import Lake
from pipelines.load import schema
from pipelines.load.rebuild import empty_raw
from pipelines.load.run import load_pending

GOAL_LAND, GOAL_LOAD = 3.0, 2.0


def run(visits: float = 150_000, rounds: float = 3) -> Result:
    """Ratios with their spread, and the seconds behind them."""
    with stores() as settings:
        (org,) = bulk.fill(settings.operational_dsn("admin"), int(visits))
        _make_targets(settings)
        seconds: dict[str, list[float]] = {"floor": [], "land": [], "load": [], "round trip": []}
        rows = 0
        for number in range(int(rounds)):
            lake = str(settings.home / f"lake{number}")
            again = settings.model_copy(update={"lake_url": lake})
            seconds["floor"].append(timed(lambda: _floor(settings)))
            seconds["land"].append(timed(partial(_land, settings, org, lake)))
            seconds["round trip"].append(timed(lambda: _round_trip(settings)))
            empty_raw(settings)
            seconds["load"].append(timed(partial(load_pending, again)))
            made = Lake(lake)
            rows = made.manifest(made.batches()[0]).rows
    landed = [one / floor for one, floor in zip(seconds["land"], seconds["floor"], strict=True)]
    both = [
        (one + two) / trip
        for one, two, trip in zip(seconds["land"], seconds["load"], seconds["round trip"], strict=True)
    ]
    return {
        "rows": rows,
        "extract + de-identify + land / COPY to nowhere": spread(landed, 2),
        "with load / COPY round trip": spread(both, 2),
        "seconds": {name: [round(one, 2) for one in values] for name, values in seconds.items()},
        "goals": [GOAL_LAND, GOAL_LOAD],
    }


@contextlib.contextmanager
def stores() -> Iterator[Settings]:
    """Both servers, durable, migrated, gone at the end."""
    with folder() as place:
        environment = LocalEnvironment(place / "var")
        try:
            dsns = environment.ensure()
            settings = Settings(
                home=place / "var", operational=dsns["operational"], warehouse=dsns["warehouse"]
            )
            # The bulk writer needs a superuser inside the store's own database.
            for store in (settings.operational, settings.warehouse):
                store["admin"] = store["admin"].rsplit("/", 1)[0] + "/" + store["owner"].rsplit("/", 1)[1]
            migrate(settings.operational_dsn("owner"))
            schema.migrate(settings.warehouse_dsn("owner"))
            yield settings
        finally:
            environment.destroy()


def _land(settings: Settings, org: uuid.UUID, lake: str) -> None:
    land(settings.operational_dsn("extract"), lake, {org: (1, bytes(range(32)))})


def _floor(settings: Settings) -> None:
    with psycopg.connect(settings.operational_dsn("admin")) as connection:
        for name in contracts():
            connection.execute(f"copy (select * from deid.{name}) to '/dev/null' (format binary)".encode())


def _make_targets(settings: Settings) -> None:
    with psycopg.connect(settings.warehouse_dsn("admin")) as connection:
        connection.execute("create schema bench")
        for name, table in contracts().items():
            columns = ", ".join(f"{one.name} {one.warehouse_type}" for one in table.columns)
            key = ", ".join(table.key)
            connection.execute(f"create table bench.{name} ({columns}, primary key ({key}))".encode())


def _round_trip(settings: Settings) -> None:
    with (
        psycopg.connect(settings.operational_dsn("extract")) as source,
        psycopg.connect(settings.warehouse_dsn("admin")) as target,
    ):
        for name, table in contracts().items():
            columns = ", ".join(table.names)
            target.execute(f"truncate bench.{name}".encode())
            out = f"copy (select {columns} from deid.{name}) to stdout (format binary)".encode()
            into = f"copy bench.{name} ({columns}) from stdin (format binary)".encode()
            with source.cursor().copy(out) as reading, target.cursor().copy(into) as writing:
                for block in reading:
                    writing.write(block)


if __name__ == "__main__":
    print(json.dumps(run(*(float(one) for one in sys.argv[1:3])), indent=2))
