"""dbt in this process: parsed once, run many times. Imported lazily, for it costs seconds.

It makes builds from nothing, tests the models, and writes out what builds over standing tables run.
"""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medspa.kernel.settings import Settings
from pipelines.build import outcome, parsed, written
from pipelines.build.outcome import Outcome
from pipelines.build.parsed import project_hash
from pipelines.build.project import PROJECT, artifacts, environment, logs, variables
from pipelines.errors import StoreUnavailable

_FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
_manifests: dict[str, Any] = {}
"""Database → parsed project."""
_lock = threading.Lock()


def run(
    settings: Settings,
    values: Mapping[str, object],
    *,
    full: bool = False,
    select: Sequence[str] | None = None,
    tests: bool = False,
) -> Outcome:
    """`dbt build` or `dbt run`: everything, or what is selected."""
    arguments = ["build" if tests else "run", "--vars", json.dumps(dict(values), sort_keys=True)]
    if tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    if full:
        arguments += ["--full-refresh"]
    if select:
        arguments += ["--select", *select]
    return _outcome(invoke(settings, arguments))


def unit_tests(settings: Settings) -> Outcome:
    """The unit tests of the models, against the relations of a database that was built before."""
    return _outcome(invoke(settings, ["test", "--select", "test_type:unit"]))


def invoke(settings: Settings, arguments: Sequence[str]) -> Any:
    """One dbt command; the result object of dbtRunner.

    Raises what dbt raised before any node ran, StoreUnavailable when it was the database's failure.
    """
    with _lock, environment(settings):
        for folder in (artifacts(settings), logs(settings)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        result = _call(settings, arguments, manifest=_manifest(settings))
        outcome.keep(settings, dict(_told(result)))
    if result.exception is not None and result.result is None:
        from dbt_common.exceptions import DbtDatabaseError

        if isinstance(result.exception, DbtDatabaseError):
            raise StoreUnavailable(
                "The warehouse did not answer dbt or ended its connection. Readers keep what they had:"
                " run again once it is up."
            )
        raise result.exception
    return result


def manifest_file(settings: Settings) -> Path:
    """dbt's manifest of the project as it is now, made when it is missing. Nothing is connected to.

    In a folder of its own, written whole: it is read while another process builds and writes its artifacts.
    """
    folder = settings.home / "dbt" / "definitions"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = variables(settings)["MEDSPA_DBT_DATABASE"]
    target = folder / f"{project_hash()[:16]}-{database}.json"
    with _lock, (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_file():
            part = target.with_suffix(".part")
            part.write_text(parsed.as_json(database, settings.parsed_folder, lambda: _parse(settings)))
            part.replace(target)
    return target


def write_out(settings: Settings, kind: written.Kind) -> tuple[written.Model, ...]:
    """What a build over standing tables runs, for any database: compiled without one."""
    from dbt.cli.main import cli
    from dbt.clients.jinja import get_rendered
    from dbt.context.providers import generate_runtime_model_context

    nowhere = settings.model_copy(update={"warehouse": {"build": parsed.NO_DSN}})
    variables = json.dumps({"written_out": kind, **written.PLACES}, sort_keys=True)
    arguments = ["compile", "--select", "resource_type:model", "--no-introspect", "--no-populate-cache"]
    arguments += ["--no-write-json", "--vars", variables, *_common(nowhere)]
    manifest = parsed.of(parsed.NO_DATABASE, nowhere.parsed_folder, lambda: _parse(nowhere))
    with _lock, environment(nowhere):
        # As dbtRunner calls it, which keeps to itself the configuration that hooks are rendered with.
        context = cli.make_context(str(cli.name), list(arguments))
        context.obj = {"manifest": manifest, "callbacks": [], "dbt_runner_command_args": arguments}
        cli.invoke(context)
        config = context.obj["runtime_config"]

        def render(text: str, node: Any) -> str:
            return str(get_rendered(text, generate_runtime_model_context(node, config, manifest), node))

        return written.from_manifest(manifest, kind, render)


def _call(settings: Settings, arguments: Sequence[str], *, manifest: Any = None) -> Any:
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=manifest).invoke([*arguments, *_common(settings)])


def _manifest(settings: Settings) -> Any:
    database = variables(settings)["MEDSPA_DBT_DATABASE"]
    if database not in _manifests:
        _manifests[database] = parsed.of(database, settings.parsed_folder, lambda: _parse(settings))
    return _manifests[database]


def _parse(settings: Settings) -> Any:
    nowhere = settings.model_copy(update={"warehouse": {"build": parsed.NO_DSN}})
    with environment(nowhere):
        result = _call(nowhere, ["parse", "--no-write-json", "--no-partial-parse"])
    if result.exception is not None:
        raise result.exception
    return result.result


def _common(settings: Settings) -> list[str]:
    return [
        "--project-dir", str(PROJECT),
        "--profiles-dir", str(PROJECT),
        "--target-path", str(artifacts(settings)),
        "--log-path", str(logs(settings)),
        "--log-level", "none",
        "--log-level-file", "none",
        "--no-use-colors",
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
    ]  # fmt: skip


def _told(result: Any) -> Iterator[tuple[str, str]]:
    """Name and message of each failed node without the lines in which the database quotes a row."""
    for one in getattr(result.result, "results", ()):
        if str(one.status) in _FAILED:
            lines = [line.strip() for line in str(one.message or "").splitlines()]
            yield one.node.name, " ".join(lines[:2])


def _outcome(result: Any) -> Outcome:
    nodes = list(getattr(result.result, "results", ()))
    models = tuple(one.node.name for one in nodes if one.node.resource_type == "model")
    failed = tuple(one.node.name for one in nodes if str(one.status) in _FAILED)
    return Outcome(
        models=models,
        failed=failed,
        tests=sum(1 for one in nodes if one.node.resource_type in ("test", "unit_test")),
        seconds=float(getattr(result.result, "elapsed_time", 0.0)),
    )
