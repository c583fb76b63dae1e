"""Evaluates segments on certified marts and hands their members to the operational store."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import psycopg

from medspa.kernel.settings import Settings
from pipelines.build.lock import builder_lock
from segments import evaluate as engine
from segments.catalogue import definitions
from segments.grammar import SegmentDefinition


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A segment that was evaluated, and how many members the operational store took."""

    definition: SegmentDefinition
    as_of: dt.date
    batch_id: int
    members: int


def evaluate(
    settings: Settings, org_id: uuid.UUID, as_of: dt.date, only: SegmentDefinition | None = None
) -> list[Evaluated]:
    """Evaluate one or every shipped segment of an organization and publish the members.

    Raises DataNotCertified. The same batch and date again change nothing.
    """
    done = []
    with (
        builder_lock(settings),
        psycopg.connect(settings.warehouse_dsn("build"), autocommit=True) as warehouse,
        psycopg.connect(settings.operational_dsn("publish"), autocommit=True) as operational,
    ):
        batch_id = engine.certified_batch(warehouse, org_id)
        for definition in [only] if only else definitions().values():
            members = engine.evaluate(warehouse, definition, org_id, as_of, batch_id)
            taken = engine.hand_over(operational, definition, org_id, as_of, batch_id, members)
            done.append(Evaluated(definition, as_of, batch_id, taken))
    return done
