"""`medspa audit verify` against somebody with every right in the database."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from medspa.kernel.settings import Settings
from operational.privacy.anchors import Signer, load_signer
from operational.privacy.blocks import head_of
from operational.privacy.errors import AuditChainBroken
from operational.privacy.sealing import seal
from operational.privacy.verifying import Finding, verify
from tests.integration.privacy.conftest import kinds, tamper
from tests.support.databases import Database

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


def test_a_finding_says_which_row(operational: Database, trail: Settings) -> None:
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
