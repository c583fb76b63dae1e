"""Names and numbers of people who do not exist: made of syllables, telephone numbers kept for fiction."""

from __future__ import annotations

import random

_STARTS = ("Al", "Be", "Cor", "Da", "El", "Fi", "Ga", "Ha", "Ki", "Lo", "Ma", "No", "Ro", "Sa", "Ta", "Vi")
_MIDDLES = ("la", "ri", "ne", "do", "mi", "sa", "ve", "to")
_ENDS = ("n", "ra", "lis", "na", "rin", "sha", "vo", "da")
_FAMILY = ("Ash", "Birch", "Cove", "Dale", "Elm", "Fern", "Glen", "Hill", "Lake", "Marsh", "Oak", "Vale")
_PLACE = ("by", "ford", "ham", "ley", "mere", "ton", "wick", "wood")


class People:
    """A deterministic source of generated clients."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made-up names, nothing secret
        self._made = 0

    def client(self, zip_code: str, **extra: object) -> dict[str, object]:
        """The body of a new client."""
        pick = self._random.choice
        self._made += 1
        first = pick(_STARTS) + pick(_MIDDLES) + pick(_ENDS)
        last = pick(_FAMILY) + pick(_PLACE)
        return {
            "first_name": first,
            "last_name": last,
            # 555-0100 to 555-0199 are kept for fiction.
            "phone": f"+1212555{100 + self._made:04d}",
            "email": f"{first}.{last}.{self._made}@mail.example".lower(),
            "birth_date": f"{self._random.randint(1960, 1999)}-{self._random.randint(1, 12):02d}-15",
            "zip_code": zip_code,
            "source": pick(("walk_in", "referral", "search", "social")),
            **extra,
        }
