"""PINs: short secrets that switch between people on a device where they signed in fully before.

Worth something only together with such a device (operational.directory.devices); never a password.
"""

from __future__ import annotations

import re
from itertools import pairwise

from medspa.kernel.errors import Invalid
from operational.identity import passwords

SHORTEST, LONGEST = 4, 8
_FORM = re.compile(rf"[0-9]{{{SHORTEST},{LONGEST}}}", re.ASCII)
_YEAR = re.compile(r"(19|20)[0-9]{2}", re.ASCII)
_PATTERNS = frozenset({"2580", "0852", "1397", "1379", "1004", "1122", "2233", "147258", "159753", "112233"})
"""Lines on a keypad and others that many people choose."""


def hash_pin(pin: str) -> str:
    """Raises Invalid for one that is no PIN or that others would try first."""
    if not _FORM.fullmatch(pin):
        raise Invalid(f"pin: use {SHORTEST} to {LONGEST} digits.")
    if is_obvious(pin):
        raise Invalid("pin: others would try this one first; avoid rows, repetitions and years.")
    return passwords.hash_secret(pin)


def is_obvious(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeated = any(pin == pin[:size] * (len(pin) // size) for size in (1, 2, 3, 4) if size < len(pin))
    return steps in ({1}, {9}) or repeated or pin in _PATTERNS or bool(_YEAR.fullmatch(pin))
