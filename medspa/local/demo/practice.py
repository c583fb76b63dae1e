"""Sets the demonstration's practice up over HTTP: books, places, people, prices, forms and stock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import httpx

from medspa.local.demo.desk import Desk, SimulatedClock

TIMEZONE = "America/New_York"
CURRENCY = "USD"
OPEN_MINUTE, CLOSE_MINUTE = 8 * 60, 20 * 60
FAR = dt.timedelta(days=730)
INJECTED, LIGHT, SKIN = "neurotoxin", "laser_hair_legs_back", "hydrafacial"
FILLER = "filler_lips"


@dataclass
class Practice:
    """Ids by name of what was set up, and a desk per role."""

    owner: Desk
    front: Desk
    nurse: Desk
    manager: Desk
    clock: SimulatedClock
    entity: str = ""
    merchant: str = ""
    places: dict[str, str] = field(default_factory=dict)
    drawers: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    lots: dict[tuple[str, str], str] = field(default_factory=dict)
    consent: str = ""


def set_up(
    http: httpx.Client, key: str, clock: SimulatedClock, first_day: dt.date, last_day: dt.date
) -> Practice:
    """Everything that must stand before the first client comes."""
    owner = Desk(http, key)
    practice = Practice(owner, owner, owner, owner, clock)
    _books_and_places(practice, first_day)
    _catalogue(practice)
    _people(practice, http, first_day, last_day)
    _stock(practice, last_day)
    return practice


def _books_and_places(practice: Practice, first_day: dt.date) -> None:
    owner = practice.owner
    practice.entity = owner.post(
        "/v1/legal-entities", {"name": "Aesthetic Practice PC", "currency": CURRENCY}
    )["id"]
    practice.merchant = owner.post(
        "/v1/merchant-accounts", {"legal_entity_id": practice.entity, "name": "Card account"}
    )["id"]
    taxes = {
        "NORTH": ("NY", [("State", 40_000), ("City", 48_750)]),
        "SOUTH": ("NJ", [("State", 66_250)]),
    }
    for code, (state, rates) in taxes.items():
        place = owner.post(
            "/v1/locations",
            {
                "legal_entity_id": practice.entity,
                "name": f"{code.title()} Studio",
                "code": code,
                "timezone": TIMEZONE,
                "state": state,
                "notice_minutes": 24 * 60,
                "no_show_fee_minor": 5_000,
                "late_cancel_fee_minor": 4_000,
                "cash_step_minor": 5,
                "invoice_due_days": 14,
            },
        )["id"]
        practice.places[code] = place
        hours = [
            {"weekday": day, "opens_minute": OPEN_MINUTE, "closes_minute": CLOSE_MINUTE} for day in range(7)
        ]
        owner.edit("PUT", f"/v1/locations/{place}/hours", {"hours": hours})
        for name, rate in rates:
            jurisdiction = owner.post(f"/v1/locations/{place}/tax-jurisdictions", {"name": name})["id"]
            owner.post(
                f"/v1/tax-jurisdictions/{jurisdiction}/rates",
                {"tax_class": "goods", "rate_ppm": rate, "valid_from": first_day.isoformat()},
            )
        practice.drawers[code] = owner.post(f"/v1/locations/{place}/drawers", {"name": "Front desk"})["id"]
        for kind, name, tag in (
            ("room", "Room 1", "treatment"),
            ("room", "Room 2", "treatment"),
            ("device", "Laser", "laser"),
        ):
            owner.post("/v1/resources", {"location_id": place, "kind": kind, "name": name, "tag": tag})


def _catalogue(practice: Practice) -> None:
    owner = practice.owner
    owner.post("/v1/catalogue/defaults")
    practice.categories = {one["code"]: one["id"] for one in owner.everything("/v1/treatment-categories")}
    template = owner.post("/v1/consent-templates", {"name": "Treatment consent", "valid_days": 365})
    practice.consent = template["id"]
    owner.post(
        f"/v1/consent-templates/{practice.consent}/versions",
        {
            "body": "I was told what the treatment does, what it may do wrong, and what else could be done.",
            "disclosure": "You may ask for a paper copy and withdraw this consent at any time.",
        },
    )
    known = {one["name"]: one for one in owner.everything("/v1/products")}
    for name, category, unit, price, retail in (
        ("Botox", INJECTED, "unit", 1_400, False),
        ("Dysport", INJECTED, "unit", 500, False),
        ("Lip filler", FILLER, "syringe", 75_000, False),
        ("Sunscreen", None, "each", 3_897, True),
    ):
        if name in known:
            path = f"/v1/products/{known[name]['id']}"
            practice.products[name] = owner.edit("PATCH", path, {"price_minor": price})["id"]
            continue
        practice.products[name] = owner.post(
            "/v1/products",
            {
                "name": name,
                "category_id": practice.categories[category] if category else None,
                "unit": unit,
                "price_minor": price,
                "is_retail": retail,
                "tax_class": "goods" if retail else "service",
            },
        )["id"]
    room = [{"kind": "room", "tag": "treatment"}]
    for name, category, price, by_unit, needs in (
        ("Neurotoxin", INJECTED, 0, True, room),
        ("Lip filler", FILLER, 0, True, room),
        ("Laser hair removal", LIGHT, 22_500, False, [*room, {"kind": "device", "tag": "laser"}]),
        ("Facial", SKIN, 18_900, False, room),
    ):
        practice.services[name] = owner.post(
            "/v1/services",
            {
                "name": name,
                "category_id": practice.categories[category],
                "provider_minutes": 30,
                "price_minor": price,
                "billed_by_unit": by_unit,
                "tax_class": "service",
                "needs_treatment_record": True,
                "consent_template_id": practice.consent,
                "needs": needs,
            },
        )["id"]


def _people(practice: Practice, http: httpx.Client, first_day: dt.date, last_day: dt.date) -> None:
    owner = practice.owner
    roles = {one["name"]: one for one in owner.everything("/v1/roles")}
    for label, role, provider in (
        ("Nurse", "Provider", True),
        ("Front desk", "Front desk", False),
        ("Manager", "Manager", False),
    ):
        email = f"{label.lower().replace(' ', '.')}@practice.example"
        body = {
            "label": label,
            "email": email,
            "is_provider": provider,
            "roles": [{"role_id": roles[role]["id"], "location_id": None}],
        }
        hired = owner.post("/v1/staff", body)
        practice.staff[label] = hired["staff_id"]
    nurse = practice.staff["Nurse"]
    for place in practice.places.values():
        for category in (INJECTED, FILLER, LIGHT, SKIN):
            owner.post(
                f"/v1/staff/{nurse}/credentials",
                {
                    "category_id": practice.categories[category],
                    "location_id": place,
                    "licence_number": "RN-0000",
                    "valid_from": first_day.isoformat(),
                    "valid_until": (last_day + FAR).isoformat(),
                },
            )
    for role, name in (("Front desk", "front"), ("Provider", "nurse"), ("Manager", "manager")):
        made: dict[str, Any] = owner.post(
            "/v1/api-keys", {"name": f"{role} terminal", "scopes": roles[role]["permissions"]}
        )
        setattr(practice, name, Desk(http, made["key"]))


def _stock(practice: Practice, last_day: dt.date) -> None:
    for code, place in practice.places.items():
        for product, quantity in (("Botox", 200_000), ("Dysport", 300_000), ("Lip filler", 10_000)):
            practice.lots[code, product] = practice.manager.post(
                "/v1/lots",
                {
                    "product_id": practice.products[product],
                    "location_id": place,
                    "lot_number": f"{code[0]}{product[:2].upper()}-4471",
                    "expires_on": (last_day + dt.timedelta(days=300)).isoformat(),
                    "quantity_milli": quantity,
                },
            )["id"]
