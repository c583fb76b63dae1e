"""The contracts of the marts, read from the YAML beside the dbt models. No dbt, no database here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from pipelines.build.project import PROJECT

INTERNAL = "_"
"""Columns that begin so stay in the build schema."""
BY_DATE = ("org_id", "location_id", "business_date")
"""The index by which a report finds its range; a mart's `included_by_date` goes into it."""


@dataclass(frozen=True)
class Column:
    """One column that readers see."""

    name: str
    data_type: str
    required: bool


@dataclass(frozen=True)
class Index:
    """An index of a mart. `includes`: what reports of a range read beside, so that they need no rows."""

    columns: tuple[str, ...]
    includes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """One mart: its columns, the key of its grain, further indexes and its metric declarations."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def incremental(self) -> bool:
        """Its build table is replaced in parts, and each row carries the build that wrote it."""
        return bool(self.meta.get("incremental"))

    @property
    def values(self) -> tuple[str, ...]:
        """The columns outside the key."""
        return tuple(column.name for column in self.columns if column.name not in self.key)


@cache
def load_contracts() -> dict[str, Contract]:
    """Every mart that dbt builds, by name."""
    return {contract.name: contract for contract in _read()}


def _read() -> Iterator[Contract]:
    for path in sorted((PROJECT / "models" / "marts").glob("*/_*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            yield _contract(model)


def _contract(model: dict[str, Any]) -> Contract:
    config = model.get("config", {})
    (key,) = [one["columns"] for one in model["constraints"] if one["type"] == "primary_key"]
    indexes = [tuple(one["columns"]) for one in config.get("indexes", [])]
    meta = config.get("meta", {})
    included = {BY_DATE: tuple(meta.get("included_by_date", ()))}
    return Contract(
        name=model["name"],
        description=model["description"],
        columns=tuple(
            Column(
                name=one["name"],
                data_type=one["data_type"],
                required=any(rule["type"] == "not_null" for rule in one.get("constraints", [])),
            )
            for one in model["columns"]
            if not one["name"].startswith(INTERNAL)
        ),
        key=tuple(key),
        indexes=tuple(
            Index(one, included.get(one, ())) for one in indexes if not one[0].startswith(INTERNAL)
        ),
        meta={**meta, "incremental": ("_build_id",) in indexes},
    )
