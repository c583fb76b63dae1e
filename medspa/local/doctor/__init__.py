"""What is wrong with an environment, and what to do about it. Looks only; repairs are `--init`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from medspa.kernel.settings import Settings
from medspa.local.doctor import databases, live, machine, state
from medspa.local.doctor.finding import Finding

CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    machine.check,
    state.check,
    databases.check,
    live.check,
)


def examine(settings: Settings) -> list[Finding]:
    """Every finding, good and bad, in a fixed order."""
    return [finding for check in CHECKS for finding in check(settings)]
