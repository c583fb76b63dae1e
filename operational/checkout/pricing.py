"""Pure arithmetic of lines: list, discount, net, tax by jurisdiction, and parts of them to credit.

No database, no permissions. A line that is credited in any number of parts gives back its net price and
its tax exactly, to the cent and per jurisdiction, with the last part.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medspa.kernel.errors import Invalid
from medspa.kernel.money import PPM, at_rate, extend, round_half_up, split


@dataclass(frozen=True, slots=True)
class Rate:
    jurisdiction_id: uuid.UUID
    rate_ppm: int


@dataclass(frozen=True, slots=True)
class TaxPart:
    jurisdiction_id: uuid.UUID
    rate_ppm: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """list = quantity × unit price; net = list − discount; tax on net."""

    list_minor: int
    discount_minor: int
    taxes: tuple[TaxPart, ...]

    @property
    def net_minor(self) -> int:
        return self.list_minor - self.discount_minor

    @property
    def tax_minor(self) -> int:
        return sum(part.tax_minor for part in self.taxes)


def tax_of(net_minor: int, rates: Sequence[Rate]) -> tuple[TaxPart, ...]:
    """The combined rate of the jurisdictions, rounded half up once, split by largest remainder."""
    charged = [rate for rate in rates if rate.rate_ppm > 0]
    if not charged:
        return ()
    total = at_rate(net_minor, sum(rate.rate_ppm for rate in charged))
    parts = split(total, [rate.rate_ppm for rate in charged])
    return tuple(
        TaxPart(rate.jurisdiction_id, rate.rate_ppm, part) for rate, part in zip(charged, parts, strict=True)
    )


def discount_of(list_minor: int, *, amount_minor: int | None = None, percent_ppm: int | None = None) -> int:
    """A discount given as an amount or as parts per million of the list price."""
    if percent_ppm is not None:
        return round_half_up(list_minor * percent_ppm, PPM)
    discount = amount_minor or 0
    if discount > list_minor:
        raise Invalid("A discount cannot be more than the line's list price.", {"list_minor": list_minor})
    return discount


def price(
    quantity_milli: int,
    unit_price_minor: int,
    rates: Sequence[Rate],
    *,
    discount_minor: int = 0,
    covered_minor: int = 0,
) -> Price:
    """`covered_minor`: prepaid value that is taxed now, when it is used."""
    listed = extend(quantity_milli, unit_price_minor)
    return Price(listed, discount_minor, tax_of(listed - discount_minor + covered_minor, rates))


def tax_to_credit(line_net: int, line_tax: int, credited_net: int, credited_tax: int, now_net: int) -> int:
    """The tax that goes back with `now_net` more of a line's net price.

    Computed on the running total, so that the last part gives back exactly what is left.
    """
    if line_net == 0:
        return line_tax - credited_tax
    return round_half_up(line_tax * (credited_net + now_net), line_net) - credited_tax


def split_remaining(total: int, remaining: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    """Split over what is left per key; no part exceeds its key's rest, and all are used up at the end.

    Splitting by the rest (not by the original parts) keeps every part within its rest: the exact share
    `total × rest ÷ Σ rests` is at most the integer `rest`, so its rounding up is too.
    """
    keys = sorted(remaining)
    if total == 0 or not keys:
        return {}
    parts = split(total, [remaining[key] for key in keys])
    return {key: part for key, part in zip(keys, parts, strict=True) if part}
