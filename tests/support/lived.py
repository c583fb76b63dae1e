"""The demonstration's day lived once for many tests: over HTTP, through the pipeline, with three neighbours.

One neighbour has an unpaid invoice of today, one was only set up, to one the outside world happened.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import logging
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.logging import configure
from medspa.kernel.settings import DSN_FILE, Settings
from medspa.kernel.vocabulary import Permission
from medspa.local.demo import practice as setup
from medspa.local.demo import story
from medspa.local.demo.practice import Practice
from medspa.local.demo.run import HISTORY, simulated
from medspa.local.demo.server import serving
from medspa.local.segments import Evaluated, evaluate
from operational.identity import tokens
from operational.models import ApiKey
from operational.organization.bootstrap import NewOrganization, create_organization
from operational.privacy.token_keys import export_token_keys
from pipelines.run import RunResult, run_pipeline
from tests.factories.checkout import Shop, open_shop
from tests.factories.organization import OrganizationSetUp, organization
from tests.support import canary, outside
from tests.support.databases import Database, Servers

SLUG = "lived"
NEIGHBOUR, EMPTY, OUTSIDE = "neighbour", "empty", "outside"
CANARY_DAYS_BEFORE = 100


@dataclass
class Lived:
    """A practice after its day, with everything that a reader may ask about it."""

    operational: Database
    warehouse: Database
    settings: Settings
    made: NewOrganization
    day: dt.date
    practice: Practice
    told: story.Story
    canary_client: str
    """Whose every identifier is a planted word."""
    neighbour: Shop
    neighbours_invoice: uuid.UUID
    empty: OrganizationSetUp
    servers: Path
    """The folder of both servers, their logs included."""
    pipeline: RunResult
    segments: Sequence[Evaluated]
    said: list[tuple[str, str]] = field(default_factory=list)
    """What was written while it all happened: (where, text)."""

    @property
    def org_id(self) -> uuid.UUID:
        return self.made.org_id

    @property
    def headers(self) -> dict[str, str]:
        """The owner's key."""
        return {"Authorization": f"Bearer {self.made.api_key}"}

    def key(self, *permissions: Permission, place: str | None = None) -> dict[str, str]:
        """A key of the owner cut down to these permissions, everywhere or at one studio."""
        token = tokens.new_api_key()
        with self.operational.session("owner") as session:
            session.add(
                ApiKey(
                    org_id=self.org_id,
                    name="test",
                    key_digest=tokens.digest(token),
                    scopes=sorted(permissions),
                    location_id=uuid.UUID(self.practice.places[place]) if place else None,
                    created_by=self.made.owner_id,
                )
            )
        return {"Authorization": f"Bearer {token}"}

    def disclosed(self, view: str) -> set[uuid.UUID]:
        """Clients that the audit says this view returned."""
        query = text("select unnest(client_ids) from audit.disclosure where org_id = :org and view = :view")
        with self.operational.session("owner") as session:
            return set(session.execute(query, {"org": self.org_id, "view": view}).scalars())


@contextlib.contextmanager
def lived_once(servers: Servers, folder: Path) -> Iterator[Lived]:
    """Two fresh databases in which the day was lived, and one run of the pipeline."""
    with servers.clone("operational") as operational, servers.clone("warehouse") as warehouse:
        settings = Settings(
            home=folder / "var", mode="demo", operational=operational.dsns, warehouse=warehouse.dsns
        )
        (settings.home / DSN_FILE).parent.mkdir(parents=True)
        (settings.home / DSN_FILE).write_text(
            json.dumps({"operational": operational.dsns, "warehouse": warehouse.dsns})
        )
        with listening(folder / "tmp") as said:
            lived = _live(operational, warehouse, settings, servers.folder)
            report: list[str] = []
            keys = export_token_keys(settings)
            lived.pipeline = run_pipeline(settings, keys, report=report.append)
            lived.segments = evaluate(settings, lived.org_id, lived.day)
        lived.said += [*said, ("pipeline's report", "\n".join(report))]
        yield lived


def _live(operational: Database, warehouse: Database, settings: Settings, servers: Path) -> Lived:
    day = clock.now().date() - dt.timedelta(days=1)
    made = create_organization(
        operational.engine("owner"),
        name="Lived Aesthetics",
        slug=SLUG,
        owner_label="Owner",
        owner_email="owner@lived.example",
    )
    with serving(settings) as http, simulated(day) as hands:
        before = day - dt.timedelta(days=CANARY_DAYS_BEFORE)
        hands.at(before - dt.timedelta(days=1), "09:00")
        practice = setup.set_up(http, made.api_key, hands, day - HISTORY, day)
        planted = canary.plant(practice, http, operational, before)
        told = story.live(practice, day)
    neighbour = open_shop(operational, slug=NEIGHBOUR)
    unpaid = neighbour.invoice().invoice.id
    empty = organization(operational, slug=EMPTY)
    outside.happen(open_shop(operational, slug=OUTSIDE), settings.home / "processor")
    nothing = RunResult(0, None, (), 0)
    return Lived(
        operational,
        warehouse,
        settings,
        made,
        day,
        practice,
        told,
        planted,
        neighbour,
        unpaid,
        empty,
        servers,
        nothing,
        [],
    )


@contextlib.contextmanager
def listening(temporary: Path) -> Iterator[list[tuple[str, str]]]:
    """Log as a configured process does, and gather that, both output streams and every temporary file.

    What was gathered is in the list once the block has ended.
    """
    temporary.mkdir()
    said: list[tuple[str, str]] = []
    log, out, err = io.StringIO(), io.StringIO(), io.StringIO()
    root = logging.getLogger()
    before: Any = (root.handlers[:], root.level, sys.excepthook, threading.excepthook, tempfile.tempdir)
    configure(stream=log)
    tempfile.tempdir = str(temporary)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield said
    finally:
        root.handlers[:], level, sys.excepthook, threading.excepthook, tempfile.tempdir = before
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    said += [("log", log.getvalue()), ("standard output", out.getvalue()), ("standard error", err.getvalue())]
    said += [
        (f"temporary file {path.name}", path.read_bytes().decode("latin-1"))
        for path in temporary.rglob("*")
        if path.is_file()
    ]
