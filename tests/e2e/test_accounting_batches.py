"""Accounting batches of the lived practice: each closed day once, to the cent, the same bytes ever after."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from exports.batch import ACCRUAL, Batch, ClosedDay, NothingToExport
from exports.formats import FORMATS
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import Permission
from medspa.local import accounting
from operational.accounting import batches
from operational.accounting.errors import BatchUnknown, DayAlreadyExported, DayNotClosed
from tests.support.exported import ROUNDS, UNGUARDED, Amounts, Exported, ledger
from tests.support.lived import Lived

pytestmark = pytest.mark.timeout(900)
ONE = dt.timedelta(days=1)
BATCHES = ROUNDS + UNGUARDED + 2
"""One per contest, one of every other day before the day, one of the day."""


def every_batch(lived: Lived, exported: Exported) -> Iterator[Batch]:
    """All batches by number, as they are kept."""
    engine, number = lived.operational.engine("app"), 1
    while True:
        try:
            yield accounting.read_again(engine, lived.org_id, exported.entity.id, number)
        except BatchUnknown:
            return
        number += 1


def days_kept(lived: Lived) -> list[tuple[int, str, dt.date]]:
    """(batch number, location code, date) of every exported day, as the owner of the database sees them."""
    connection = lived.operational.connect("owner")
    rows = connection.execute(
        "select b.number, l.code, d.business_date from export_batch_day d"
        " join export_batch b on b.org_id = d.org_id and b.id = d.batch_id"
        " join location l on l.org_id = d.org_id and l.id = d.location_id"
        " where d.org_id = %s and b.basis = 'accrual' order by 1, 2, 3",
        (lived.org_id,),
    ).fetchall()
    connection.rollback()
    return rows


def test_of_two_at_once_one_writes_the_batch(exported: Exported) -> None:
    for number, outcomes in enumerate(exported.guarded, start=1):
        won = [one for one in outcomes if isinstance(one, Batch)]
        lost = [one for one in outcomes if not isinstance(one, Batch)]
        assert [batch.number for batch in won] == [number], outcomes
        assert [type(one) for one in lost] == [NothingToExport], outcomes


def test_without_the_lock_two_at_once_collide(exported: Exported) -> None:
    """Control: the same contest, and only the unique keys are left to keep days and numbers single."""
    lost = [one for outcomes in exported.unguarded for one in outcomes if not isinstance(one, Batch)]
    collided = [one for one in lost if isinstance(one, IntegrityError | DayAlreadyExported)]
    assert collided
    assert all(len([one for one in pair if isinstance(one, Batch)]) == 1 for pair in exported.unguarded)


def test_numbers_have_no_gaps_and_days_no_twins(lived: Lived, exported: Exported) -> None:
    assert exported.by_command.returncode == 0, exported.by_command.stderr
    kept = days_kept(lived)
    numbers = sorted({number for number, _, _ in kept})
    assert numbers == list(range(1, BATCHES + 1))
    days = [(code, day) for _, code, day in kept]
    assert len(days) == len(set(days))
    connection = lived.operational.connect("owner")
    closed = connection.execute(
        "select l.code, d.business_date from business_day d join location l on l.org_id = d.org_id"
        " and l.id = d.location_id where d.org_id = %s and d.status = 'closed'",
        (lived.org_id,),
    ).fetchall()
    connection.rollback()
    assert set(days) == set(closed)
    assert {day for number, _, day in kept if number == numbers[-1]} == {lived.day}
    assert exported.rest.last_date == lived.day - ONE


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_exported_is_the_ledger(lived: Lived, exported: Exported, name: str) -> None:
    parse = FORMATS[name].parse
    found: Amounts = {}
    for batch in every_batch(lived, exported):
        (file,) = [one for one in batch.files if one.format == name]
        for key, amount in parse(file.content).items():
            assert key not in found
            found[key] = amount
    assert found == ledger(lived)
    assert len(found) > 30
    per_day: dict[tuple[str, str], int] = {}
    for (day, code, _), amount in found.items():
        per_day[day, code] = per_day.get((day, code), 0) + amount
    assert set(per_day.values()) == {0}


def test_an_altered_file_is_not_the_ledger(lived: Lived, exported: Exported) -> None:
    """Control: one cent more in one line shows."""
    for name, (_, parse, _, _) in FORMATS.items():
        *_, last = every_batch(lived, exported)
        (file,) = [one for one in last.files if one.format == name]
        altered = file.content.replace(b"389.7", b"389.6").replace(b"38.97", b"38.98")
        assert altered != file.content
        assert parse(altered) != parse(file.content)


def test_asked_again_it_is_the_same_bytes(lived: Lived, exported: Exported, http: httpx.Client) -> None:
    first_told = [one for pair in exported.guarded for one in pair if isinstance(one, Batch)]
    again = {batch.number: batch for batch in every_batch(lived, exported)}
    for batch in (*first_told, exported.rest):
        assert again[batch.number].content_sha256 == batch.content_sha256
        assert set(again[batch.number].files) == set(batch.files)
    listed = http.get("/v1/accounting/batches", params={"limit": 200}, headers=lived.headers).json()["items"]
    listed = [one for one in listed if one["basis"] == ACCRUAL]
    kept = {batch.id: batch for batch in every_batch(lived, exported)}
    assert [one["number"] for one in listed] == [batch.number for batch in kept.values()]
    for file in kept[uuid.UUID(listed[-1]["id"])].files:
        path = f"/v1/accounting/batches/{listed[-1]['id']}/files/{file.format}"
        answers = [http.get(path, headers=lived.headers) for _ in range(2)]
        assert [answer.content for answer in answers] == [file.content] * 2
        assert answers[0].headers["x-content-sha256"] == hashlib.sha256(file.content).hexdigest()


def test_the_command_wrote_the_days_batch(lived: Lived, exported: Exported) -> None:
    told = json.loads(exported.by_command.stdout)
    assert (told["number"], told["first"], told["last"]) == (BATCHES, str(lived.day), str(lived.day))
    *_, last = every_batch(lived, exported)
    for file, line in zip(sorted(last.files, key=lambda one: one.format), told["files"], strict=False):
        assert line["sha256"] in {one.sha256[:16] for one in last.files}
        assert Path(exported.folder, file.filename).read_bytes() == file.content
    assert len(told["files"]) == len(FORMATS)


def test_programs_of_others_accept_the_files(lived: Lived, exported: Exported, tmp_path: Path) -> None:
    programs = {"beancount": [sys.executable, "-m", "beancount.scripts.check"]}
    if hledger := shutil.which("hledger"):
        programs["hledger"] = [hledger, "check", "--strict", "-f"]
    checked = 0
    for batch in every_batch(lived, exported):
        if batch.first_date != batch.last_date or batch.number % ROUNDS in (1, 2):
            for file in (one for one in batch.files if one.format in programs):
                path = tmp_path / file.filename
                path.write_bytes(file.content)
                done = subprocess.run(
                    [*programs[file.format], str(path)], check=False, capture_output=True, text=True
                )
                assert done.returncode == 0, done.stdout + done.stderr
                checked += 1
    assert checked >= 5 * len(programs)
    broken = tmp_path / "broken.beancount"
    *_, last = every_batch(lived, exported)
    (file,) = [one for one in last.files if one.format == "beancount"]
    broken.write_bytes(file.content.replace(b"38.97", b"38.98"))
    assert subprocess.run([*programs["beancount"], broken], check=False, capture_output=True).returncode != 0


def test_quickbooks_debits_equal_credits_and_name_no_client(lived: Lived, exported: Exported) -> None:
    *_, last = every_batch(lived, exported)
    (file,) = [one for one in last.files if one.format == "quickbooks_online"]
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert {row["Location"] for row in rows} == {"NORTH", "SOUTH"}
    assert {row["Name"] for row in rows} == {"", "Clients NORTH", "Clients SOUTH"}
    for location in ("NORTH", "SOUTH"):
        of = [row for row in rows if row["Location"] == location]
        sides = [sum(round(float(row[side] or 0) * 100) for row in of) for side in ("Debits", "Credits")]
        assert sides[0] == sides[1] > 0


def test_nothing_is_left_to_export(lived: Lived, exported: Exported) -> None:
    for through in (lived.day, lived.day + 30 * ONE):
        with pytest.raises(NothingToExport):
            accounting.export(lived.settings, lived.org_id, exported.entity, through)


def test_an_open_day_is_refused(lived: Lived) -> None:
    shop = lived.neighbour
    engine = lived.operational.engine("app")
    (entity,) = accounting.legal_entities(engine, shop.made.org_id)
    with pytest.raises(NothingToExport):
        accounting.export(lived.settings, shop.made.org_id, entity, shop.today + ONE)
    with (
        pytest.raises(DayNotClosed),
        lived.operational.session(org_id=shop.made.org_id) as session,
    ):
        batches.keep(
            session,
            batch_id=uuid.uuid4(),
            legal_entity_id=entity.id,
            number=1,
            basis=ACCRUAL,
            content_sha256="0" * 64,
            days=[ClosedDay(shop.north, "L1", shop.today)],
            files=[],
        )
    with pytest.raises(BatchUnknown):
        accounting.read_again(engine, shop.made.org_id, entity.id, 1)


def test_a_day_does_not_go_into_a_second_batch(lived: Lived, exported: Exported) -> None:
    north = uuid.UUID(lived.practice.places["NORTH"])
    with pytest.raises(DayAlreadyExported), lived.operational.session(org_id=lived.org_id) as session:
        batches.keep(
            session,
            batch_id=uuid.uuid4(),
            legal_entity_id=exported.entity.id,
            number=9_999,
            basis=ACCRUAL,
            content_sha256="0" * 64,
            days=[ClosedDay(north, "NORTH", lived.day)],
            files=[],
        )
    with pytest.raises(BatchUnknown):
        accounting.read_again(lived.operational.engine("app"), lived.org_id, exported.entity.id, 9_999)


def test_what_was_written_cannot_be_rewritten(lived: Lived, exported: Exported) -> None:
    for statement in (
        "update export_file set content = 'x'",
        "delete from export_file",
        "update export_batch_day set business_date = business_date + 1",
        "delete from export_batch_day",
    ):
        connection = lived.operational.connect("app")
        connection.execute("select set_config('medspa.org_id', %s, true)", (str(lived.org_id),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
        connection.rollback()


def test_batches_are_for_who_may_export_and_for_their_organization(
    lived: Lived, exported: Exported, http: httpx.Client
) -> None:
    file = f"/v1/accounting/batches/{exported.rest.id}/files/beancount"
    every_other = lived.key(*(set(Permission) - {Permission.EXPORT_ACCOUNTING}))
    one_place = lived.key(Permission.EXPORT_ACCOUNTING, place="NORTH")
    for path in ("/v1/accounting/batches", file):
        assert http.get(path).status_code == 401
        assert http.get(path, headers=every_other).status_code == 403
        assert http.get(path, headers=one_place).status_code == 403
        assert http.get(path, headers=lived.key(Permission.EXPORT_ACCOUNTING)).status_code == 200
    stranger = lived.neighbour.made.headers
    assert http.get("/v1/accounting/batches", headers=stranger).json()["items"] == []
    assert http.get(file, headers=stranger).status_code == 404
    with pytest.raises(NotFound):
        accounting.export(lived.settings, lived.neighbour.made.org_id, exported.entity, lived.day)


def test_every_export_and_download_is_in_the_audit(
    lived: Lived, exported: Exported, http: httpx.Client
) -> None:
    def kept() -> dict[str, int]:
        connection = lived.operational.connect("owner")
        rows = connection.execute(
            "select split_part(a.origin, ':', 1), count(*) from audit.disclosure d join audit.access a"
            " on a.org_id = d.org_id and a.id = d.access_id"
            " where d.org_id = %s and d.view = 'export.accounting' group by 1",
            (lived.org_id,),
        ).fetchall()
        connection.rollback()
        return dict(rows)

    before = kept()
    assert before["cli"] >= BATCHES
    path = f"/v1/accounting/batches/{exported.rest.id}/files/hledger"
    assert http.get(path, headers=lived.headers).status_code == 200
    assert http.get(path, headers=lived.neighbour.made.headers).status_code == 404
    assert sum(kept().values()) == sum(before.values()) + 1
