"""When a batch must read everything: any sign that the source is not the one read before."""

from __future__ import annotations

import dataclasses

import pytest

from pipelines.extract.identity import SourceIdentity, difference
from pipelines.extract.snapshot import Watermark

KNOWN = SourceIdentity(store="s", system="7710", timeline="00000001", database=5, tables="t")


def test_the_same_source_is_recognised() -> None:
    assert difference(KNOWN.as_json(), KNOWN) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [("store", "other"), ("system", "7711"), ("timeline", "00000002"), ("database", 6), ("tables", "u")],
)
def test_restore_failover_and_reload_are_noticed(field: str, value: object) -> None:
    changed = dataclasses.replace(KNOWN, **{field: value})  # type: ignore[arg-type]
    assert difference(KNOWN.as_json(), changed) == f"source_{field}_changed"


@pytest.mark.parametrize("text", ["", "1:2", "1:2:x", "1:2:3'; select 1 --", "a:b:"])
def test_only_a_snapshot_is_a_watermark(text: str) -> None:
    with pytest.raises(ValueError, match="not a pg_snapshot"):
        Watermark(text)


def test_a_watermark_knows_its_bounds() -> None:
    assert (Watermark("10:20:10,14,15").xmin, Watermark("10:20:10,14,15").xmax) == (10, 20)
