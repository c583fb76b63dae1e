"""What nobody should send, field by field: for tests that put it into every field of every request."""

from __future__ import annotations

import copy
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.support.openapi import Fill, Operation

Path = tuple[str | int, ...]


class Verdict(Enum):
    """What the answer must be: the field named, some refusal, or anything but a failure of ours."""

    NAMED = "named"
    REFUSED = "refused"
    SURVIVED = "survived"


MARKUP = "<script>alert('medspa')</script>"
QUOTES = "Robert'); drop table client; --\""
_NUMBERS_FOR_TEXT = [5, True, [], {}]
_TEXTS = [
    "a\x00b", "a\x07b", "a\x1bb", "a\u202eb", "\u2066a\u2069", "\u200f", "\ud800", "   ", "x" * 100_000,
]  # fmt: skip

NAMED: dict[str, list[Any]] = {
    "integer": [1.5, "one", "1", True, [], {}, float("nan"), float("inf"), 2**63, -(2**63), 10**60],
    "boolean": ["maybe", "true", 5, 1, [], {}],
    "string": [*_NUMBERS_FOR_TEXT, *_TEXTS],
    "enum": [*_NUMBERS_FOR_TEXT, "nothing_known", "", MARKUP],
    "uuid": [*_NUMBERS_FOR_TEXT, "not-an-id", "", QUOTES, "\x00"],
    "date": [*_NUMBERS_FOR_TEXT, 0, 1.5, "0", "2026-02-30", "yesterday", "", MARKUP],
    "date-time": [*_NUMBERS_FOR_TEXT, 0, 1.5, "0", "2026-02-30T10:00:00Z", "noon", "", MARKUP],
    "array": [{}, "x", 5, True],
    "object": [[], "x", 5, True],
}
SURVIVED: dict[str, list[Any]] = {
    "integer": [-1, 0, 2**31, 2**53, None],
    "boolean": [None],
    "string": ["", MARKUP, QUOTES, "%00%s{0}{{7*7}}", "שלום", "e\u0301" * 90, "😀", None],
    "enum": [None],
    "uuid": [None, "00000000-0000-0000-0000-000000000000"],
    "date": ["0001-01-01", "9999-12-31", None],
    "date-time": [
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-08T02:30:00",
        "2026-11-01T01:30:00", "2026-03-02T10:00:00+23:59", None,
    ],
    "array": [[], None],
    "object": [{}, None],
}  # fmt: skip
COMPARED = {"password", "token", "enrolment_token", "organization"}
"""Texts that are only compared: sign-in does not say what is wrong with them."""
MANY = 5_000
"""Longer than any list has to be."""

BODIES: dict[str, tuple[bytes, set[int]]] = {
    "half of it": (b'{"name": "Exam', {400}),
    # An optional body may be nothing; then the stale ETag that is sent along is what is refused.
    "nothing": (b"", {412, 422}),
    "blanks": (b"  ", {400}),
    "null": (b"null", {412, 422}),
    "a list": (b"[]", {422}),
    "a text": (b'"text"', {422}),
    "a number": (b"5", {422}),
    "broken UTF-8": (b'{"name": "\xff\xfe"}', {400}),
    "deep lists": (b"[" * 100_000, {400}),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {400, 422}),
    "a number of many digits": (b'{"a": ' + b"9" * 10_000 + b"}", {400, 422}),
}
"""What → the bytes sent as JSON, and the statuses that answer them."""


@dataclass(frozen=True)
class Bad:
    """A body with one thing wrong."""

    path: Path
    value: Any
    verdict: Verdict
    body: Any

    @property
    def field(self) -> str:
        """The name the problem document gives the field."""
        shown = ""
        for part in self.path:
            shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
        return shown

    def __str__(self) -> str:
        return f"{self.field}={repr(self.value)[:40]}"


def bad_bodies(operation: Operation, fill: Fill) -> Iterator[Bad]:
    """The operation's good body with each field, and each field of each part, spoilt in every way."""
    assert operation.body_schema is not None
    base = operation.body(fill)
    for path, name, schema in _fields(operation, operation.body_schema, ()):
        kind = _kind(schema)
        start = _with(base, path, operation, fill)
        for value in NAMED.get(kind, []):
            if isinstance(value, str) and len(value) > 100 and schema.get("maxLength", 0) >= len(value):
                continue
            opaque = isinstance(value, str) and name in COMPARED
            verdict = Verdict.REFUSED if opaque else Verdict.NAMED
            yield Bad(path, value, verdict, _put(start, path, value))
        for value in SURVIVED.get(kind, []):
            yield Bad(path, value, Verdict.SURVIVED, _put(start, path, value))
        if kind == "uuid":
            unknown = str(uuid.uuid4())
            yield Bad(path, unknown, Verdict.REFUSED, _put(start, path, unknown))
        if name == "currency":
            for value in ("XTS", "ABC", "usd", "US", "$"):
                yield Bad(path, value, Verdict.REFUSED, _put(start, path, value))
        if kind == "array":
            many = [operation.example(name.removesuffix("s"), schema["items"], fill)] * MANY
            yield Bad(path, f"{MANY} items", Verdict.REFUSED, _put(start, path, many))
    yield Bad(("unknown",), 1, Verdict.NAMED, {**base, "unknown": 1})


