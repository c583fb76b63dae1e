"""Short ways to land and load in this process, and the whole content of raw for comparing."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

from medspa.kernel.settings import Settings
from pipelines.contract import contracts
from pipelines.land.batch import NEWEST, Landed, Order, land
from pipelines.load.run import load_pending
from tests.support.databases import Database


def key_of(org_id: uuid.UUID) -> bytes:
    """The test's token key of an organization."""
    return hashlib.sha256(org_id.bytes).digest()


def keys_of(*orgs: uuid.UUID, generation: int = 1) -> dict[uuid.UUID, tuple[int, bytes]]:
    return {org: (generation, key_of(org)) for org in orgs}


def settings_for(operational: Database, warehouse: Database, home: Path) -> Settings:
    home.mkdir(parents=True, exist_ok=True)
    return Settings(home=home, operational=operational.dsns, warehouse=warehouse.dsns)


def bring_in(settings: Settings, *orgs: uuid.UUID, order: Order = NEWEST) -> Landed:
    """Land one batch of these organizations and load what is due."""
    landed = land(settings.operational_dsn("extract"), settings.lake, keys_of(*orgs), order)
    load_pending(settings)
    return landed


def raw_content(warehouse: Database) -> dict[str, list[str]]:
    """Every row of raw as text, without the batch number, by table."""
    connection = warehouse.connect("load")
    content = {}
    for name, table in contracts().items():
        rows = connection.execute(
            f"select row({', '.join(table.names)})::text from raw.{name} order by 1".encode()
        ).fetchall()
        content[name] = [row[0] for row in rows]
    connection.rollback()
    return content
