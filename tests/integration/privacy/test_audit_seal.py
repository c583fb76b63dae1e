"""Sealing and `medspa audit verify` by attack, with the rights of whoever holds the whole database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from medspa.kernel.settings import Settings
from medspa.local import sealing
from operational.privacy.sealing import seal
from operational.privacy.verifying import verify
from tests.conftest import MakeSettings
from tests.factories.practice import Practice
from tests.integration.privacy.conftest import read, tamper
from tests.support.databases import Database


def test_an_untouched_trail_is_intact(operational: Database, practice: Practice, trail: Settings) -> None:
    result = verify(trail)
    assert (result.blocks, result.rows, result.findings, result.unsealed_rows) == (3, 18, [], 0)
    read(operational, practice)
    assert verify(trail).unsealed_rows == 2
    assert seal(trail).rows == 2
    assert seal(trail).blocks == 0
    assert verify(trail).intact


def test_a_run_that_died_after_its_commit_is_completed(
    operational: Database, practice: Practice, trail: Settings
) -> None:
    path = trail.audit_anchor_folder / "anchors.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert verify(trail).unanchored == 1
    seal(trail)
    assert verify(trail).unanchored == 0
    assert path.read_text() == "".join(lines)


def test_what_is_still_running_is_not_sealed_around(
    operational: Database, practice: Practice, make_settings: MakeSettings
) -> None:
    """A header written before the seal and committed after it is sealed later."""
    settings = make_settings(operational)
    slow = operational.connect("app")
    slow.execute("select set_config('medspa.org_id', %s, true)", (str(practice.org_id),))
    slow.execute("select audit.open('staff', %s, 'treatment', 'http')", (practice.staff_id,))
    read(operational, practice)
    seal(settings)
    slow.commit()
    assert verify(settings).intact
    seal(settings)
    result = verify(settings)
    assert result.intact
    assert result.rows == 3


def test_blocks_are_cut_between_transactions(
    operational: Database, practice: Practice, make_settings: MakeSettings
) -> None:
    settings = make_settings(operational)
    for _ in range(10):
        read(operational, practice)
    report = seal(settings, rows_per_block=5)
    assert report.rows == 20
    assert report.blocks == 4
    assert verify(settings).intact


def test_two_sealers_and_writers_at_once_leave_one_chain(
    operational: Database, practice: Practice, make_settings: MakeSettings
) -> None:
    settings = make_settings(operational)
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            for _ in range(8):
                work()
        except Exception as error:  # noqa: BLE001 - asserted empty below
            failures.append(error)

    works: list[Callable[[], object]] = [lambda: seal(settings)] * 2 + [
        lambda: read(operational, practice)
    ] * 3
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(settings)
    result = verify(settings)
    assert failures == []
    assert result.intact
    assert result.rows == 48


def test_rows_on_another_server_are_another_epoch(
    operational: Database, practice: Practice, trail: Settings
) -> None:
    """After a restore elsewhere transaction ids start again; sealed ranges must not swallow new rows."""
    tamper(operational, "update audit.epoch set system_identifier = 1")
    with operational.session("maintenance") as session:
        assert session.execute(text("select audit.ensure_epoch()")).scalar() == 2
        assert session.execute(text("select audit.ensure_epoch()")).scalar() == 2
    read(operational, practice)
    assert seal(trail).rows == 2
    assert verify(trail).intact


def test_the_resident_sealer_seals_again_and_again_and_survives_a_failure(
    operational: Database,
    practice: Practice,
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = make_settings(operational)
    monkeypatch.setattr(sealing, "EVERY_SECONDS", 0.05)
    settings.audit_key_path.parent.mkdir(parents=True)
    settings.audit_key_path.write_text("no key")
    stop = threading.Event()
    sealer = threading.Thread(target=sealing.run, args=(settings, stop))
    sealer.start()
    try:
        read(operational, practice)
        time.sleep(0.3)
        settings.audit_key_path.unlink()
        for expected in (2, 4):
            deadline = time.monotonic() + 30
            while _sealed_rows(operational) < expected and time.monotonic() < deadline:
                time.sleep(0.05)
            assert _sealed_rows(operational) == expected
            read(operational, practice)
    finally:
        stop.set()
        sealer.join(30)
    assert verify(settings).intact


def _sealed_rows(database: Database) -> int:
    with database.session("maintenance") as session:
        return int(session.execute(text("select coalesce(sum(row_count), 0) from audit.block")).scalar_one())


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "MEDSPA_HOME": str(settings.home),
        "MEDSPA_OPERATIONAL_MAINTENANCE_DSN": settings.operational_dsn("maintenance"),
    }
    return subprocess.run(
        [sys.executable, "-m", "medspa", "audit", *arguments],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_command_answers_with_its_exit_code(
    operational: Database, trail: Settings, tmp_path: Path
) -> None:
    sealed = command(trail, "seal", "--json")
    assert sealed.returncode == 0, sealed.stderr
    assert json.loads(sealed.stdout) == {"blocks": 0, "rows": 0, "last_number": 3}
    whole = command(trail, "verify")
    assert whole.returncode == 0, whole.stderr
    tamper(operational, "delete from audit.disclosure")
    broken = command(trail, "verify", "--json")
    assert broken.returncode == 1
    assert len(json.loads(broken.stdout)["findings"]) == 9
    assert command(trail, "verify").returncode == 1
    (trail.audit_anchor_folder / "anchors.jsonl").write_text("nonsense\n")
    assert command(trail, "verify").returncode == 2
    trail.audit_key_path.unlink()
    assert command(trail, "verify").returncode == 2
