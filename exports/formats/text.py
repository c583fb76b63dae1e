"""Text that every format shares: amounts and cells. Nothing of one format only."""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def amount(minor: int) -> str:
    """Minor units as a decimal with two places: -1234 → `-12.34`."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def minor(text: str) -> int:
    """The reverse of `amount`; exact, no floats. Empty text is 0."""
    if not text:
        return 0
    sign = -1 if text.startswith("-") else 1
    whole, _, cents = text.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int((cents + "00")[:2]))


def cell(text: str) -> str:
    """A spreadsheet cell that cannot be taken for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def word(text: str) -> str:
    """One field of a tab-separated line: no tab, no line break."""
    return " ".join(text.split())


def slug(text: str) -> str:
    """Letters, digits and dashes only, for account names of the plain-text formats."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
