"""Text that people type: normalised, trimmed, free of characters that are invisible or reorder others.

Quotes, markup and every script are stored and returned as they are; escaping is the page's business.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

# Bidi_Control (a name could show as another) and invisible fillers (two names could look the same).
# Joiners (U+200C, U+200D) stay: Persian and Indic names need them.
_INVISIBLE = frozenset("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff") | {
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
MAX_LINE = 200
MAX_PARAGRAPH = 20_000


def _clean(value: str, allowed: str) -> str:
    # Nothing printable is refused.
    for character in "" if value.isprintable() else value:
        if character in allowed:
            continue
        if character in _INVISIBLE:
            raise ValueError(
                f"Remove the invisible character U+{ord(character):04X}: it changes how text is shown."
            )
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise ValueError(f"Remove the control character U+{ord(character):04X}.")
    cleaned = unicodedata.normalize("NFC", value).strip()
    if not cleaned:
        raise ValueError("Write something: only blanks were sent.")
    return cleaned


def clean_line(value: str) -> str:
    """One line of text. Raises ValueError for control characters, direction marks and blanks only."""
    return _clean(value, "")


def clean_paragraph(value: str) -> str:
    """Text of several lines: tabs and line breaks are allowed as well."""
    return _clean(value.replace("\r\n", "\n"), "\n\t")


Line = Annotated[str, Field(max_length=MAX_LINE), AfterValidator(clean_line)]
Paragraph = Annotated[str, Field(max_length=MAX_PARAGRAPH), AfterValidator(clean_paragraph)]

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s<>()\[\],;:\\\"]{1,190}\.[^@\s.]{2,63}")


def clean_email(value: str) -> str:
    """An e-mail address, trimmed. Raises ValueError for what cannot be one."""
    cleaned = clean_line(value)
    # "=?" opens an encoded word, which mail decodes to anything, a line break too.
    if not _EMAIL.fullmatch(cleaned) or "=?" in cleaned:
        raise ValueError("Write an e-mail address such as name@example.com.")
    return cleaned


def clean_phone(value: str) -> str:
    """E.164. A number without a country code is taken as North American. Raises ValueError."""
    cleaned = clean_line(value)
    digits = "".join(str(unicodedata.digit(one)) for one in cleaned if one.isdigit())
    if re.search(r"[^\d\s().+/-]", cleaned) or "+" in cleaned[1:]:
        raise ValueError("Write a phone number with digits, spaces, dashes and brackets only.")
    if cleaned.startswith("+"):
        number = "+" + digits
    elif len(digits) == 10:
        number = "+1" + digits
    elif len(digits) == 11 and digits.startswith("1"):
        number = "+" + digits
    else:
        raise ValueError("Write ten digits, or + and the country code.")
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise ValueError("This cannot be a phone number: check the country code and the digits.")
    if number.startswith("+1") and not re.fullmatch(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", number):
        raise ValueError("This cannot be a North American number: check the area code.")
    return number
