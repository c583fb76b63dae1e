"""How a visit is paid: tender, tip, discount, goods, gift cards; and what comes after. Pure."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from operational.simulation.events import BillPlan, PayHow
from operational.simulation.wishes import weighted

HOW: tuple[tuple[int, PayHow], ...] = (
    (620, "card"), (140, "cash"), (60, "check"), (60, "split"), (50, "part"), (15, "declined"),
    (8, "unanswered"), (35, "nothing"),
)  # fmt: skip
LATER: tuple[tuple[int, PayHow], ...] = ((6, "card"), (2, "check"), (2, "cash"))
BRANDS = ((6, "tok_visa"), (3, "tok_mastercard"), (1, "tok_amex"))
TIPS = ((5, 0), (2, 100_000), (3, 150_000), (2, 200_000))
DISCOUNTS = (
    (6, ("promotion", 100_000)), (2, ("courtesy", 50_000)), (1, ("employee", 250_000)),
    (1, ("promotion", 200_000)),
)  # fmt: skip
GOODS = ((3, "Sunscreen"), (2, "Vitamin C serum"), (2, "Recovery balm"))
GIFT_SHARE = {12: 0.12, 5: 0.05}
"""By month; in others one in a hundred."""
PACKAGE_SHARE, PACKAGE_REFUNDED = 0.35, 0.12
PAYS_LATER, PAYS_FEE, FEE_WAIVED, REFUNDED = 0.68, 0.5, 0.15, 0.022


@dataclass
class Bills:
    """Plans bills one after another; remembers the gift cards that are out."""

    rng: random.Random
    slug: str
    _cards: list[tuple[dt.datetime, str, int]] = field(default_factory=list)
    _sold: int = 0
    _packages: set[tuple[int, str]] = field(default_factory=set)

    def of_visit(self, arrives: dt.datetime, finishes: dt.datetime, buyer: int, intent: str) -> BillPlan:
        rng = self.rng
        bill = BillPlan(weighted(rng, HOW), weighted(rng, BRANDS), weighted(rng, TIPS))
        if intent == "touch_up":
            # Half of the touch-ups are a courtesy.
            bill.discount = ("courtesy", 1_000_000) if rng.random() < 0.5 else None
        elif rng.random() < 0.07:
            bill.discount = weighted(rng, DISCOUNTS)
        if rng.random() < 0.14:
            bill.goods = tuple({weighted(rng, GOODS): None for _ in range(rng.randint(1, 2))})
        if rng.random() < GIFT_SHARE.get(finishes.month, 0.01):
            bill.sells_card = self._sell(finishes, buyer)
            bill.how = "card"
        elif rng.random() < 0.25:
            bill.uses_card = self._use(arrives, buyer)
        return bill

    def sell_package(self, bill: BillPlan, buyer: int, offer: str) -> bool:
        """Some who come for a series, or often, buy sessions ahead, once, and pay at once."""
        if bill.sells_card or bill.uses_card or (buyer, offer) in self._packages:
            return False
        if self.rng.random() >= PACKAGE_SHARE:
            return False
        self._packages.add((buyer, offer))
        bill.sells_package, bill.how, bill.discount = offer, "card", None
        return True

    def _sell(self, at: dt.datetime, buyer: int) -> tuple[str, int]:
        self._sold += 1
        value = self.rng.choice((10_000, 15_000, 20_000, 25_000))
        code = f"GIFT-{self._sold:04d}-{self.rng.randint(0, 0xFFFFFF):06X}"
        self._cards.append((at, code, buyer))
        return code, value

    def _use(self, at: dt.datetime, client: int) -> str | None:
        """A card somebody else bought before; most are used up at once or forgotten."""
        usable = [one for one in self._cards if one[0] < at and one[2] != client]
        if not usable:
            return None
        chosen = self.rng.choice(usable)
        if self.rng.random() < 0.6:
            self._cards.remove(chosen)
        return chosen[1]
