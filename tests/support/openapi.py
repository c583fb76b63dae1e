"""Requests made from the OpenAPI document: for tests that call every endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from medspa.kernel.settings import Settings
from tests.support.api import lent

Fill = Callable[[str], str]
"""Field or parameter name → the id to put there."""

TEXTS = ("USD", "NY", "123456", "10001", "code", "CARD-0001", "A-1", "a" * 64, "https://a.example", "Example")
"""Tried on fields with a pattern; a new pattern may need a new one."""


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    definition: dict[str, Any]
    document: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_public(self) -> bool:
        return not self.definition.get("security")

    def parameters(self, where: str) -> list[dict[str, Any]]:
        return [one for one in self.definition.get("parameters", []) if one["in"] == where]

    @property
    def body_schema(self) -> dict[str, Any] | None:
        content = self.definition.get("requestBody", {}).get("content", {})
        schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
        return schema

    def body(self, fill: Fill) -> Any:
        """A body with every required field, and every field that holds ids."""
        return None if self.body_schema is None else self.example("body", self.body_schema, fill)

    def body_ids(self) -> list[str]:
        """The names of the fields of the body that hold ids."""
        names: list[str] = []

        def note(name: str) -> str:
            names.append(name)
            return "00000000-0000-4000-8000-000000000000"

        self.body(note)
        return list(dict.fromkeys(names))

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema or "anyOf" in schema or "oneOf" in schema or "allOf" in schema:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            elif "allOf" in schema:
                schema = schema["allOf"][0]
            else:
                options = schema.get("anyOf") or schema["oneOf"]
                schema = next(one for one in options if one.get("type") != "null")
        return schema

    def holds_ids(self, schema: dict[str, Any], depth: int = 0) -> bool:
        schema = self.resolve(schema)
        if depth > 6:
            return False
        if schema.get("format") == "uuid":
            return True
        inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
        return any(self.holds_ids(one, depth + 1) for one in inner)

    def example(self, name: str, schema: dict[str, Any], fill: Fill) -> Any:
        schema = self.resolve(schema)
        if "const" in schema or "enum" in schema:
            return schema.get("const") or schema["enum"][0]
        kind = schema.get("type")
        if kind == "object":
            required = schema.get("required", [])
            return {
                key: self.example(key, value, fill)
                for key, value in schema.get("properties", {}).items()
                if key in required or self.holds_ids(value)
            }
        if kind == "array":
            return [self.example(name.removesuffix("s"), schema["items"], fill)]
        if kind in ("integer", "number"):
            lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
            return max(1, int(lowest)) if schema.get("maximum", 1) >= 1 else int(lowest)
        return True if kind == "boolean" else self._text(name, schema, fill)

    def _text(self, name: str, schema: dict[str, Any], fill: Fill) -> str:
        form = schema.get("format")
        if form == "uuid":
            return fill(name)
        if form == "date":
            return "2090-01-01" if "until" in name else "2026-03-02"
        if form == "date-time":
            return "2026-03-02T16:00:00Z" if "end" in name or name == "to" else "2026-03-02T15:00:00Z"
        pattern = schema.get("pattern")
        if pattern is None:
            return "name@example.com" if "email" in name else "Example"
        fitting = [one for one in TEXTS if re.search(pattern, one)]
        assert fitting, f"{self}: no text of TEXTS fits {name} ({pattern})"
        return fitting[0]


@cache
def document() -> dict[str, Any]:
    """The document of the operational application, made once for all who read it."""
    with lent(Settings()) as app:
        return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, definition in methods.items():
            yield Operation(method.upper(), path, definition, document)
