"""What the simulated practice offers: services, products, prices, how often people come for them."""

from __future__ import annotations

from dataclasses import dataclass

PER_UNIT = 0


@dataclass(frozen=True, slots=True)
class Product:
    """Something from the shelf or the fridge. `pack_milli`: how much of it a delivery brings at least."""

    name: str
    category: str | None
    unit: str
    price_minor: int
    retail: bool = False
    pack_milli: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A bookable service. `every_days` is how often it is wanted again; `series` how many belong together."""

    name: str
    category: str
    minutes: int
    price_minor: int
    every_days: int = 0
    series: int = 0
    rest_days: int = 0
    """After a complete series: until the next, single session."""
    laser: bool = False
    charted: bool = True
    exam: bool = False
    products: tuple[str, ...] = ()
    deposit_minor: int = 0
    keeps_card: bool = False
    """Of whoever books it on the public page."""
    clean_minutes: int = 0
    """Afterwards, before the next visit; who is squeezed in comes meanwhile."""


@dataclass(frozen=True, slots=True)
class Dose:
    """How much of a product an area takes, in whole units, and after how many days it is due again."""

    product: str
    area: str
    least: int
    most: int
    due_days: int


PRODUCTS = (
    Product("Botox", "neurotoxin", "unit", 1_400, pack_milli=100_000),
    Product("Dysport", "neurotoxin", "unit", 500, pack_milli=300_000),
    Product("Daxxify", "neurotoxin", "unit", 1_100, pack_milli=100_000),
    Product("Lip filler", "filler_lips", "syringe", 75_000, pack_milli=5_000),
    Product("Cheek filler", "filler_cheeks", "syringe", 82_500, pack_milli=5_000),
    Product("Sunscreen", None, "each", 3_897, retail=True),
    Product("Vitamin C serum", None, "each", 9_200, retail=True),
    Product("Recovery balm", None, "each", 4_450, retail=True),
)

OFFERS = (
    Offer(
        "Neurotoxin",
        "neurotoxin",
        30,
        PER_UNIT,
        exam=True,
        products=("Botox", "Dysport", "Daxxify"),
        deposit_minor=5_000,
    ),
    Offer("Lip filler", "filler_lips", 45, PER_UNIT, 270, exam=True, products=("Lip filler",)),
    Offer("Cheek filler", "filler_cheeks", 45, PER_UNIT, 450, exam=True, products=("Cheek filler",)),
    Offer("Laser hair removal, legs", "laser_hair_legs_back", 60, 22_500, 49, 6, 240, laser=True),
    Offer("Laser hair removal, face", "laser_hair_face", 30, 12_500, 35, 6, 210, laser=True),
    Offer("IPL photofacial", "ipl", 30, 29_500, 28, 4, 180, laser=True),
    Offer("Microneedling", "microneedling", 60, 32_500, 35, 3, 180, clean_minutes=15),
    Offer("HydraFacial", "hydrafacial", 45, 18_900, 35, keeps_card=True, clean_minutes=15),
    Offer("Light peel", "peel_light", 30, 11_000, 24),
    Offer("Consultation", "consultation", 30, 0, charted=False),
)
PACKAGES = {
    "Laser hair removal, legs": ("Laser legs, six sessions", 6, 114_750),
    "HydraFacial": ("HydraFacial, six", 6, 101_000),
    "Microneedling": ("Microneedling, three", 3, 84_900),
}
"""Service → package: its name, sessions and price."""
CLUB, CLUB_OFFER, CLUB_MINOR, CLUB_ACCESS_MINOR = "Glow membership", "HydraFacial", 16_500, 4_000
CLUB_PLUS, CLUB_PLUS_MINOR, CLUB_PLUS_ACCESS_MINOR = "Glow membership plus", 19_500, 8_000
"""A simple membership: each month its price buys one of that service, and benefits worth the last amount."""
BY_NAME = {offer.name: offer for offer in OFFERS}
NEUROTOXIN, CONSULTATION = "Neurotoxin", "Consultation"

DOSES = {
    "Neurotoxin": (
        (6, Dose("Botox", "upper_face", 20, 48, 90)),
        (3, Dose("Dysport", "upper_face", 50, 120, 90)),
        (1, Dose("Daxxify", "upper_face", 40, 60, 165)),
        (1, Dose("Botox", "lip_flip", 4, 6, 60)),
        (1, Dose("Botox", "masseter", 40, 60, 150)),
        (1, Dose("Botox", "axilla", 80, 100, 180)),
    ),
    "Lip filler": ((1, Dose("Lip filler", "lips", 1, 1, 270)),),
    "Cheek filler": ((1, Dose("Cheek filler", "cheeks", 1, 2, 450)),),
}
"""Weighted: how often which product goes where."""

FIRST_WISHES = (
    (44, "Neurotoxin"), (8, "Lip filler"), (3, "Cheek filler"), (7, "Laser hair removal, legs"),
    (4, "Laser hair removal, face"), (6, "IPL photofacial"), (6, "Microneedling"), (14, "HydraFacial"),
    (4, "Light peel"), (4, "Consultation"),
)  # fmt: skip
"""What brings people in, weighted."""

INJECTIONS = ("neurotoxin", "filler_lips", "filler_cheeks", "consultation")
SKIN = ("laser_hair_legs_back", "laser_hair_face", "ipl", "microneedling", "hydrafacial", "peel_light")
ALL_CATEGORIES = (*INJECTIONS, *SKIN)

SEASON = (0.85, 0.9, 1.0, 1.1, 1.2, 0.9, 0.7, 0.75, 1.0, 1.1, 1.3, 1.45)
"""How many come, by month, against the mean."""
SUMMER, SUNNY = (6, 7, 8), ("laser_hair_legs_back", "ipl", "peel_light")
"""Treatments that wait for the summer to end."""
