"""The glossary: every metric with its definition, from the declarations, as a page of docs and of the web.

Run as a module to rewrite docs/glossary.md; a test fails when it differs. Nothing is defined here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reporting_api.catalog import metrics

PAGE = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"
_AREAS = {"money": "Money", "operations": "Operations", "clients": "Clients", "core": "Reference"}
_UNITS = {
    "minor": "minor units of the currency",
    "count": "count",
    "ratio": "ratio (empty when there is nothing to divide by)",
    "days": "days",
}
_INTRODUCTION = (
    "Every figure of the reports has one definition: the declaration of its metric beside the mart it is"
    " computed from. This page is made from those declarations, and `/v1/metrics` lists them."
)


def _areas() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for metric in sorted(metrics().values(), key=lambda one: str(one["label"]).lower()):
        found.setdefault(metric["area"], []).append(metric)
    return {area: found[area] for area in sorted(found, key=lambda one: _AREAS.get(one, one))}


def _facts(metric: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("Formula", str(metric["formula"])),
        ("Unit", _UNITS.get(metric["unit"], metric["unit"])),
        ("Grain", str(metric["grain"])),
        ("Split by", ", ".join(metric["dimensions"]) or "nothing"),
        ("Mart", str(metric["mart"])),
        ("Version", str(metric["version"])),
    ]
    return [("As of", "a date: rows up to it count"), *facts] if metric.get("as_of") else facts


def as_markdown() -> str:
    lines = [
        "# Glossary",
        "",
        "<!-- Made from the metrics' declarations: python -m reporting_api.glossary -->",
        "",
        _INTRODUCTION,
    ]
    for area, declared in _areas().items():
        lines += ["", f"## {_AREAS.get(area, area.capitalize())}"]
        for metric in declared:
            lines += ["", f"### {metric['label']}", "", f"`{metric['name']}`: {_sentence(metric)}", ""]
            lines += [f"- {title}: {text}" for title, text in _facts(metric)]
    return "\n".join(lines) + "\n"


def shown() -> dict[str, Any]:
    """What the web's page of it shows: introduction, and per area (name, [(metric, sentence, facts)])."""
    return {
        "introduction": _INTRODUCTION.replace("`", ""),
        "areas": [
            (_AREAS.get(area, area.capitalize()), [(one, _sentence(one), _facts(one)) for one in declared])
            for area, declared in _areas().items()
        ],
    }


def _sentence(metric: dict[str, Any]) -> str:
    text = " ".join(str(metric["description"]).split())
    return text if text.endswith(".") else f"{text}."


if __name__ == "__main__":
    PAGE.write_text(as_markdown())
