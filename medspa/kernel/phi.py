"""The classification of every stored column, and what leaves the operational store for each tag.

Tags are put on columns by the annotated types of operational.models.base; everything generated from
them (views, grants, extraction schema, guards, audit map) reads `phi_of`. No SQL is written here.
"""

from __future__ import annotations

import enum
from typing import Any

INFO_KEY = "phi"


class Phi(enum.StrEnum):
    """What a column is, in the sense of 45 CFR 164.514, and therefore how it may leave."""

    DIRECT = "direct"
    """Identifies a person or their account. Never leaves."""
    KEY = "key"
    """A row id. Leaves as a token: AES-256 of the 16 bytes under the organization's key."""
    QUASI = "quasi"
    """Leaves generalised: birth date → year and month, ZIP → ZIP3 or 000."""
    FREE_TEXT = "free_text"
    """May contain anything. Never leaves."""
    WORKFORCE = "workforce"
    """A staff label. Leaves, except into the Safe Harbor zone."""
    SAFE = "safe"
    """Leaves as it is."""
    SECRET = "secret"
    """Key material and password hashes. Never leaves, and no role but the app reads it."""


class Generalise(enum.StrEnum):
    """How a `quasi` column is generalised on its way out."""

    BIRTH_MONTH = "birth_month"
    ZIP3 = "zip3"


LEAVES = frozenset({Phi.KEY, Phi.QUASI, Phi.WORKFORCE, Phi.SAFE})


class UnclassifiedColumn(TypeError):
    """A mapped column carries no PHI tag; the mappers refuse to configure."""


def phi_of(column: Any) -> Phi:
    """The tag of a SQLAlchemy column. Raises UnclassifiedColumn when it has none."""
    tag = column.info.get(INFO_KEY)
    if not isinstance(tag, Phi):
        raise UnclassifiedColumn(
            f"{column.table.name}.{column.name} has no PHI tag: "
            "declare it with a type of operational.models.base"
        )
    return tag
