"""Rows of published marts written by hand, for tests of what reads them. No dbt, no pipeline."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import psycopg

from pipelines.publish.schema import all_marts

NOW = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 2)
PLACE = uuid.UUID(int=77)
_SAMPLES: dict[str, Any] = {
    "uuid": PLACE, "text": "x", "integer": 1, "bigint": 1, "boolean": True, "date": DAY, "timestamptz": NOW,
}  # fmt: skip
_FILLED: dict[str, dict[str, Any]] = {
    "fct_business_day": {"status": "open"},
    "fct_receivable_span": {"until_on": None},
    "fct_visit": {"next_visit_on": None},
}


class Marts:
    """Writes as the publishing role. Every uuid that is not given is the same one, so that rows join."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.contracts = {contract.name: contract for contract in all_marts()}

    def write(self, mart: str, org_id: uuid.UUID, **values: Any) -> None:
        """One row with every column filled, unless `values` say otherwise."""
        row = {one.name: _SAMPLES[one.data_type] for one in self.contracts[mart].columns}
        row |= {"org_id": org_id, **values}
        self.connection.execute(
            f"insert into marts.{mart} ({', '.join(row)}) values ({', '.join('%s' for _ in row)})".encode(),
            list(row.values()),
        )

    def fill(self, *orgs: uuid.UUID) -> None:
        """A row in every mart for every organization."""
        for org in orgs:
            for name in self.contracts:
                self.write(name, org, **_FILLED.get(name, {}))

    def publish(self, org_id: uuid.UUID, batch_id: int = 1, certified: int | None = 1) -> None:
        """What readers of an organization are told of its data."""
        self.connection.execute("delete from marts.publication_state where org_id = %s", (org_id,))
        self.write("publication_state", org_id, live_batch_id=batch_id, certified_batch_id=certified)
