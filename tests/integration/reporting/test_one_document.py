"""The interactive documentation of the whole origin: one document with every endpoint of both apps."""

from __future__ import annotations

from typing import Any, cast

import pytest
from fastapi import FastAPI

from medspa.kernel.settings import Settings
from medspa.local.reporting import create_reporting_app
from medspa.local.web import create_web_app
from medspa.local.web_docs import Described, merged
from operational.app import create_app
from tests.support.web import serving


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(one) for one in part.values())) if part else own
    if isinstance(part, list):
        return set().union(*(references(one) for one in part)) if part else set()
    return set()


def operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path, method) for path, methods in document["paths"].items() for method in methods}


def test_the_page_shows_reports_beside_everything_else(settings: Settings) -> None:
    with serving(lambda: create_web_app(settings)) as server, server.client() as client:
        start = client.get("/docs/start.js").text
        assert '"url": "openapi.json"' in start
        document = client.get("/openapi.json").json()
        again = client.get("/openapi.json").json()
        alone = client.get("/v1/reports/openapi.json").json()
    assert again == document
    desk, reports = (
        create_app(settings).openapi(),
        cast("Described", create_reporting_app(settings)).openapi(),
    )
    assert operations(document) == operations(desk) | operations(reports)
    assert operations(alone) == operations(reports)
    assert ("/v1/reports", "get") in operations(document)
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= named
    ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


def test_reports_are_tried_with_the_same_credentials(settings: Settings) -> None:
    desk, reports = (
        create_app(settings).openapi(),
        cast("Described", create_reporting_app(settings)).openapi(),
    )
    document = merged(desk, reports)
    assert document["paths"]["/v1/reports"]["get"]["security"] == [{"ApiKey": []}, {"Session": []}]


def test_a_name_that_means_two_things_keeps_both() -> None:
    one, other = FastAPI(), FastAPI()
    thing, reference = {"type": "string"}, {"$ref": "#/components/schemas/Thing"}
    first = {**one.openapi(), "paths": {"/a": {"get": {}}}, "components": {"schemas": {"Thing": {}}}}
    second = {
        **other.openapi(), "paths": {"/b": {"get": {"schema": reference}}}, "components": {
            "schemas": {"Thing": thing, "Pair": {"items": [reference]}}
        },
    }  # fmt: skip
    document = merged(first, second)
    renamed = {"$ref": "#/components/schemas/ReportsThing"}
    assert document["components"]["schemas"] == {
        "Thing": {},
        "ReportsThing": thing,
        "Pair": {"items": [renamed]},
    }
    assert document["paths"]["/b"]["get"]["schema"] == renamed
    with pytest.raises(ValueError, match="/a"):
        merged(first, first)
