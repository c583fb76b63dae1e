"""One row in every table of an organization, whatever the tables are: for tests that walk all of them.

Rows are written by the superuser with triggers and foreign keys off, so they need not make sense together;
CHECK constraints hold. A new table is covered without a change here, unless a CHECK needs a special value.
"""

from __future__ import annotations

import hashlib
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Column, Table

import operational.models as models
from medspa.kernel.ids import new_id
from tests.support.databases import Database

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_numbers = itertools.count(1)

LATER = NOW + timedelta(hours=1)
REFERRED = object()
"""Fill a nullable foreign key."""

SPECIAL: dict[str, dict[str, Any]] = {
    "idempotency_key": {"state": "in_progress"},
    "notification": {"permission": "booking.read"},
    "location_hours": {"closes_minute": 600},
    "shift": {"ends_at": LATER},
    "appointment": {"ends_at": LATER},
    "appointment_item": {"provider_ends_at": LATER, "ends_at": LATER},
    "booking_rule": {"slot_minutes": 15},
    "service_prerequisite": {"required_service_id": REFERRED},
    "time_off": {"ends_at": LATER, "subject_kind": "provider"},
    "walk_in": {"status": "left", "ended_at": NOW},
    "occupancy": {"ends_at": LATER, "appointment_id": REFERRED},
    "hold": {"ends_at": LATER, "expires_at": NOW + timedelta(minutes=10)},
    "client_duplicate": {"other_client_id": new_id()},
    "client_merge": {"merged_id": new_id()},
    "credential": {"valid_until": NOW.date() + timedelta(days=365)},
    "good_faith_exam": {"valid_until": NOW.date() + timedelta(days=365)},
    "payment": {"purpose": "invoice", "invoice_id": REFERRED},
    "allocation": {"source": "payment", "payment_id": REFERRED},
    "invoice_line": {"discount_minor": 0},
    "payout": {"credit_memo_id": REFERRED, "cashes_out": False},
    "dispute": {"billed_again_minor": 0},
    "processor_payout": {"net_minor": 0},
    "remittance": {"net_minor": -1},
    "remittance_item": {"remittance_id": REFERRED, "receivable_minor": 0, "practice_funded_minor": 0},
    "processor_attempt": {"payment_id": REFERRED},
    "entitlement": {"package_id": REFERRED},
    "membership_period": {"access_returned_minor": 0},
    "import_run": {"rows_merged": 0, "rows_known": 0, "rows_refused": 0},
    "import_row": {"outcome": "imported"},
    "entitlement_movement": {"invoice_line_id": REFERRED},
    "location_messaging": {"offer_minutes": 30},
    "waitlist_entry": {"until_minute": 600, "service_ids": [new_id()]},
    "waitlist_offer": {"ends_at": LATER, "expires_at": LATER},
    "webhook_endpoint": {"events": ["booked"], "url": "https://example.com/hooks"},
    "message": {"client_id": REFERRED},
    "segment_publication": {"booked": "none"},
    "online_location": {"hold_minutes": 10},
    "online_origin": {"origin": "https://practice.example"},
    "public_text": {"body": "words", "sha256": hashlib.sha256(b"words").hexdigest()},
    "policy_acceptance": {"online_booking_id": REFERRED},
    "lead": {"may_contact": False},
}
"""Table → column → value that its CHECK constraints want."""

BY_TYPE: dict[str, Any] = {
    "Integer": 1,
    "SmallInteger": 1,
    "BigInteger": 1,
    "Boolean": True,
    "Date": NOW.date(),
    "DateTime": NOW,
    "LargeBinary": b"\x01",
    "JSONB": Jsonb({}),
    "ARRAY": [],
    "TSTZRANGE": "[2026-03-02 15:00+00, 2026-03-02 16:00+00)",
}


def seed_all(database: Database, org_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """Table → the id of the row in it that belongs to the organization."""
    ids: dict[str, uuid.UUID] = {}
    with psycopg.connect(database.dsn("admin")) as connection:
        connection.execute("set local session_replication_role = replica")
        for table in models.Base.metadata.sorted_tables:
            if "org_id" in table.columns and table.name != "organization":
                ids[table.name] = _existing(connection, table, org_id) or _insert(
                    connection, table, org_id, ids
                )
    return ids


def _existing(connection: psycopg.Connection, table: Table, org_id: uuid.UUID) -> uuid.UUID | None:
    if "id" not in table.columns:
        return None
    row = connection.execute(
        sql.SQL("select id from {} where org_id = %s order by id limit 1").format(sql.Identifier(table.name)),
        (org_id,),
    ).fetchone()
    return row[0] if row else None


def _insert(
    connection: psycopg.Connection, table: Table, org_id: uuid.UUID, ids: dict[str, uuid.UUID]
) -> uuid.UUID:
    values = {
        column.name: _value(table, column, org_id, ids)
        for column in table.columns
        if column.computed is None
        and not (column.nullable and column.name not in SPECIAL.get(table.name, {}))
    }
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table.name),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        ),
        list(values.values()),
    )
    made = values.get("id")
    return made if isinstance(made, uuid.UUID) else org_id


def _value(table: Table, column: Column[Any], org_id: uuid.UUID, ids: dict[str, uuid.UUID]) -> Any:
    special = SPECIAL.get(table.name, {})
    if column.name in special and special[column.name] is not REFERRED:
        return special[column.name]
    if column.name == "org_id":
        return org_id
    for key in column.foreign_keys:
        referred = key.column.table.name
        if referred in ids and key.column.name == "id":
            return ids[referred]
    kind = type(column.type).__name__
    if enum := getattr(column.type, "enums", None):
        return enum[0]
    if kind in ("UUID", "Uuid"):
        return new_id()
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    return f"text-{next(_numbers)}"
