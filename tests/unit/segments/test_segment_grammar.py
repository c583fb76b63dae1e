"""Segment definitions: what is refused, what is compiled, and with which dates."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from pydantic import ValidationError

from segments.catalogue import definition, definitions
from segments.compile import compile_segment
from segments.grammar import SegmentDefinition, UnknownSegment

ORG = uuid.UUID("018f0000-0000-7000-8000-000000000001")

GOOD: dict[str, Any] = {
    "code": "due_soon",
    "version": 1,
    "group": "cycle",
    "label": "Due soon",
    "description": "Clients whose cycle comes due soon.",
    "mart": "client_cycle",
    "where": [{"field": "due_on", "from_day": 0, "to_day": 14}],
    "due_on": "due_on",
    "reason": "due",
}


def test_the_shipped_neurotoxin_segment_asks_for_fourteen_days_from_the_date() -> None:
    compiled = compile_segment(definition("neurotoxin_due_14_days"), ORG, dt.date(2026, 3, 2))
    assert compiled.parameters == {
        "reason": "neurotoxin_due",
        "p0": ["neurotoxin"],
        "org": ORG,
        "p1": ["running"],
        "p2a": dt.date(2026, 3, 2),
        "p2b": dt.date(2026, 3, 16),
    }
    assert "m.due_on >= %(p2a)s and m.due_on < %(p2b)s" in compiled.sql


def test_every_shipped_definition_is_valid_and_known_by_its_code() -> None:
    assert definitions()
    assert all(code == one.code for code, one in definitions().items())


def test_an_unknown_segment_names_the_known_ones() -> None:
    with pytest.raises(UnknownSegment) as caught:
        definition("nobody")
    assert "neurotoxin_due_14_days" in caught.value.detail


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"where": [{"field": "first_name", "known": True}]}, "has no field first_name"),
        ({"where": [{"field": "due_on; drop table x", "known": True}]}, "has no field"),
        ({"where": [{"field": "category_code", "from_day": 0, "to_day": 1}]}, "is a word, not a date"),
        ({"where": [{"field": "due_on", "from_day": 3, "to_day": 3}]}, "from_day must be before to_day"),
        ({"where": []}, "at least 1 item"),
        ({"due_on": "category_code"}, "must name a date"),
        ({"mart": "client"}, "client_cycle"),
        ({"sql": "select 1"}, "Extra inputs"),
    ],
)
def test_a_definition_outside_the_grammar_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SegmentDefinition.model_validate(GOOD | change)
    assert says in str(caught.value)


def test_values_are_bound_never_written_into_the_sql() -> None:
    hostile = "x' or 'a'='a"
    asked = {"where": [{"field": "category_code", "one_of": [hostile]}]}
    one = SegmentDefinition.model_validate(GOOD | asked)
    compiled = compile_segment(one, ORG, dt.date(2026, 3, 2))
    assert hostile not in compiled.sql
    assert compiled.parameters["p0"] == [hostile]
