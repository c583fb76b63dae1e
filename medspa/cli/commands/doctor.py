"""`medspa doctor`: what is wrong with this environment and what to do."""

from __future__ import annotations

import dataclasses
import os
from typing import Annotated

import typer

from medspa.cli.main import FAILED
from medspa.cli.options import Json
from medspa.cli.output import emit_json, note, say

MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}

Init = Annotated[
    bool,
    typer.Option("--init", help="Create or repair roles and databases first, through the ADMIN DSNs."),
]


def command(init: Init = False, json: Json = False) -> None:
    """Check the machine, the state folder, both database servers and the mode.

    Exits with 1 when something is a problem; every finding says what to do.
    """
    from medspa.kernel.settings import load_settings
    from medspa.local.doctor import examine
    from medspa.local.doctor.finding import Level
    from medspa.local.external import initialize
    from medspa.local.prepare import local_environment

    settings = load_settings()
    if init:
        for name in initialize(settings, os.environ):
            note(f"{name}: roles and databases are as they should be")
        local_environment(settings).ensure()
        settings = load_settings()
    findings = examine(settings)
    if json:
        emit_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{MARKS[finding.level]}  {finding.subject}: {finding.seen}")
            if finding.remedy:
                say(f"         → {finding.remedy}")
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(FAILED)
