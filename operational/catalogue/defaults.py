"""The treatment cycles that are usual in the trade, to start from. The organization edits them afterwards."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission, UnitKind
from operational.identity.access import Actor
from operational.models.catalogue import Product, TreatmentCategory


class Cycle(NamedTuple):
    """Days after a full treatment: due, may be contacted from and until, may be repeated from."""

    due: int | None = None
    contact_from: int | None = None
    contact_until: int | None = None
    earliest: int | None = None

    def columns(self) -> dict[str, int | None]:
        return {
            "cycle_days": self.due,
            "contact_from_days": self.contact_from,
            "contact_until_days": self.contact_until,
            "earliest_days": self.earliest,
        }


def _around(due: int, before: int, after: int) -> Cycle:
    return Cycle(due, due - before, due + after)


NEUROTOXIN = Cycle(90, 84, 120, 90)
LONG_NEUROTOXIN = Cycle(165, 150, 180, 90)

CATEGORIES: dict[str, tuple[str, Cycle]] = {
    "neurotoxin": ("Neurotoxin", NEUROTOXIN),
    "filler_lips": ("HA filler, lips", _around(270, 30, 90)),
    "filler_cheeks": ("HA filler, folds and cheeks", _around(450, 30, 90)),
    "filler_volume": ("HA filler, volume", _around(720, 30, 90)),
    "biostimulator_caha": ("Calcium hydroxylapatite", _around(450, 30, 90)),
    "biostimulator_plla": ("Poly-L-lactic acid", _around(720, 30, 90)),
    "laser_hair_face": ("Laser hair removal, face", _around(35, 14, 14)),
    "laser_hair_body": ("Laser hair removal, body", _around(42, 14, 14)),
    "laser_hair_legs_back": ("Laser hair removal, legs and back", _around(49, 14, 14)),
    "ipl": ("IPL", _around(28, 7, 7)),
    "microneedling": ("Microneedling", _around(35, 7, 7)),
    "prp_skin": ("PRP, skin", _around(35, 7, 7)),
    "prp_hair": ("PRP, hair", _around(35, 7, 7)),
    "peel_light": ("Light peel", _around(21, 7, 7)),
    "hydrafacial": ("HydraFacial", _around(35, 7, 7)),
    # Due after 90 to 180 days, a week either way.
    "peel_medium": ("Medium peel", Cycle(90, 83, 187)),
    "body_contouring": ("Body contouring", _around(56, 0, 28)),
    "consultation": ("Consultation", Cycle()),
    "skincare": ("Skin care, retail", Cycle()),
}

PRODUCTS: dict[str, Cycle] = {
    "Botox": NEUROTOXIN,
    "Dysport": NEUROTOXIN,
    "Xeomin": NEUROTOXIN,
    "Jeuveau": NEUROTOXIN,
    "Daxxify": LONG_NEUROTOXIN,
}
"""Neurotoxins by the unit. They come without a price and inactive: the practice sets its own."""


def load_defaults(session: Session, actor: Actor) -> tuple[int, int]:
    """(categories, products) added. Loading again adds only what is missing."""
    actor.require_everywhere(Permission.CATALOGUE_MANAGE)
    present = dict(session.execute(select(TreatmentCategory.code, TreatmentCategory.id)).all())
    added = [
        TreatmentCategory(org_id=actor.org_id, code=code, name=name, **cycle.columns())
        for code, (name, cycle) in CATEGORIES.items()
        if code not in present
    ]
    session.add_all(added)
    session.flush()
    present |= {row.code: row.id for row in added}
    names = set(session.scalars(select(Product.name).where(Product.name.in_(PRODUCTS))))
    products = [
        Product(
            org_id=actor.org_id,
            category_id=present["neurotoxin"],
            name=name,
            unit=UnitKind.UNIT,
            price_minor=0,
            is_retail=False,
            tax_class="service",
            active=False,
            **cycle.columns(),
        )
        for name, cycle in PRODUCTS.items()
        if name not in names
    ]
    session.add_all(products)
    session.flush()
    return len(added), len(products)
