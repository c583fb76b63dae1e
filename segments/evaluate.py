"""Evaluates a definition over published marts into `marts.segment_member`, and hands members on.

Runs inside the builder's lock, which the caller holds. The operational store is reached only through
the function that takes a membership (`directory.take_segment`), as the publishing role.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.ids import new_id
from segments.compile import compile_segment
from segments.grammar import SegmentDefinition


class DataNotCertified(DomainError):
    code = "data-not-certified"
    title = "The newest data of this organization has not passed all its checks"


@dataclass(frozen=True, slots=True)
class Member:
    """A client key that is in a segment, when it is due and why."""

    client_key: UUID
    due_on: date | None
    reason: str


# Evaluated again for the same date, the newest size stands, and who came and left that day adds up.
_SIZE = """
insert into marts.segment_size as size (org_id, segment_code, as_of, definition_version, batch_id, members,
    entered, left_since)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (org_id, segment_code, as_of) do update set
    definition_version = excluded.definition_version, batch_id = excluded.batch_id,
    members = excluded.members, entered = size.entered + excluded.entered,
    left_since = size.left_since + excluded.left_since
"""


def certified_batch(connection: Connection[Any], org_id: UUID) -> int:
    """The batch that readers see, when it is certified. Raises DataNotCertified."""
    row = connection.execute(
        "select live_batch_id, certified_batch_id from marts.publication_state where org_id = %s", (org_id,)
    ).fetchone()
    if row is None or row[0] != row[1]:
        raise DataNotCertified("Run the pipeline; when a tie-out fails it names what to look at.")
    return int(row[0])


def evaluate(
    connection: Connection[Any], definition: SegmentDefinition, org_id: UUID, as_of: date, batch_id: int
) -> list[Member]:
    """Replace the segment's members of one organization, in one transaction; the members, in order."""
    compiled = compile_segment(definition, org_id, as_of)
    version = definition.version
    with connection.transaction():
        members = [Member(*row) for row in connection.execute(compiled.sql, compiled.parameters).fetchall()]
        before = connection.execute(
            "delete from marts.segment_member where org_id = %s and segment_code = %s"
            " returning client_key, as_of",
            (org_id, definition.code),
        ).fetchall()
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into marts.segment_member (org_id, segment_code, client_key, definition_version,"
                " as_of, batch_id, due_on, reason) values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (org_id, definition.code, m.client_key, version, as_of, batch_id, m.due_on, m.reason)
                    for m in members
                ],
            )
        now, then = {m.client_key for m in members}, {row[0] for row in before}
        sizes = (len(now), len(now - then), len(then - now))
        connection.execute(_SIZE, (org_id, definition.code, as_of, version, batch_id, *sizes))
    return members


def hand_over(
    connection: Connection[Any],
    definition: SegmentDefinition,
    org_id: UUID,
    as_of: date,
    batch_id: int,
    members: list[Member],
) -> int:
    """Give a membership to the operational store as the publishing role; how many it took.

    The same batch handed over again changes nothing.
    """
    payload = [
        {"client_key": str(m.client_key), "due_on": m.due_on and m.due_on.isoformat(), "reason": m.reason}
        for m in members
    ]
    row = connection.execute(
        "select directory.take_segment(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            org_id,
            new_id(),
            definition.code,
            definition.version,
            as_of,
            batch_id,
            definition.reveals_treatment,
            Jsonb(payload),
            clock.now(),
            definition.booked,
            definition.categories,
        ),
    ).fetchone()
    return int(row[0]) if row else 0
