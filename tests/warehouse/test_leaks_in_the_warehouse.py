"""A warehouse is searched table by table: what was planted in a text column is counted there."""

from __future__ import annotations

import uuid

from data_quality.leaks import Needles, search_database
from tests.support.databases import Database

NEEDLES = Needles.of(canaries=["canary-7Q"], phones=["+15555550142"])


def test_a_planted_value_is_found_in_its_table_and_nowhere_else(warehouse: Database) -> None:
    before = search_database(NEEDLES, warehouse.dsn("admin"))
    assert before.total == 0
    assert before.searched > 80
    builder = warehouse.connect("build", autocommit=True)
    builder.execute(
        "insert into marts.dim_staff (org_id, staff_id, label, is_provider, active)"
        " values (%s, %s, %s, true, true)",
        (uuid.UUID(int=1), uuid.UUID(int=2), "canary-7q 555-555-0142"),
    )
    after = search_database(NEEDLES, warehouse.dsn("admin"))
    assert {place: dict(kinds) for place, kinds in after.found.items()} == {
        "marts.dim_staff": {"canary": 1, "phone": 1}
    }
