"""The project as dbt parsed it, kept in a file: parsing costs many times what reading that costs.

dbt writes the name of the database into every node. What is kept names none; `of` puts the one asked for in.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.build.project import PROJECT

NO_DATABASE = "no_database"
NO_DSN = f"postgresql://nobody@127.0.0.1:1/{NO_DATABASE}"
"""What the project is parsed with; nothing is connected to."""


@cache
def project_hash() -> str:
    """SHA-256 over the project's files: another one means that every model is built from nothing."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT.rglob("*")):
        if path.is_file() and path.suffix in {".sql", ".yml"} and "target" not in path.parts:
            digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def of(database: str, folder: Path, parse: Callable[[], Any]) -> Any:
    """The parsed project for a database: kept in `folder`, made with `parse` when it is not."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    kept = _kept(folder, parse).read_bytes()
    manifest = Manifest.from_msgpack(kept, decoder=extended_mashumuro_decoder)
    for node in itertools.chain(manifest.nodes.values(), manifest.sources.values()):
        node.database = database
        if node.relation_name is not None:
            node.relation_name = node.relation_name.replace(f'"{NO_DATABASE}"', f'"{database}"', 1)
    manifest.build_flat_graph()
    return manifest


def as_json(database: str, folder: Path, parse: Callable[[], Any]) -> str:
    """The same as the text of dbt's manifest.json, for programs that read one."""
    text = _kept(folder, parse).with_suffix(".json").read_text()
    return text.replace(NO_DATABASE, database)


def _kept(folder: Path, parse: Callable[[], Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{project_hash()[:16]}-{version('dbt-core')}.msgpack"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_file():
            from dbt.parser.manifest import extended_mashumaro_encoder

            manifest = parse()
            # dbt writes it out only where it has just parsed it.
            manifest.write(str(target.with_suffix(".json")))
            part = target.with_suffix(".part")
            part.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))
            part.replace(target)
    return target
