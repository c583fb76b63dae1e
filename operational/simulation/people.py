"""Names and numbers of people who do not exist: made of syllables, telephone numbers kept for fiction."""

from __future__ import annotations

import random

_STARTS = ("Al", "Be", "Cor", "Da", "El", "Fi", "Ga", "Ha", "Ki", "Lo", "Ma", "No", "Ro", "Sa", "Ta", "Vi")
_MIDDLES = ("la", "ri", "ne", "do", "mi", "sa", "ve", "to")
_ENDS = ("n", "ra", "lis", "na", "rin", "sha", "vo", "da")
_FAMILY = ("Ash", "Birch", "Cove", "Dale", "Elm", "Fern", "Glen", "Hill", "Lake", "Marsh", "Oak", "Vale")
_PLACE = ("by", "ford", "ham", "ley", "mere", "ton", "wick", "wood")
_SOURCES = ("walk_in", "referral", "search", "social", "event")
_AREAS = (
    201, 203, 205, 206, 207, 208, 209, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231,
    234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304,
)  # fmt: skip


def person(rng: random.Random, number: int, zip_codes: tuple[str, ...]) -> dict[str, str]:
    """The fields of a new client. 555-0100 to 555-0199 are kept for fiction in every area."""
    first = rng.choice(_STARTS) + rng.choice(_MIDDLES) + rng.choice(_ENDS)
    last = rng.choice(_FAMILY) + rng.choice(_PLACE)
    born = f"{rng.randint(1955, 2001)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    fields = {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}.{number}@mail.example".lower(),
        "birth_date": born,
        "zip_code": rng.choice(zip_codes),
        "source": rng.choice(_SOURCES),
    }
    area, line = divmod(number - 1, 100)
    if area < len(_AREAS):
        fields["phone"] = f"+1{_AREAS[area]}555{100 + line:04d}"
    return fields
