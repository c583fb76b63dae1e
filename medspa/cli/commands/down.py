"""`medspa down`: stop everything that `medspa up` started."""

from __future__ import annotations

from medspa.cli.output import say


def command() -> None:
    """Stop the web side, Dagster and the embedded database servers."""
    from medspa.kernel.settings import load_settings
    from medspa.local.run import stop

    say("Everything is stopped." if stop(load_settings()) else "Nothing was running.")
