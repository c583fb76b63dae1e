"""Moves what changed from `build` to `marts`, in one transaction, once the checks of the build passed.

Readers see the rows of one build or of the next, never of both. An organization whose check failed keeps
what it had; the others move on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import psycopg

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.build.lock import builder_lock
from pipelines.load.controls import COUNTED
from pipelines.publish import statements
from pipelines.publish.contracts import load_contracts


class PublicationBlocked(DomainError):
    """A check of the build failed, or none ran: nothing of the organizations concerned was published."""

    status = 409
    code = "publication-blocked"
    title = "A check failed: readers keep the last published figures"


@dataclass(frozen=True)
class Publication:
    """What one publication did."""

    build_id: int
    batch_id: int
    published: tuple[uuid.UUID, ...]
    blocked: tuple[uuid.UUID, ...]
    rows_moved: int
    state: str


def publish(settings: Settings, batch_id: int) -> Publication:
    """Publish the newest complete build, which must be of `batch_id`.

    Raises PublicationBlocked after publishing the organizations that passed, when one did not.
    """
    with (
        builder_lock(settings),
        psycopg.connect(settings.warehouse_dsn("build"), application_name="medspa-publish") as connection,
    ):
        publication = _publish(connection, batch_id)
    if publication.blocked:
        raise PublicationBlocked(
            f"{len(publication.blocked)} of {len(publication.blocked) + len(publication.published)}"
            " organizations kept their last published figures: see the failed tie-outs of this batch.",
            {"organizations": [str(one) for one in publication.blocked], "batch_id": batch_id},
        )
    return publication


def _publish(connection: psycopg.Connection, batch_id: int) -> Publication:
    build_id = _newest_build(connection, batch_id)
    level = _checked_level(connection, build_id)
    organizations = [row[0] for row in connection.execute(statements.ORGANIZATIONS)]
    failed = {row[0] for row in connection.execute(statements.FAILED, {"build": build_id})}
    blocked = [one for one in organizations if one in failed or None in failed]
    passing = [one for one in organizations if one not in blocked]
    connection.execute(statements.CHOOSE)
    with connection.cursor() as cursor:
        cursor.executemany(statements.CHOSEN, [{"org": one, "build": build_id} for one in passing])
    connection.execute("analyze chosen")
    whole, since = connection.execute(statements.WHAT).fetchone() or (False, None)
    moved = sum(
        connection.execute(statement).rowcount
        for contract in load_contracts().values()
        for statement in statements.move(contract, whole=whole, since=since)
    )
    # A batch of the worker's may have come between a whole count and the checks.
    counted = connection.execute(COUNTED.encode()).fetchone() == (True,)
    certified = level == "full" and counted
    bound = {"build": build_id, "batch": batch_id, "now": clock.now(), "certified": certified}
    for statement in (statements.STATE, statements.PUBLISHED, statements.FORGET_KEYS):
        connection.execute(statement, bound)
    connection.execute(
        statements.PUBLICATION,
        {**bound, "organizations": len(passing), "blocked": len(blocked), "moved": moved},
    )
    return Publication(
        build_id=build_id,
        batch_id=batch_id,
        published=tuple(passing),
        blocked=tuple(blocked),
        rows_moved=moved,
        state="certified" if certified else "live",
    )


def _newest_build(connection: psycopg.Connection, batch_id: int) -> int:
    row = connection.execute(statements.NEWEST_BUILD).fetchone()
    if row is None or row[1] != batch_id or row[2] is None:
        raise PublicationBlocked(f"Batch {batch_id} is not built completely: build it first.")
    return int(row[0])


def _checked_level(connection: psycopg.Connection, build_id: int) -> str:
    levels = {row[0] for row in connection.execute(statements.LEVELS, {"build": build_id})}
    if not levels:
        raise PublicationBlocked("The checks of this build have not run: run them first.")
    return "full" if "full" in levels else "batch"