def _fields(operation: Operation, schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, str, Any]]:
    """Every field below a schema with its resolved schema; of a list, the first item."""
    schema = operation.resolve(schema)
    for name, declared in schema.get("properties", {}).items():
        inner = operation.resolve(declared)
        yield (*path, name), name, inner
        yield from _fields(operation, inner, (*path, name))
        if "items" in inner:
            item = operation.resolve(inner["items"])
            yield (*path, name, 0), name.removesuffix("s"), item
            yield from _fields(operation, item, (*path, name, 0))


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return "enum"
    if schema.get("type") == "string" and schema.get("format") in ("uuid", "date", "date-time"):
        return str(schema["format"])
    if "additionalProperties" in schema and "properties" not in schema:
        return "object"
    return str(schema.get("type"))


def _with(base: Any, path: Path, operation: Operation, fill: Fill) -> Any:
    """`base` with the parts that lead to `path`, where they are optional."""
    body = copy.deepcopy(base)
    here, schema = body, operation.body_schema
    for part, following in itertools.pairwise(path):
        assert schema is not None
        schema = operation.resolve(schema)
        schema = schema["items"] if isinstance(part, int) else schema["properties"][part]
        if isinstance(part, str) and not here.get(part):
            made = operation.example(part, schema, fill)
            here[part] = made if isinstance(following, str) else made or [None]
        here = here[part]
    return body


def _put(body: Any, path: Path, value: Any) -> Any:
    spoilt = copy.deepcopy(body)
    here = spoilt
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return spoilt


PARAMETERS: dict[str, list[str]] = {
    "integer": ["1.5", "one", "-1", "", "1e3", str(2**63), "9" * 5_000, "\x00"],
    "boolean": ["maybe", "5", ""],
    "uuid": ["not-an-id", "5", QUOTES, "a\x00b", "..", "x" * 5_000],
    "date": ["2026-02-30", "yesterday", "2026-13-01", "", "\x00"],
    "date-time": ["2026-02-30T10:00:00Z", "noon", "", "\x00"],
    "enum": ["nothing_known", "", MARKUP, "\x00"],
    "string": ["\x00", "a\x07b", "a\u202eb", MARKUP, QUOTES, "%00", "x" * 5_000, "%", "_", "\\"],
}
"""Kind → values of a parameter of the address, all to be refused but texts."""
EXTREMES: dict[str, list[str]] = {
    "integer": ["0", str(2**31)],
    "date": ["0001-01-01", "9999-12-31", "0", "99999999999"],
    "date-time": [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-03-08T02:30:00",
        "0",
        "1e300",
    ],
    "uuid": ["00000000-0000-0000-0000-000000000000", "{00000000-0000-4000-8000-000000000000}"],
}
HEADERS = {
    "If-Match": [
        '""',
        "*",
        "1",
        '"x"',
        'W/"1"',
        '"' + "9" * 400 + '"',
        "\x7f",
        '"-1"',
        '"99999999999999999999"',
    ],
    "Idempotency-Key": ["", " ", "x" * 256, "\x7f", "\xff"],
    "Authorization": ["Bearer", "Bearer ", "Basic eDp4", "Bearer msk_" + "x" * 5_000, "Bearer \xff"],
}


def bad_parameters(operation: Operation) -> Iterator[tuple[str, str, str, Verdict]]:
    """(where, name, value, verdict) for each parameter of the address, spoilt in every way."""
    for where in ("path", "query"):
        for one in operation.parameters(where):
            kind = _kind(operation.resolve(one["schema"]))
            for value in PARAMETERS.get(kind, []):
                # A path without one of its parts is another path.
                if value not in ("", "..") or where == "query":
                    yield where, one["name"], value, _verdict_of(kind, where)
            for value in EXTREMES.get(kind, []):
                yield where, one["name"], value, Verdict.SURVIVED
            if kind == "uuid":
                yield where, one["name"], str(uuid.uuid4()), Verdict.SURVIVED


def _verdict_of(kind: str, where: str) -> Verdict:
    return Verdict.SURVIVED if kind == "string" and where == "query" else Verdict.REFUSED
