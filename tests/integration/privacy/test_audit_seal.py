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
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from medspa.local import sealing
from operational.privacy.anchors import Signer
from operational.privacy.audit import open_audit, record_disclosure
from operational.privacy.blocks import head_of
from operational.privacy.errors import AuditChainBroken
from operational.privacy.sealing import seal
from operational.privacy.verifying import Finding, verify
from tests.conftest import MakeSettings
from tests.factories.practice import Practice, make_practice
from tests.support.databases import Database


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


@pytest.fixture
def trail(operational: Database, practice: Practice, make_settings: MakeSettings) -> Settings:
    """Nine reads sealed in three blocks."""
    settings = make_settings(operational)
    for _ in range(3):
        for _ in range(3):
            read(operational, practice)
        seal(settings)
    return settings


def read(database: Database, practice: Practice) -> None:
    with database.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        record_disclosure(session, practice.actor, "client.card", [practice.client_id])


def tamper(database: Database, *statements: str) -> None:
    """As a superuser who also switches the triggers off."""
    with database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def kinds(settings: Settings) -> set[tuple[str, int]]:
    return {(one.kind, one.block) for one in verify(settings).findings}


def test_an_untouched_trail_is_intact(operational: Database, practice: Practice, trail: Settings) -> None:
    result = verify(trail)
    assert (result.blocks, result.rows, result.findings, result.unsealed_rows) == (3, 18, [], 0)
    read(operational, practice)
    assert verify(trail).unsealed_rows == 2
    assert seal(trail).rows == 2
    assert seal(trail).blocks == 0
    assert verify(trail).intact


FIRST = "(select id from audit.{0} order by xid limit 1)"
ATTACKS: dict[str, tuple[str, set[tuple[str, int]]]] = {
    "actor edited": (
        "update audit.access set actor_id = gen_random_uuid() where id = " + FIRST.format("access"),
        {("row edited", 1)},
    ),
    "client removed from a disclosure": (
        "update audit.disclosure set client_ids = '{}' where id = " + FIRST.format("disclosure"),
        {("row edited", 1)},
    ),
    "time moved": (
        "update audit.access set written_at = written_at + interval '1 microsecond' where id = "
        + FIRST.format("access"),
        {("row edited", 1)},
    ),
    "row deleted": (
        "delete from audit.disclosure where id = " + FIRST.format("disclosure"),
        {("row deleted", 1)},
    ),
    "row added": (
        (
            "insert into audit.disclosure (org_id, at, epoch, xid, access_id, columns, client_ids) select"
            " org_id, at, epoch, xid, access_id, columns, client_ids"
            " from audit.disclosure order by xid limit 1"
        ),
        {("row added", 1)},
    ),
    "row moved behind the blocks": (
        "update audit.access set xid = xid + 1000000 where id = " + FIRST.format("access"),
        {("row deleted", 1)},
    ),
    "all rows truncated": (
        "truncate audit.access",
        {("row deleted", 1), ("row deleted", 2), ("row deleted", 3)},
    ),
    "last block dropped": ("delete from audit.block where number = 3", {("block missing", 3)}),
    "middle block dropped": ("delete from audit.block where number = 2", {("block missing", 2)}),
    "all blocks dropped": (
        "truncate audit.block",
        {("block missing", 1), ("block missing", 2), ("block missing", 3)},
    ),
    "entries edited": (
        (
            "update audit.block set entries = set_byte(entries, 20, 255 - get_byte(entries, 20))"
            " where number = 2"
        ),
        {("block altered", 2), ("row edited", 2)},
    ),
    "row count edited": ("update audit.block set row_count = 7 where number = 2", {("block altered", 2)}),
    "range edited": (
        "update audit.block set to_xid = to_xid - 1 where number = 3",
        {("block altered", 3)},
    ),
    "signature edited": (
        "update audit.block set signature = '\\x00' where number = 1",
        {("signature wrong", 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_the_database_is_found(operational: Database, trail: Settings, attack: str) -> None:
    statement, expected = ATTACKS[attack]
    tamper(operational, statement)
    assert kinds(trail) >= expected
    assert {kind for kind, _ in kinds(trail)} - {kind for kind, _ in expected} <= {
        "chain broken",
        "block missing",
    }


def test_a_finding_says_which_row(operational: Database, practice: Practice, trail: Settings) -> None:
    with operational.session("admin") as session:
        row_id = session.execute(text("select id from audit.access order by xid desc limit 1")).scalar_one()
    tamper(operational, f"delete from audit.access where id = '{row_id}'")
    assert verify(trail).findings == [Finding("row deleted", 3, f"audit.access {row_id}")]


def forge(database: Database, signer: Signer, number: int) -> None:
    """Recompute hash and signature of the last block over what is in the database now."""
    with database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        session.execute(
            text(
                "update audit.block set entries = substr(entries, 50), row_count = row_count - 1"
                " where number = :n"
            ),
            {"n": number},
        )
        block = session.execute(text("select * from audit.block where number = :n"), {"n": number}).one()
        session.execute(
            text("delete from audit.access where id = cast(:id as uuid)"),
            {"id": _first_access(trail_entries(block))},
        )
        block_hash = head_of(block).hash()
        session.execute(
            text("update audit.block set hash = :hash, signature = :signature where number = :n"),
            {"hash": block_hash, "signature": signer.sign(block_hash), "n": number},
        )


def trail_entries(block: Any) -> bytes:
    return bytes(block.entries)


def _first_access(entries: bytes) -> str:
    return entries[1:17].hex()


def test_a_chain_forged_without_the_key_is_found(operational: Database, trail: Settings) -> None:
    forge(operational, Signer(Ed25519PrivateKey.generate()), 3)
    found = kinds(trail)
    assert ("signature wrong", 3) in found
    assert ("anchor differs", 3) in found


def test_even_with_the_key_the_second_store_shows_a_forgery(operational: Database, trail: Settings) -> None:
    """Whoever stole the key but cannot write the second store."""
    from operational.privacy.anchors import load_signer

    forge(operational, load_signer(trail, create=False), 3)
    found = kinds(trail)
    assert ("signature wrong", 3) not in found
    assert ("anchor differs", 3) in found


def test_sealing_does_not_go_on_over_a_truncated_chain(operational: Database, trail: Settings) -> None:
    tamper(operational, "delete from audit.block where number = 3")
    with pytest.raises(AuditChainBroken):
        seal(trail)
    assert ("block missing", 3) in kinds(trail)


def test_a_block_slipped_in_without_the_key_is_not_anchored(operational: Database, trail: Settings) -> None:
    with operational.session("maintenance") as session:
        session.execute(
            text(
                "insert into audit.block select number + 1, format, epoch, to_xid, to_xid + 1, row_count,"
                " entries, hash, hash, sealed_at, key_id, signature from audit.block where number = 3"
            )
        )
    with pytest.raises(AuditChainBroken):
        seal(trail)
    assert ("block altered", 4) in kinds(trail)


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
