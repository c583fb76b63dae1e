"""A store of raw rows for one organization: ids, rows, days and balanced entries."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

from pipelines.contract import contracts
from tests.factories.raw import RawStore, Row

REVENUE = {"service": "4000", "retail": "4010", "fee": "4030", "gift_card": "2200"}
TENDER_ACCOUNTS = {"cash": "1000", "check": "1010", "card": "1020", "third_party": "1030"}


class RawBooks:
    """What RawPractice posts with. It fills `entity`, `service` and the other ids."""

    entity: uuid.UUID
    provider: uuid.UUID
    category: uuid.UUID
    service: uuid.UUID
    merchant: uuid.UUID
    jurisdiction: uuid.UUID
    drawers: dict[uuid.UUID, uuid.UUID]

    def __init__(self, store: RawStore, seed: int = 1) -> None:
        self.store = store
        self._random = random.Random(seed)
        self.org = self.new_id()

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def put(self, table: str, **values: Any) -> Row:
        values.setdefault("org_id", self.org)
        values.setdefault("id", self.new_id())
        values.setdefault("created_at", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        known = contracts()[table].names
        return self.store.put(table, **{name: value for name, value in values.items() if name in known})

    def all_rows(self, table: str) -> list[Row]:
        """Rows as they will be after the running batch."""
        merged = {**self.store.tables[table]}
        for (name, key), row in self.store.moved.items():
            if name == table:
                merged.pop(key, None)
                if row is not None:
                    merged[key] = row
        return [row for row in merged.values() if row["org_id"] == self.org]

    def day(self, location: uuid.UUID, date: dt.date) -> Row:
        """The business day's row, open."""
        for row in self.all_rows("business_day"):
            if (row["location_id"], row["business_date"]) == (location, date):
                return row
        return self.put("business_day", location_id=location, business_date=date, status="open")

    def post(
        self,
        location: uuid.UUID,
        date: dt.date,
        event: str,
        source: uuid.UUID,
        *lines: tuple[str, int, Row],
        source_kind: str = "document",
    ) -> None:
        """One balanced entry of (account, amount, keys); zero lines are dropped."""
        if sum(amount for _, amount, _ in lines):
            raise ValueError("the entry does not balance")
        self.day(location, date)
        entry = self.put("journal_entry", event=event, source_kind=source_kind, source_id=source)["id"]
        for number, (account, amount, keys) in enumerate(one for one in lines if one[1]):
            self.put(
                "posting",
                entry_id=entry,
                line_no=number,
                legal_entity_id=self.entity,
                location_id=location,
                business_date=date,
                account=account,
                amount_minor=amount,
                currency="USD",
                **keys,
            )
