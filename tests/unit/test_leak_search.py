"""The leak search finds what is planted, however it is written, and says nothing but counts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_quality.leaks import Needles, search_files, search_text

NEEDLES = Needles.of(
    canaries=["canary-7Q"],
    phones=["+15555550142"],
    emails=["Someone.Else@example.org"],
    names=[("Mary Ann", "O'Sample"), ("Ana", "Muster-Probe")],
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("… xxCANARY-7qxx …", "canary"),
        ("call (555) 555-0142 today", "phone"),
        ('{"phone": "+15555550142"}', "phone"),
        ("mailto:someone.else@EXAMPLE.org?subject=x", "email"),
        ("O'Sample, Mary", ""),
        ("ann o'sample", "name"),
        ("Muster-Probe, Ana", "name"),
    ],
)
def test_a_value_is_found_however_it_is_written(text: str, kind: str) -> None:
    assert search_text(NEEDLES, text) == ({kind: 1} if kind else {})


@pytest.mark.parametrize(
    "text",
    [
        "ana and probe",
        "5555550143",
        "else@example.org",
        "0199a3f2-5555-7550-8142-000000000000",
        "Mary had a sample",
    ],
)
def test_what_only_looks_alike_is_not(text: str) -> None:
    assert search_text(NEEDLES, text) == {}


def test_files_are_searched_inside_and_only_counted(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"a": ["nothing", "someone.else@example.org"], "n": [1, 2]}), tmp_path / "landed.parquet"
    )
    (tmp_path / "events.log").write_bytes(b"\x00\xff ana muster-probe \x00 +1 555 555 0142")
    (tmp_path / "clean.json").write_text('{"rows": 12}')
    leaks = search_files(NEEDLES, [tmp_path])
    assert {place: dict(kinds) for place, kinds in leaks.found.items()} == {
        "landed.parquet": {"email": 1},
        "events.log": {"name": 1, "phone": 1},
    }
    assert (leaks.total, leaks.searched) == (3, 3)
    assert "muster" not in repr(leaks)
