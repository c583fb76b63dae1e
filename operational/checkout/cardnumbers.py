"""Keeps card numbers out: any text of a request that could be one is refused, unread and unrepeated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from operational.checkout.errors import CardNumberRefused

_CANDIDATE = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
"""13 to 19 digits, as people type them: with single blanks or hyphens."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def passes_luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def holds_card_number(text: str) -> bool:
    """True when 13 to 19 digits in a row (blanks and hyphens aside) pass the Luhn check.

    Ids are let through: one UUID in some five hundred holds such a row by chance.
    """
    if _UUID.fullmatch(text):
        return False
    return any(passes_luhn(re.sub(r"[ -]", "", found)) for found in _CANDIDATE.findall(text))


def refuse_card_numbers(value: object) -> None:
    """Walk a parsed request. Raises CardNumberRefused; the number is not part of the error."""
    if isinstance(value, str):
        if holds_card_number(value):
            raise CardNumberRefused
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**12 and holds_card_number(str(abs(value))):
            raise CardNumberRefused
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            refuse_card_numbers(str(key))
            refuse_card_numbers(inner)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for inner in value:
            refuse_card_numbers(inner)
