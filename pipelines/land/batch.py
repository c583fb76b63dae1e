"""One landed batch: lock, snapshot, decide how much to read, read and write every table, finish.

Runs where the token keys are; holds no warehouse credential and knows the last batch from the lake.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.contract import contracts, schema_hash
from pipelines.deidentify.guard import check_views
from pipelines.deidentify.tokens import Tokeniser, TokenKeys
from pipelines.errors import TokenKeyChanged
from pipelines.extract.controls import SCHEMA, control_totals, of_days_touched, whole
from pipelines.extract.identity import difference, knows_mark, leave_mark
from pipelines.extract.read import chunks
from pipelines.extract.snapshot import SourceSnapshot, Watermark, locked_source, open_snapshot
from pipelines.land.lake import BatchRef, Lake
from pipelines.land.manifest import CONTROLS, LandedFile, Manifest, Totals
from pipelines.land.write import write_plain, write_table

READERS = 2
"""Connections that read at once: the server encodes one table while another is compressed here."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Landed:
    """What one landing did. `batch_id` is None when the source held nothing newer."""

    batch_id: int | None
    kind: str
    reason: str
    rows: int
    snapshot: str
    taken_at: str

    @property
    def at(self) -> datetime:
        """When the snapshot was taken."""
        return datetime.fromisoformat(self.taken_at)


@dataclass(frozen=True)
class Order:
    """What to land. `after`: the newest batch in the warehouse; a lake that is behind starts above it.

    With `totals` of the days touched alone the batch is there soon, and what it brings cannot be certified.
    """

    full: bool = False
    after: int = 0
    wait_seconds: float = 60.0
    totals: Totals = "whole"


NEWEST = Order()
"""What is new since the last batch of the lake."""


@dataclass(frozen=True)
class Plan:
    """How a batch is read: everything (`reason` says why) or what `previous` did not show.

    `is_complete`: without a new row there is nothing to land. Otherwise totals are wanted that are whole.
    """

    ref: BatchRef
    reason: str
    previous: Watermark | None
    totals: Totals = "whole"
    is_complete: bool = False


def land(
    extract_dsn: str,
    lake_url: str,
    keys: TokenKeys,
    order: Order = NEWEST,
    *,
    known: str = "",
    report: Report = lambda _: None,
) -> Landed:
    """Land one batch. Nothing of an unfinished batch is ever read, so it can be killed at any point.

    `known`: the snapshot of an earlier call that found nothing; no table is read while nothing was written
    since.

    Raises PipelineBusy, GuardRefused, TokenKeyMissing, TokenKeyChanged, LakeDamaged.
    """
    tokeniser = Tokeniser(keys)
    with locked_source(extract_dsn, order.wait_seconds) as control:
        lake = Lake(lake_url)
        last = lake.last()
        with open_snapshot(extract_dsn, control) as snapshot:
            check_views(snapshot.views)
            plan = make_plan(last, snapshot, tokeniser, order)
            if plan.is_complete and known == snapshot.watermark.text:
                return Landed(None, "incremental", "", 0, known, snapshot.taken_at.isoformat())
            lake.discard(plan.ref)
            report(f"snapshot taken, {'full: ' + plan.reason if plan.reason else 'incremental'}")
            with ThreadPoolExecutor(max_workers=1) as beside:
                # An incremental batch is often empty and needs no totals: only a full one counts meanwhile.
                early = beside.submit(_write_totals, lake, plan, snapshot) if plan.reason else None
                files = _write_tables(lake, plan, snapshot, tokeniser, report)
            rows = sum(file.rows for file in files.values())
            kind = "full" if plan.reason else "incremental"
            taken_at = snapshot.taken_at.isoformat()
            if rows == 0 and plan.is_complete:
                lake.discard(plan.ref)
                return Landed(None, kind, "", 0, snapshot.watermark.text, taken_at)
            files[CONTROLS] = early.result() if early else _write_totals(lake, plan, snapshot)
            report("control totals written")
        # Its snapshot is closed: the mark comes after every commit that the snapshot showed.
        source = {**snapshot.identity.as_json(), "mark": leave_mark(control)}
        manifest = Manifest(
            batch_id=plan.ref.batch_id,
            lake_generation=plan.ref.generation,
            kind="full" if plan.reason else "incremental",
            reason=plan.reason,
            snapshot=snapshot.watermark.text,
            extracted_at=taken_at,
            source=source,
            schema_hash=schema_hash(),
            key_generations=tokeniser.generations(),
            key_checks=tokeniser.checks(),
            files=files,
            totals=plan.totals,
        )
        lake.finish(plan.ref, manifest)
        report("batch finished")
    return Landed(plan.ref.batch_id, kind, plan.reason, rows, snapshot.watermark.text, taken_at)


def make_plan(last: Manifest | None, snapshot: SourceSnapshot, tokeniser: Tokeniser, order: Order) -> Plan:
    """The number, the place and the extent of the next batch. Raises TokenKeyChanged."""
    if last is None:
        return Plan(BatchRef(1, order.after + 1), "first", None)
    batch_id = max(last.batch_id, order.after) + 1
    if _rotated(last, tokeniser):
        return Plan(BatchRef(last.lake_generation + 1, batch_id), "token_key_generation", None)
    ref = BatchRef(last.lake_generation, batch_id)
    previous = Watermark(last.snapshot)
    reason = (
        ("asked" if order.full else "")
        or ("lake_behind_warehouse" if last.batch_id < order.after else "")
        or difference(last.source, snapshot.identity)
        or ("transactions_went_back" if snapshot.watermark.xmax < previous.xmax else "")
        or ("" if knows_mark(snapshot.control, last.source.get("mark")) else "source_history_changed")
        or ("schema_changed" if last.schema_hash != schema_hash() else "")
    )
    if reason:
        return Plan(ref, reason, None)
    return Plan(ref, "", previous, order.totals, order.totals == "touched" or last.totals == "whole")


def _rotated(last: Manifest, tokeniser: Tokeniser) -> bool:
    """Whether an organization's key is of a newer generation than the lake's. Raises TokenKeyChanged."""
    generations, checks = tokeniser.generations(), tokeniser.checks()
    known = {org for org in last.key_generations if org in generations}
    if any(generations[org] != last.key_generations[org] for org in known):
        return True
    if changed := sorted(org for org in known if checks[org] != last.key_checks[org]):
        raise TokenKeyChanged(
            f"The token key of organization {changed[0]} changed without a new generation: its rows would no "
            "longer join. Restore the key, or rotate it, which re-reads everything."
        )
    return False


def _write_totals(lake: Lake, plan: Plan, snapshot: SourceSnapshot) -> LandedFile:
    since = plan.previous if plan.totals == "touched" else None
    query = of_days_touched(since, snapshot.watermark) if since else whole()
    return write_plain(lake, plan.ref, CONTROLS, SCHEMA, control_totals(snapshot.reader(), query))


def _write_tables(
    lake: Lake, plan: Plan, snapshot: SourceSnapshot, tokeniser: Tokeniser, report: Report
) -> dict[str, LandedFile]:
    readers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(READERS):
        readers.put(snapshot.reader())

    def write(name: str) -> tuple[str, LandedFile]:
        reader = readers.get()
        try:
            contract = contracts()[name]
            read = chunks(reader, contract, plan.previous, snapshot.watermark)
            return name, write_table(lake, plan.ref, contract, read, tokeniser)
        finally:
            readers.put(reader)

    files: dict[str, LandedFile] = {}
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        for name, file in pool.map(write, reversed(contracts())):
            files[name] = file
            if file.rows:
                report(f"{name}: {file.rows} rows")
    return files
