"""The warehouse's side of accounting batches: closed days and postings of certified marts.

Read as the reporting role, bound to one organization by row security.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from exports.batch import ClosedDay, PostingSource
from exports.cash_basis import LEDGER_SCHEMA
from exports.journal import POSTING_SCHEMA

_BIND = text("select set_config('medspa.org_id', :org, true)")
_CLOSED = text(
    "select d.location_id, l.code, d.business_date from marts.fct_business_day d"
    " join marts.dim_location l on l.org_id = d.org_id and l.location_id = d.location_id"
    " join marts.publication_state s on s.org_id = d.org_id and s.certified_batch_id = s.live_batch_id"
    " where d.org_id = :org and l.legal_entity_id = :entity and d.status = 'closed'"
    " and d.business_date <= :through order by d.business_date, l.code"
)
# With history: also every earlier posting of the entries of the invoices that those days touch.
_POSTINGS = text(
    """
    with of_days as (
        select p.posting_id, p.entry_id, p.invoice_id from marts.fct_posting p
        where p.org_id = :org and p.legal_entity_id = :entity and p.location_id = any(:locations)
            and p.business_date between :first and :last
    )
    select p.business_date, l.code as location_code, p.account, a.name as account_name,
        a.kind as account_kind, p.amount_minor, p.currency,
        replace(p.source_id::text, '-', '') as document, p.entry_id::text as entry,
        p.invoice_id::text as invoice, p.invoice_line_id::text as invoice_line
    from marts.fct_posting p
    join marts.dim_location l on l.org_id = p.org_id and l.location_id = p.location_id
    join marts.dim_account a on a.org_id = p.org_id and a.account = p.account
    where p.org_id = :org and p.legal_entity_id = :entity and (
        p.posting_id in (select posting_id from of_days)
        or :history and p.business_date <= :last and p.entry_id in (
            select e.entry_id from marts.fct_posting e
            where e.org_id = :org and e.invoice_id in (select invoice_id from of_days)
            union
            select entry_id from of_days
        )
    )
    """
).bindparams(bindparam("locations", type_=ARRAY(Uuid)))
_ACCOUNTS = text("select account, name, kind from marts.dim_account where org_id = :org")


class CertifiedPostings(PostingSource):
    """The warehouse as the reporting role sees it for one organization."""

    def __init__(self, engine: Engine, org_id: uuid.UUID) -> None:
        self._engine = engine
        self._org_id = org_id

    def closed_days(self, legal_entity_id: uuid.UUID, through: dt.date) -> list[ClosedDay]:
        with self._engine.connect() as connection, connection.begin():
            connection.execute(_BIND, {"org": str(self._org_id)})
            rows = connection.execute(
                _CLOSED, {"org": self._org_id, "entity": legal_entity_id, "through": through}
            )
            return [ClosedDay(*row) for row in rows]

    def postings(self, legal_entity_id: uuid.UUID, days: Sequence[ClosedDay]) -> pa.Table:
        wanted = {(day.location_code, day.business_date) for day in days}
        rows = [
            row
            for row in self._rows(legal_entity_id, days, history=False)
            if (row["location_code"], row["business_date"]) in wanted
        ]
        return pa.Table.from_pylist(rows, schema=POSTING_SCHEMA)

    def receipts(self, legal_entity_id: uuid.UUID, days: Sequence[ClosedDay]) -> pa.Table:
        return pa.Table.from_pylist(self._rows(legal_entity_id, days, history=True), schema=LEDGER_SCHEMA)

    def accounts(self) -> dict[str, tuple[str, str]]:
        with self._engine.connect() as connection, connection.begin():
            connection.execute(_BIND, {"org": str(self._org_id)})
            rows = connection.execute(_ACCOUNTS, {"org": self._org_id})
            return {account: (name, kind) for account, name, kind in rows}

    def _rows(
        self, legal_entity_id: uuid.UUID, days: Sequence[ClosedDay], *, history: bool
    ) -> list[dict[str, Any]]:
        values = {
            "history": history,
            "org": self._org_id,
            "entity": legal_entity_id,
            "locations": sorted({day.location_id for day in days}),
            "first": min(day.business_date for day in days),
            "last": max(day.business_date for day in days),
        }
        with self._engine.connect() as connection, connection.begin():
            connection.execute(_BIND, {"org": str(self._org_id)})
            return [dict(row) for row in connection.execute(_POSTINGS, values).mappings()]
