"""Every answer that can show who a client is, or what was done, goes through the audit."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from medspa.kernel.phi import Phi, phi_of
from medspa.kernel.settings import Settings
from operational.app import create_app
from operational.models import Base
from operational.privacy.columns import audited_columns
from operational.privacy.schemas import PhiSchema

IDENTIFYING = frozenset(
    column.name
    for table in Base.metadata.tables.values()
    if table.name in audited_columns()
    for column in table.columns
    if phi_of(column) in (Phi.DIRECT, Phi.QUASI, Phi.FREE_TEXT)
)
"""Names of columns of audited tables that identify a person or may say anything about them."""

NOT_ABOUT_CLIENTS = {
    ("VersionOut", "body"): "the practice's own wording of a form",
    ("OfferPolicy", "body"): "the practice's own words for visitors",
    ("TextOut", "body"): "the practice's own words for visitors",
    ("OnlineSettingsOut", "address"): "where the practice is",
}


def routes(tmp_path: Path) -> list[APIRoute]:
    app = create_app(Settings(home=tmp_path))
    return [route for route in _flat(app.routes) if isinstance(route, APIRoute)]


def _flat(found: Any) -> Iterator[Any]:
    for route in found:
        if hasattr(route, "original_router"):
            yield from _flat(route.original_router.routes)
        else:
            yield route


def models_in(annotation: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    """Every model that an annotation can hold, itself included."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for part in typing.get_args(annotation):
            yield from models_in(part, seen)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation, seen)


def open_answers(found: list[Any]) -> set[tuple[str, str]]:
    """(model, field) of answers that name an identifying field without being a PhiSchema."""
    return {
        (model.__name__, name)
        for annotation in found
        for model in models_in(annotation, set())
        if not issubclass(model, PhiSchema)
        for name in model.model_fields
        if name in IDENTIFYING
    }


def test_answers_that_identify_are_phi_schemas(tmp_path: Path) -> None:
    found = [route.response_model for route in routes(tmp_path)]
    assert len(found) > 60
    assert open_answers(found) == set(NOT_ABOUT_CLIENTS)


class Card(BaseModel):
    """What a careless endpoint would answer."""

    id: int
    last_name: str


@pytest.mark.parametrize("annotation", [Card, list[Card], Card | None, dict[str, list[Card]]])
def test_a_careless_answer_is_found(annotation: Any) -> None:
    assert open_answers([annotation]) == {("Card", "last_name")}


def test_the_identifying_fields_are_the_ones_we_think_of() -> None:
    assert {
        "first_name",
        "last_name",
        "email",
        "phone",
        "birth_date",
        "zip_code",
        "body",
        "details",
    } <= IDENTIFYING
