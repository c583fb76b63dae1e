"""Values as people read them: amounts in their currency, dates, codes as words. Templates place them."""

from __future__ import annotations

import datetime as dt

from medspa.kernel.money import decimal_text

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
MINUS = "−"
_CAPITALS = {"ar": "AR"}


def money(amount_minor: int, currency: str) -> str:
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{symbol(currency)}{decimal_text(amount_minor, currency, ',')}"


def symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} " if currency else "")


def quantity(milli: int) -> str:
    """Thousandths of a unit as units."""
    return f"{milli / 1000:,.3f}".rstrip("0").rstrip(".")


def day(value: dt.date) -> str:
    return f"{value.day} {value:%b %Y}"


def clock_time(value: dt.datetime) -> str:
    """The time of day of a value that carries its place's offset."""
    return f"{value:%H:%M}"


def words(text: str) -> str:
    """A code of ours as words; what people wrote stays as it is."""
    code = "_" in text and text.replace("_", "").isalnum() and text == text.lower()
    return " ".join(_CAPITALS.get(part, part) for part in text.split("_")) if code else text


def title(text: str) -> str:
    """`words` with a capital, for a cell or a heading."""
    shown = words(text)
    return shown[:1].upper() + shown[1:]
