"""One OpenAPI document of the whole origin, for /docs and for generated clients: both apps' paths in it.

Each app keeps describing itself; here they are only put together.
"""

from __future__ import annotations

import copy
from typing import Any, Protocol, cast

from starlette.applications import Starlette

REFERENCE = "#/components/schemas/"
Document = dict[str, Any]


class Described(Protocol):
    """An application that describes itself."""

    def openapi(self) -> Document: ...


def document_together(operational: Starlette, reporting: Starlette) -> None:
    """From now on the operational app's document describes the reporting app's paths too."""
    desk, reports = cast("Described", operational), cast("Described", reporting)
    own = desk.openapi
    known: list[Document] = []

    def both() -> Document:
        if not known:
            known.append(merged(own(), reports.openapi()))
        return known[0]

    desk.openapi = both  # type: ignore[method-assign]


def merged(document: Document, other: Document, prefix: str = "Reports") -> Document:
    """`document` with the paths of `other`, which take the same credentials.

    A schema whose name both use for different things gets `prefix` in `other`. Raises ValueError when both
    describe one path.
    """
    whole, other = copy.deepcopy(document), copy.deepcopy(other)
    if shared := set(whole["paths"]) & set(other["paths"]):
        raise ValueError(f"two applications describe {sorted(shared)}")
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    others: Document = other.get("components", {}).get("schemas", {})
    names = {
        name: prefix + name if name in schemas and schemas[name] != schema else name
        for name, schema in others.items()
    }
    security: list[Document] = [{name: []} for name in whole["components"].get("securitySchemes", {})]
    for path, operations in _renamed(other["paths"], names).items():
        for operation in operations.values():
            if security:
                operation.setdefault("security", security)
        whole["paths"][path] = operations
    schemas.update({names[name]: _renamed(schema, names) for name, schema in others.items()})
    return whole


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {
            key: REFERENCE + names.get(value.removeprefix(REFERENCE), value.removeprefix(REFERENCE))
            if key == "$ref" and isinstance(value, str)
            else _renamed(value, names)
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_renamed(one, names) for one in part]
    return part
