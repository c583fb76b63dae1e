"""What FastAPI's OpenAPI document lacks: problem documents as such, and the answers that ETags add."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from operational.problems import MEDIA_TYPE, Problem

SCHEMA = {"$ref": "#/components/schemas/Problem"}
EVERYWHERE = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)
WITH_IF_MATCH = (412, 428)


def problem_response(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}


RESPONSES: dict[int | str, dict[str, Any]] = {status: problem_response(status) for status in EVERYWHERE}


def install(app: FastAPI) -> None:
    """Complete the document when it is first asked for."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        known = app.openapi_schema
        if known is None:
            known = generate()
            _complete(known)
        return known

    app.openapi = complete  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    for operations in document["paths"].values():
        for operation in operations.values():
            names = {one["name"] for one in operation.get("parameters", [])}
            if "If-Match" in names:
                operation["responses"] |= {str(one): problem_response(one) for one in WITH_IF_MATCH}
