"""Pure arithmetic of prepaid value: allocation, use, days earned, breakage. No database."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date

from medspa.kernel.money import PPM, round_half_up, split

MICRO = 1_000_000
"""Breakage is carried in millionths of a minor unit, so that the parts of many uses add up."""


def allocate(price_minor: int, standalone_minor: Sequence[int]) -> list[int]:
    """A price over what it buys by stand-alone price, largest remainder; the parts sum to the price."""
    return split(price_minor, standalone_minor)


def released(
    value_minor: int, quantity_milli: int, used_milli: int, released_minor: int, take_milli: int
) -> int:
    """The value that leaves with `take_milli` more: each at the same price, the last takes the remainder."""
    if used_milli + take_milli == quantity_milli:
        return value_minor - released_minor
    return value_minor * take_milli // quantity_milli


def earned(total_minor: int, days: int, of_days: int) -> int:
    """What the first `days` of `of_days` have earned of a total; all of it with the last day."""
    return round_half_up(total_minor * days, of_days)


def breakage_earned(used_minor: int, breakage_ppm: int) -> int:
    """Breakage in proportion to use, in millionths: of S sold r·S is expected not to be used, and using
    (1 − r)·S earns all of it; so each unit used earns r ÷ (1 − r). Negative for a use given back."""
    return round_half_up(used_minor * breakage_ppm * MICRO, PPM - breakage_ppm)


def allowance(entitled_micro: int, unredeemed_minor: int) -> int:
    """What the allowance should hold: what use has earned, never more than what is unredeemed."""
    return max(min(round_half_up(entitled_micro, MICRO), unredeemed_minor), 0)


def months_after(anchor: date, months: int) -> date:
    """The anchor's day of the month `months` later; where there is no such day, the month's last."""
    count = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last))
