"""Lets organizations live under a simulated clock: sets them up, and has their time lived.

How it is lived, place by place, is in lives.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, Permission
from medspa.local.lives import Begun, one_by_one, side_by_side, stage_of
from medspa.local.supervisor import is_up
from operational.identity.access import EVERYWHERE, Actor
from operational.organization.bootstrap import NewOrganization, create_organization
from operational.simulation.scale import Scale, neighbour, practice
from operational.simulation.setup import set_up
from operational.simulation.stage import ORIGIN, Ids, Memory

Report = Callable[[str], None]
NEIGHBOUR_SHARE = 16
"""The practice has this many times the visits of its neighbour."""


class OnlyInDemo(DomainError):
    code = "only-in-demo"
    title = "Simulations run in demo mode only"


class ServicesRun(DomainError):
    code = "services-run"
    title = "Nothing can be lived while the services run"


@dataclass(frozen=True)
class Lived:
    """How much happened."""

    clients: int
    visits: int
    completed: int
    days_closed: int


@dataclass(frozen=True)
class Simulated:
    """An organization that has lived."""

    organization: NewOrganization
    scale: Scale
    lived: Lived


def require_demo(settings: Settings) -> None:
    """Raises OnlyInDemo in live mode, before anything is touched."""
    if settings.mode != "demo":
        raise OnlyInDemo("Live data is never simulated; use another MEDSPA_HOME with MEDSPA_MODE=demo.")


def _require_quiet(settings: Settings) -> None:
    """By the clock of this year the services would give up what somebody is booking in the year before."""
    if is_up(settings.home):
        raise ServicesRun("Stop them first with `medspa down`, or use another MEDSPA_HOME.")


def live_with_neighbour(
    settings: Settings, *, months: int, visits: int, seed: int, slug: str, report: Report
) -> list[Simulated]:
    """A practice of two studios and a small neighbour, until yesterday."""
    last = clock.now().date() - dt.timedelta(days=1)
    large = practice(last, months=months, visits=visits, seed=seed, slug=slug, name="Year Aesthetics")
    small = neighbour(
        last,
        months=months,
        visits=max(visits // NEIGHBOUR_SHARE, 20),
        seed=seed + 1,
        slug=f"{slug}-neighbour",
        name="Valley Aesthetics",
    )
    return simulate(settings, [large, small], report)


def simulate(
    settings: Settings, scales: Sequence[Scale], report: Report = lambda _: None, *, together: bool = True
) -> list[Simulated]:
    """Make the organizations and live their whole time, every day closed; `together`: a process per place.

    Raises OnlyInDemo, ServicesRun, OrganizationExists when a slug is taken, LifeFailed.
    """
    require_demo(settings)
    _require_quiet(settings)
    begun = [begin(settings, scale) for scale in scales]
    run = side_by_side if together else one_by_one
    counted = run(settings, [(scale, one) for scale, (_, one) in zip(scales, begun, strict=True)], report)
    return [
        Simulated(made, scale, Lived(seen["Join"], seen["Book"], seen["Finish"], seen["Close"]))
        for scale, (made, _), seen in zip(scales, begun, counted, strict=True)
    ]


def begin(settings: Settings, scale: Scale) -> tuple[NewOrganization, Begun]:
    """Make an organization and set it up on the eve of its first day."""
    begins = dt.datetime.combine(scale.first, dt.time(), dt.UTC) - dt.timedelta(hours=12)
    engine = make_engine(settings.operational_dsn("owner"), application_name="medspa-simulate")
    try:
        with clock.frozen(begins):
            made = create_organization(
                engine,
                name=scale.name,
                slug=scale.slug,
                owner_label="Owner",
                owner_email=f"owner@{scale.slug}.example",
            )
            owner = Actor(
                made.org_id, ActorKind.STAFF, made.owner_id, made.owner_id, ORIGIN,
                {EVERYWHERE: frozenset(Permission)},
            )  # fmt: skip
            with stage_of(settings, Begun(owner, Ids(), Memory(), {})) as stage:
                set_up(stage, scale, made.roles)
                return made, Begun(owner, stage.ids, stage.memory, stage.actors)
    finally:
        engine.dispose()
