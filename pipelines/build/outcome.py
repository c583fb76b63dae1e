"""What a run of the models did, and where its failures are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medspa.kernel.settings import Settings
from pipelines.build.project import logs

FAILURES = "failures.log"
"""What failed in the last run, in the logs folder: names and the first line of the database's message."""


@dataclass(frozen=True)
class Outcome:
    """Names of what ran and of what failed. The messages are dropped: they may quote rows."""

    models: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    tests: int = 0
    seconds: float = 0.0


def keep(settings: Settings, failures: Mapping[str, str]) -> None:
    """Write down the failures of a run, by name, in place of those of the run before."""
    logs(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    told = "".join(f"{name}: {message}\n" for name, message in failures.items())
    (logs(settings) / FAILURES).write_text(told)
