"""Accounting batches of the lived practice, asked for by two at once, with and without the number's guard."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from exports.batch import Batch
from medspa.local import accounting
from operational.accounting import batches
from operational.models import LegalEntity
from tests.support.lived import CANARY_DAYS_BEFORE, SLUG, Lived
from tests.support.together import together

ROUNDS, UNGUARDED = 20, 10
ONE = dt.timedelta(days=1)
Amounts = dict[tuple[str, str, str], int]


@dataclass(frozen=True)
class Exported:
    """What became of every request for a batch."""

    entity: LegalEntity
    guarded: list[list[Batch | Exception]]
    """Per round: two at once, for one fresh day."""
    unguarded: list[list[Batch | Exception]]
    """The same while numbers are given without the lock."""
    rest: Batch
    by_command: subprocess.CompletedProcess[str]
    """`medspa export accounting --json` of the day itself; the files lie in `folder`."""
    folder: str


def ledger(lived: Lived) -> Amounts:
    """(date, location code, account) → the sum of the operational postings."""
    connection = lived.operational.connect("owner")
    rows = connection.execute(
        "select p.business_date::text, l.code, p.account, sum(p.amount_minor)::bigint from posting p"
        " join location l on l.org_id = p.org_id and l.id = p.location_id where p.org_id = %s"
        " group by 1, 2, 3 having sum(p.amount_minor) <> 0",
        (lived.org_id,),
    ).fetchall()
    connection.rollback()
    return {(day, code, account): amount for day, code, account, amount in rows}


def entity_of(lived: Lived) -> LegalEntity:
    (entity,) = accounting.legal_entities(lived.operational.engine("app"), lived.org_id)
    return entity


def medspa(lived: Lived, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a process of its own, over the lived practice's state folder."""
    return subprocess.run(
        [sys.executable, "-m", "medspa", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "MEDSPA_HOME": str(lived.settings.home), "COLUMNS": "160"},
    )


def export_all(lived: Lived) -> Exported:
    entity = entity_of(lived)
    first = lived.day - CANARY_DAYS_BEFORE * ONE

    def contest(day: dt.date) -> list[Batch | Exception]:
        ask = lambda: accounting.export(lived.settings, lived.org_id, entity, day)  # noqa: E731
        return together([ask, ask])

    guarded = [contest(first + number * ONE) for number in range(ROUNDS)]
    with _no_lock():
        unguarded = [contest(first + number * ONE) for number in range(ROUNDS, ROUNDS + UNGUARDED)]
    rest = accounting.export(lived.settings, lived.org_id, entity, lived.day - ONE)
    folder = lived.settings.home / "exports"
    by_command = medspa(lived, "export", "accounting", "--org", SLUG, "--to", str(folder), "--json")
    return Exported(entity, guarded, unguarded, rest, by_command, str(folder))


@contextlib.contextmanager
def _no_lock() -> Iterator[None]:
    """Numbers are given without holding the legal entity."""
    real = batches.lock_legal_entity
    batches.lock_legal_entity = lambda _session, _id: None  # type: ignore[assignment,return-value]
    try:
        yield
    finally:
        batches.lock_legal_entity = real
