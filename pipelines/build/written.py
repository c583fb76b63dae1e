"""The statements of a build over tables that stand, written out once by dbt for a version of the project.

The models stay dbt's: this keeps what they say, without a database's name and with places for the numbers of
a build. Running them is standing.py's; it needs no dbt, whose own run of the same statements costs tenths of
a second a model.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pipelines.build.parsed import NO_DATABASE, project_hash

PLACES = {name: f"@{name}@" for name in ("build_id", "from_batch", "merges")}
"""Variable of the project → what stands for it in the statements."""
RAW = "source.medspa.raw."
Kind = Literal["incremental", "whole"]
"""Whether only what was touched is written, or every row of the models anew."""


@dataclass(frozen=True)
class Model:
    """One mart. `before` is run first, in the same transaction; `query` gives the rows to insert.

    `tables` are the raw tables behind it, near and far. `whole`: all its rows are written anew.
    """

    name: str
    relation: str
    columns: tuple[str, ...]
    before: tuple[str, ...]
    query: str
    whole: bool
    tables: frozenset[str]

    def statements(self, values: Mapping[str, object]) -> Iterator[str]:
        """What makes the mart what it should be, with the numbers of a build in their places."""
        if self.whole:
            yield f"delete from {self.relation}"
        for statement in self.before:
            yield _filled(statement, values)
        names = ", ".join(self.columns)
        query = _filled(self.query, values)
        yield f"insert into {self.relation} ({names})\nselect {names} from (\n{query}\n) as rows_of_model"


def behind(models: Collection[Model], moved: Collection[str]) -> tuple[Model, ...]:
    """The models that read one of the raw tables `moved`, each after those it reads."""
    return tuple(model for model in models if not model.tables.isdisjoint(moved))


def written_out(folder: Path, kind: Kind, write: Callable[[], tuple[Model, ...]]) -> tuple[Model, ...]:
    """The marts, each after those it reads; kept in `folder`, made with `write` when they are not."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{project_hash()[:16]}-{_writers()}.{kind}.json"
    with (folder / "statements.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_file():
            part = target.with_suffix(".part")
            part.write_text(json.dumps([asdict(one) for one in write()], default=sorted))
            part.replace(target)
    return _read(target)


@cache
def _writers() -> str:
    """What turns the project into statements: its own sources and the versions of dbt."""
    sources = [Path(__file__), Path(__file__).with_name("dbt.py")]
    versions = [version(one) for one in ("dbt-core", "dbt-postgres")]
    return hashlib.sha256(
        b"".join([*(one.read_bytes() for one in sources), *map(str.encode, versions)])
    ).hexdigest()[:16]


@cache
def _read(path: Path) -> tuple[Model, ...]:
    return tuple(_model(one) for one in json.loads(path.read_text()))


def from_manifest(manifest: Any, built: Kind, render: Callable[[str, Any], str]) -> tuple[Model, ...]:
    """The marts of a project compiled for a kind of build. `render` gives the text of a hook as dbt does."""
    upstream: dict[str, frozenset[str]] = {}
    found = []
    for unique_id in _ordered(manifest):
        node = manifest.nodes[unique_id]
        tables = [upstream.get(one) or _table(one) for one in node.depends_on.nodes]
        upstream[unique_id] = frozenset().union(*tables)
        kind = node.config.materialized
        if kind == "view":
            continue
        if kind not in ("incremental", "table") or node.config.post_hook:
            raise ValueError(
                f"{node.name}: a {kind} or its post-hook has no statements of an incremental build"
            )
        found.append(
            Model(
                name=node.name,
                relation=f"{node.schema}.{node.alias}",
                columns=tuple(node.columns),
                before=tuple(_anywhere(render(hook.sql, node)) for hook in node.config.pre_hook),
                query=_anywhere(node.compiled_code),
                whole=kind == "table" or built == "whole",
                tables=upstream[unique_id],
            )
        )
    return tuple(found)


def _ordered(manifest: Any) -> Iterator[str]:
    """Models of the project, each after those it depends on."""
    models = {name: node for name, node in manifest.nodes.items() if node.resource_type == "model"}
    graph = {name: models[name].depends_on.nodes for name in sorted(models)}
    yield from (name for name in TopologicalSorter(graph).static_order() if name in models)


def _table(source: str) -> frozenset[str]:
    return frozenset([source.removeprefix(RAW)]) if source.startswith(RAW) else frozenset()


def _anywhere(statement: str) -> str:
    return statement.replace(f'"{NO_DATABASE}".', "")


def _filled(statement: str, values: Mapping[str, object]) -> str:
    for name, place in PLACES.items():
        statement = statement.replace(place, str(values[name]).lower())
    return statement


def _model(kept: dict[str, Any]) -> Model:
    lists = {name: tuple(kept[name]) for name in ("columns", "before")}
    return Model(**{**kept, **lists, "tables": frozenset(kept["tables"])})
