"""The process that extracts, de-identifies and lands: `python -m pipelines.landing`.

It alone holds token keys, read from standard input, never from arguments or the environment. It knows
the extracting role's DSN and the lake, and no warehouse. The answer is one JSON line on standard output;
progress goes to standard error.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa

from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.deidentify.tokens import TokenKeys
from pipelines.errors import LandingFailed
from pipelines.land.batch import NEWEST, Landed, Order, Report, land

STAY = "--stay"
"""With it, COMMAND answers order after order (order_line) instead of one."""
COMMAND = (sys.executable, "-m", "medspa", "pipeline", "land")
"""The composition root's way to land: it fetches the keys and hands them to this module's process."""

DSN_VARIABLE = "MEDSPA_OPERATIONAL_EXTRACT_DSN"
LAKE_VARIABLE = "MEDSPA_LAKE_URL"
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")
_PASSED_ON_PREFIXES = ("AWS_", "GOOGLE_", "AZURE_", "FSSPEC_", "DAGSTER_PIPES_")
"""Credentials of the object store, and the way Dagster hears from the process. Nothing else is inherited."""


def start_landing(
    settings: Settings,
    keys: TokenKeys,
    order: Order = NEWEST,
    *,
    report: Report = lambda _: None,
) -> Landed:
    """Run the landing process to its end and return what it did. Raises LandingFailed with its reason."""
    command = [sys.executable, "-m", "pipelines.landing"]
    return _run(command, request_line(keys, order), environment(settings), report)


def land_by(command: Sequence[str], *, report: Report = lambda _: None) -> Callable[[Order], Landed]:
    """A way to land through a program that holds the keys: `medspa pipeline land` or one like it."""

    def land_elsewhere(order: Order) -> Landed:
        options = [
            f"--after={order.after}",
            *(["--full"] if order.full else []),
            *(["--touched"] if order.totals == "touched" else []),
        ]
        return _run([*command, *options], "", None, report)

    return land_elsewhere


def answer_line(landed: Landed) -> str:
    """The answer of a landing program: one JSON line on standard output."""
    return json.dumps(dataclasses.asdict(landed))


def problem_line(error: DomainError) -> str:
    """The answer of a landing program that failed."""
    return json.dumps({"problem": {"code": error.code, "title": error.title, "detail": error.detail}})


def _run(command: Sequence[str], request: str, environ: dict[str, str] | None, report: Report) -> Landed:
    process = subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise LandingFailed("The landing process has no pipes.")
        with contextlib.suppress(BrokenPipeError):  # it says itself why it ended early
            process.stdin.write(request)
            process.stdin.close()
        for line in process.stderr:
            report(line.rstrip())
        answer = process.stdout.read()
    return read_answer(answer, process.returncode)


def environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of the landing process."""
    inherited = os.environ if environ is None else environ
    kept = {
        name: value
        for name, value in inherited.items()
        if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    source = str(Path(__file__).resolve().parents[1])
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (source, kept.get("PYTHONPATH", "")))),
        DSN_VARIABLE: settings.operational_dsn("extract"),
        LAKE_VARIABLE: settings.lake,
        "PYTHONUNBUFFERED": "1",
    }


def main() -> int:
    """Land for each line that is a request, and answer with a line. Exit code 1 when the last one failed."""
    code, known = 0, ""
    for line in sys.stdin:
        landed = _serve(json.loads(line), known)
        code = 1 if landed is None else 0
        known = landed.snapshot if landed is not None and landed.batch_id is None else ""
    return code


def _serve(request: Mapping[str, Any], known: str) -> Landed | None:
    """Land what is asked for and answer; None when it failed."""
    keys = {
        uuid.UUID(org): (int(generation), base64.b64decode(key))
        for org, (generation, key) in request["keys"].items()
    }
    try:
        landed = land(
            os.environ[DSN_VARIABLE],
            os.environ[LAKE_VARIABLE],
            keys,
            Order(**request["order"]),
            known=known,
            report=lambda text: _write(sys.stderr, text),
        )
    except DomainError as error:
        _fail(error)
        return None
    except psycopg.Error as error:
        _fail(LandingFailed(f"The source answered {type(error).__name__} ({error.sqlstate})."))
        return None
    except (adbc.Error, pa.ArrowException, OSError) as error:
        # Their texts may quote what they were reading.
        _fail(LandingFailed(f"Reading or writing failed with {type(error).__name__}."))
        return None
    _tell_dagster(dataclasses.asdict(landed))
    _write(sys.stdout, answer_line(landed))
    return landed


def _fail(error: DomainError) -> None:
    _write(sys.stdout, problem_line(error))


def _write(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def order_line(order: Order) -> str:
    """What a program that stays reads for each batch."""
    return json.dumps(dataclasses.asdict(order))


def request_line(keys: TokenKeys, order: Order) -> str:
    encoded = {
        str(org): [generation, base64.b64encode(key).decode()] for org, (generation, key) in keys.items()
    }
    return json.dumps({"keys": encoded, "order": dataclasses.asdict(order)})


def read_answer(answer: str, code: int) -> Landed:
    try:
        values: dict[str, Any] = json.loads(answer.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise LandingFailed(f"The landing process ended with code {code} and no answer.") from None
    if problem := values.get("problem"):
        raise LandingFailed(f"{problem['title']}: {problem['detail']}", {"cause": problem["code"]})
    return Landed(**values)


def _tell_dagster(answer: Mapping[str, Any]) -> None:
    """Counts of the batch to the Dagster run that started this process, if one did."""
    if "DAGSTER_PIPES_CONTEXT" not in os.environ:
        return
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:
        pipes.report_custom_message(dict(answer))


if __name__ == "__main__":
    sys.exit(main())
