"""Which service of the other system is which treatment here: proposed by the import, edited by the user.

The file is YAML: a service's name, and its category, intent, and where known product and area. What starts a
cycle is decided here, so a category that does not exist stops the import.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medspa.kernel.vocabulary import Intent
from operational.importers.errors import MappingRefused

NONE = "none"
"""The intent of what is no treatment: a consultation, a fee."""
UNSURE = "consultation"
_CODE = re.compile(r"[a-z0-9][a-z0-9_.,-]{0,99}")
_TOUCH_UP = re.compile(r"touch[ -]?up|tweak", re.IGNORECASE)
_PRODUCTS = ("Botox", "Dysport", "Xeomin", "Jeuveau", "Daxxify")
_RULES: tuple[tuple[str, str, str], ...] = (
    (r"hylenex|hyaluronidase|dissolv", "filler_lips", "dissolve"),
    (r"consult", "consultation", NONE),
    (r"botox|dysport|xeomin|jeuveau|daxxify|neurotox|\btox\b|lip flip|masseter", "neurotoxin", "full"),
    (r"voluma", "filler_volume", "full"),
    (r"sculptra", "biostimulator_plla", "full"),
    (r"radiesse", "biostimulator_caha", "full"),
    (r"\blip", "filler_lips", "full"),
    (r"filler|juvederm|restylane|rha|versa|cheek|fold", "filler_cheeks", "full"),
    (r"laser hair.*(lip|chin|face|brow)|(lip|chin|face|brow).*laser hair", "laser_hair_face", "full"),
    (r"laser hair.*(leg|back)|(leg|back).*laser hair", "laser_hair_legs_back", "full"),
    (r"laser hair|lhr", "laser_hair_body", "full"),
    (r"\bipl\b|\bbbl\b|photofacial", "ipl", "full"),
    (r"prp.*(hair|scalp)|(hair|scalp).*prp", "prp_hair", "full"),
    (r"prp", "prp_skin", "full"),
    (r"microneedling|skinpen|morpheus", "microneedling", "full"),
    (r"hydrafacial|hydra facial", "hydrafacial", "full"),
    (r"vi peel|tca|medium peel", "peel_medium", "full"),
    (r"peel", "peel_light", "full"),
    (r"coolsculpt|emsculpt|contour", "body_contouring", "full"),
)
_LASER_FIRST = re.compile(r"laser hair|lhr", re.IGNORECASE)
_HEAD = """\
# Each service of the Vagaro export and what it is here. Look through it, correct it, and import again with
# --mapping. category: a treatment category of this organization. intent: full (starts a cycle), touch_up,
# correction, dissolve, review, or none (no treatment record). product and area may be added.
"""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a service of the other system is here; no intent: nothing for the chart."""

    category: str
    intent: Intent | None
    product: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceMapping:
    """The mapping as read, and the digest of what it says."""

    services: Mapping[str, Treatment]
    sha256: str


def propose(service: str) -> Treatment | None:
    """What a service's name suggests; None when it suggests nothing."""
    rules = [one for one in _RULES if one[1].startswith("laser")] if _LASER_FIRST.search(service) else _RULES
    for pattern, category, intent in rules:
        if re.search(pattern, service, re.IGNORECASE):
            chosen = None if intent == NONE else Intent(intent)
            if chosen is Intent.FULL and _TOUCH_UP.search(service):
                chosen = Intent.TOUCH_UP
            product = next((one for one in _PRODUCTS if one.lower() in service.lower()), None)
            return Treatment(category, chosen, product if category == "neurotoxin" else None)
    return None


def proposal(services: Iterable[str]) -> str:
    """The mapping file that the import proposes."""
    lines = [_HEAD, "version: 1\n", "system: vagaro\n", "services:\n"]
    for service in sorted(set(services), key=str.lower):
        found = propose(service)
        what = found or Treatment(UNSURE, None)
        parts = [f"category: {what.category}", f"intent: {what.intent.value if what.intent else NONE}"]
        if what.product:
            parts.append(f"product: {what.product}")
        unsure = "" if found else "  # not recognised: check"
        lines.append(f"  {json.dumps(service, ensure_ascii=False)}: {{{', '.join(parts)}}}{unsure}\n")
    return "".join(lines)


def read(path: Path, categories: Iterable[str], products: Iterable[str]) -> ServiceMapping:
    """The edited mapping. Raises MappingRefused when it names what the organization does not know."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError):
        raise MappingRefused(f"{path.name} cannot be read.") from None
    except yaml.YAMLError:
        raise MappingRefused(f"{path.name} is not valid YAML.") from None
    return parse(document, frozenset(categories), frozenset(products))


def parse(document: Any, categories: frozenset[str], products: frozenset[str]) -> ServiceMapping:
    """The mapping in a YAML document. Raises MappingRefused."""
    if not isinstance(document, dict) or document.get("system") != "vagaro" or document.get("version") != 1:
        raise MappingRefused("A mapping begins with version: 1 and system: vagaro.")
    services = document.get("services")
    if not isinstance(services, dict):
        raise MappingRefused("services: list each service with its category and intent.")
    found = {
        str(name): _treatment(str(name), value, categories, products) for name, value in services.items()
    }
    canonical = json.dumps(document, sort_keys=True, default=str)
    return ServiceMapping(found, hashlib.sha256(canonical.encode()).hexdigest())


def _treatment(name: str, value: Any, categories: frozenset[str], products: frozenset[str]) -> Treatment:
    if not isinstance(value, dict) or not value.keys() <= {"category", "intent", "product", "area"}:
        raise MappingRefused(f"{name}: give category and intent, and if you like product and area.")
    category, intent = value.get("category"), value.get("intent")
    if category not in categories:
        raise MappingRefused(
            f"{name}: names no category of this organization.", {"categories": sorted(categories)}
        )
    if intent not in (NONE, *(one.value for one in Intent)):
        raise MappingRefused(f"{name}: intent is full, touch_up, correction, dissolve, review or none.")
    product, area = value.get("product"), value.get("area")
    if product is not None and product not in products:
        raise MappingRefused(f"{name}: names no product of this organization.")
    if area is not None and not _CODE.fullmatch(str(area)):
        raise MappingRefused(f"{name}: area is a code such as upper_face.")
    return Treatment(
        str(category), None if intent == NONE else Intent(intent), product, str(area) if area else None
    )


def unmapped(mapping: ServiceMapping, services: Iterable[str]) -> list[str]:
    """Services that the mapping does not name."""
    return sorted(set(services) - mapping.services.keys())
