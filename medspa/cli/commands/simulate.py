"""`medspa simulate`: an organization that lives for months through the services, under a simulated clock."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from medspa.cli.output import note, say

Months = Annotated[int, typer.Option("--months", min=1, max=60, help="How many months it lives.")]
Visits = Annotated[int, typer.Option("--visits", min=20, max=200_000, help="About how many visits.")]
Scale = Annotated[float, typer.Option("--scale", min=0.01, max=50, help="Multiplies the visits.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed and days: the same life.")]
Slug = Annotated[str, typer.Option("--org-slug", help="The organization's short name; it must be new.")]


def command(
    months: Months = 14, visits: Visits = 2_500, scale: Scale = 1.0, seed: Seed = 7, org_slug: Slug = "year"
) -> None:
    """Let a practice of two studios, and a small neighbour with books of its own, live until yesterday.

    Demo mode only. An organization that exists is never continued: choose another --org-slug. Run
    `medspa pipeline run` afterwards.
    """
    from medspa.kernel.settings import load_settings
    from medspa.local.prepare import prepared
    from medspa.local.simulate import live_with_neighbour, require_demo

    require_demo(load_settings())
    began = time.monotonic()
    settings = prepared()
    made = live_with_neighbour(
        settings,
        months=months,
        visits=round(visits * scale),
        seed=seed,
        slug=org_slug,
        report=lambda line: note(f"{time.monotonic() - began:6.1f} s  {line}"),
    )
    for one in made:
        say(
            f"{one.scale.slug}: {one.lived.clients} clients, {one.lived.visits} visits booked,"
            f" {one.lived.completed} treated, {one.lived.days_closed} days closed,"
            f" {one.scale.first} to {one.scale.last}"
        )
        say(f"  API key of its owner, shown once: {one.organization.api_key}")
    note("Next: medspa pipeline run")
