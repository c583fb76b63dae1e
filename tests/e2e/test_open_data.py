"""Open data of the lived practice: every mart, its own rows only, described, audited, and certified."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from medspa.local import open_data
from medspa.local.open_data import NotCertified
from pipelines.publish.contracts import load_contracts
from tests.support import leaks
from tests.support.canary import WORDS
from tests.support.lived import Lived

pytestmark = pytest.mark.timeout(900)


def disclosures(lived: Lived) -> int:
    connection = lived.operational.connect("owner")
    row = connection.execute(
        "select count(*) from audit.disclosure where org_id = %s and view = 'export.open_data'",
        (lived.org_id,),
    ).fetchone()
    connection.rollback()
    assert row is not None
    return int(row[0])


def test_every_mart_is_written_and_described(lived: Lived, tmp_path: Path) -> None:
    before = disclosures(lived)
    written = {one.table: one for one in open_data.export(lived.settings, lived.org_id, tmp_path)}
    assert disclosures(lived) == before + 1
    assert set(written) == set(load_contracts())
    page = json.loads((tmp_path / "schema.json").read_text())
    with psycopg.connect(lived.warehouse.dsn("admin")) as admin:
        for table in page["tables"]:
            name = table["name"]
            file = pq.read_table(tmp_path / f"{name}.parquet")
            assert file.column_names == [field["name"] for field in table["fields"]]
            count = admin.execute(
                f"select count(*) from marts.{name} where org_id = %s".encode(), (lived.org_id,)
            ).fetchone()
            assert count == (file.num_rows,) == (table["rows"],), name
    assert written["fct_posting"].rows > 50
    money = pq.read_table(tmp_path / "fct_posting.parquet")["amount_minor"].to_pylist()
    assert sum(money) == 0
    assert leaks.search(set(WORDS.values()), leaks.files(tmp_path, "open data")) == {}


def test_what_is_not_certified_is_not_written(lived: Lived, tmp_path: Path) -> None:
    with psycopg.connect(lived.warehouse.dsn("admin")) as admin:
        admin.execute(
            "update marts.publication_state set certified_batch_id = null where org_id = %s", (lived.org_id,)
        )
        admin.commit()
        try:
            with pytest.raises(NotCertified):
                open_data.export(lived.settings, lived.org_id, tmp_path)
        finally:
            admin.execute(
                "update marts.publication_state set certified_batch_id = live_batch_id where org_id = %s",
                (lived.org_id,),
            )
            admin.commit()
    assert list(tmp_path.iterdir()) == []
