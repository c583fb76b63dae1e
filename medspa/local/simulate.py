"""Lets organizations live under a simulated clock: the composition of planner, actors, stores and time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, event

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, Permission
from operational.checkout.processor.open import open_inprocess
from operational.identity.access import EVERYWHERE, Actor
from operational.organization.bootstrap import NewOrganization, create_organization
from operational.privacy.vault import Vault, load_master_key
from operational.simulation.live import Lived, live
from operational.simulation.planner import plan
from operational.simulation.scale import Scale
from operational.simulation.setup import set_up
from operational.simulation.stage import ORIGIN, Stage

Report = Callable[[str], None]


class OnlyInDemo(DomainError):
    code = "only-in-demo"
    title = "Simulations run in demo mode only"


@dataclass(frozen=True)
class Simulated:
    """An organization that has lived."""

    organization: NewOrganization
    scale: Scale
    lived: Lived


class Hands:
    """A clock that stands where it is put and never goes back."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start

    def __call__(self) -> dt.datetime:
        return self._now

    def go(self, instant: dt.datetime) -> None:
        self._now = max(instant, self._now)


def simulate(settings: Settings, scale: Scale, report: Report = lambda _: None) -> Simulated:
    """Make the organization and live its whole time, every day closed.

    Raises OnlyInDemo, OrganizationExists when the slug is taken, StepFailed.
    """
    if settings.mode != "demo":
        raise OnlyInDemo("Live data is never simulated; use another MEDSPA_HOME with MEDSPA_MODE=demo.")
    planned = plan(scale)
    begins = dt.datetime.combine(scale.first, dt.time(), dt.UTC) - dt.timedelta(hours=12)
    owner_engine = make_engine(settings.operational_dsn("owner"), application_name="medspa-simulate")
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-simulate")
    _without_waiting(engine)
    hands = Hands(begins)
    try:
        with clock.frozen(begins):
            clock.install(hands)
            made = create_organization(
                owner_engine,
                name=scale.name,
                slug=scale.slug,
                owner_label="Owner",
                owner_email=f"owner@{scale.slug}.example",
            )
            owner = Actor(
                made.org_id, ActorKind.STAFF, made.owner_id, made.owner_id, ORIGIN,
                {EVERYWHERE: frozenset(Permission)},
            )  # fmt: skip
            vault = Vault(load_master_key(settings))
            stage = Stage(engine, vault, open_inprocess(settings), made.org_id, owner)
            set_up(stage, scale, made.roles)
            lived = live(stage, scale, planned, hands.go, report)
    finally:
        engine.dispose()
        owner_engine.dispose()
    return Simulated(made, scale, lived)


def _without_waiting(engine: Engine) -> None:
    """These connections do not wait for the disk at each commit: nobody relies on a life half lived."""

    @event.listens_for(engine, "connect")
    def _set(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("set synchronous_commit = off")
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]
