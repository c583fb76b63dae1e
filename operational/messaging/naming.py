"""Whether a text names what somebody is treated with: a service, a treatment category or a product.

A message travels in the clear and lies on a locked screen, so it says that there is a visit, never what for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from medspa.kernel.errors import DomainError
from operational.models import Product, Service, TreatmentCategory

SHORTEST = 4
"""A word of a name tells something from here on ("lip", "add" and "two" do not)."""
GENERAL = frozenset(
    "about after appointment area before book booking check client come confirm consult consultation day "
    "express first follow form forms free full group half hour initial large medium member minute minutes "
    "month more need next online package part person please plus premium quick refresh regular reminder "
    "reply review session signature single small special standard start text time today touch treatment "
    "units visit week welcome with your".split()
)
"""Words of names that say nothing about a treatment."""
KNOWN = frozenset(
    "botox dysport xeomin jeuveau daxxify juvederm restylane radiesse sculptra kybella filler fillers "
    "neurotoxin toxin laser microneedling hydrafacial peel coolsculpting semaglutide tirzepatide ozempic "
    "morpheus8 hyaluronic injectable injectables tattoo liposuction".split()
)
"""What everybody understands, whatever a practice calls it."""
_WORD = re.compile(r"[^\W_]+")


class NamesTreatment(DomainError):
    status = 422
    code = "names-treatment"
    title = "A message must not say what somebody is treated with"


def words_of(text: str) -> list[str]:
    """The words of a text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(one for one in plain if not unicodedata.combining(one)))


def telling(names: Iterable[str]) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    """(words, whole names) that a text must not contain."""
    split = [tuple(words_of(name)) for name in names]
    words = {one for name in split for one in name if len(one) >= SHORTEST and not one.isdigit()}
    return frozenset(words - GENERAL) | KNOWN, frozenset(name for name in split if name)


def found_in(text: str, names: Iterable[str]) -> str | None:
    """The first word or name that tells a treatment; None when there is none."""
    words, wholes = telling(names)
    said = words_of(text)
    for one in said:
        if one in words or one.removesuffix("s") in words:
            return one
    for name in wholes:
        if len(name) > 1 and any(tuple(said[at : at + len(name)]) == name for at in range(len(said))):
            return " ".join(name)
    return None


def refuse_naming(session: Session, *texts: str | None) -> None:
    """Raises NamesTreatment for a text that names a service, category or product of the organization."""
    names = list(
        session.scalars(union_all(select(Service.name), select(TreatmentCategory.name), select(Product.name)))
    )
    for text in texts:
        found = found_in(text, names) if text else None
        if found is not None:
            raise NamesTreatment(
                f"Leave out {found!r}: it tells what the visit is for. Say when and where only.",
                {"named": found},
            )
