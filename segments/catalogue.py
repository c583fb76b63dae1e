"""Loads the shipped definitions. Definitions that an organization makes itself are not here."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from segments.grammar import SegmentDefinition, UnknownSegment


@cache
def definitions() -> dict[str, SegmentDefinition]:
    """Code → definition. Raises pydantic.ValidationError naming the file's fault."""
    found: dict[str, SegmentDefinition] = {}
    for path in sorted(resources.files("segments").joinpath("definitions").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".yaml"):
            definition = SegmentDefinition.model_validate(yaml.safe_load(path.read_text()))
            found[definition.code] = definition
    return found


def definition(code: str) -> SegmentDefinition:
    """Raises UnknownSegment."""
    try:
        return definitions()[code]
    except KeyError:
        raise UnknownSegment(f"Known segments: {', '.join(definitions())}.") from None
