"""The words a text may ask for, and putting values in their place. Nothing else is evaluated.

A text may name who it is for, where and when; never a treatment, a product or a provider's specialty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import MessageKind as K

FIELDS: Mapping[str, str] = {
    "first_name": "the client's first name",
    "location": "the location's name",
    "date": "the day of the visit",
    "time": "the local time of the visit",
    "link": "the link of this message",
    "phone": "the location's phone number",
    "until": "until when an offer or a link holds",
}
_ALWAYS = frozenset({"first_name", "location", "phone"})
_VISIT = _ALWAYS | {"date", "time", "link"}
ALLOWED: Mapping[K, frozenset[str]] = {
    K.BOOKING_CONFIRMED: _VISIT,
    K.REMINDER: _VISIT,
    K.CONFIRMATION_REQUEST: _VISIT,
    K.MOVED: _VISIT,
    K.CANCELLED: _VISIT - {"link"},
    K.MUST_MOVE: _VISIT,
    K.FORMS_OUTSTANDING: _VISIT,
    K.WAITLIST_OFFER: _VISIT | {"until"},
    K.BOOKING_COMPLETION: _ALWAYS | {"link", "until"},
    K.CONFIRMATION_NOTED: _VISIT - {"link"},
    K.STOPPED: frozenset({"location", "phone"}),
    K.STARTED: frozenset({"location", "phone"}),
    K.HELP: frozenset({"location", "phone"}),
}
NEEDS_LINK = frozenset({K.MUST_MOVE, K.FORMS_OUTSTANDING, K.WAITLIST_OFFER, K.BOOKING_COMPLETION})
"""Without it the message asks for something nobody can do."""
GIVEN = frozenset({"date", "time", "until"})
"""What whoever queues a message may say about it; everything else is looked up when it is sent."""
_FIELD = re.compile(r"\{([^{}]*)\}")


def fields_of(text: str) -> set[str]:
    """The fields a text asks for. Raises Invalid for braces that are no field."""
    if re.search(r"[{}]", _FIELD.sub("", text)):
        raise Invalid("body: write a field as {name}; other braces cannot be used.")
    return set(_FIELD.findall(text))


def check_fields(kind: K, text: str) -> None:
    """Raises Invalid for a field that this kind of message does not have."""
    unknown = sorted(fields_of(text) - ALLOWED[kind])
    if unknown:
        known = ", ".join(f"{{{one}}}" for one in sorted(ALLOWED[kind]))
        raise Invalid(f"body: {{{unknown[0]}}} is no field of this message; use {known}.")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields replaced, once: what a value contains is never looked at."""
    return _FIELD.sub(lambda found: values.get(found[1], ""), text)
