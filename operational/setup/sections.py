"""The organization's own records in set-up, and all kinds together in their order."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from functools import cache

from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from medspa.ui.values import money
from operational.models import LegalEntity, Location
from operational.organization import schemas as places
from operational.organization import service as organization
from operational.setup.fields import Field, Options
from operational.setup.goods import CATEGORIES, PRODUCTS, RESOURCES, SERVICES
from operational.setup.kinds import NAME, STATE, Section, named

USUAL = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
)


@cache
def _known_zones() -> Options:
    """Asked once: telling them reads every file of the system's zones."""
    rest = sorted(one for one in zoneinfo.available_timezones() if "/" in one and not one.startswith("Etc/"))
    return [(one, one) for one in (*USUAL, *(one for one in rest if one not in USUAL))]


def _zones(_: Session) -> Options:
    return _known_zones()


LEGAL_ENTITIES = Section(
    "legal-entities",
    "legal entity",
    "Legal entities",
    "Who owns the books: each has its own tax number, bank and card accounts. Most practices have one.",
    Permission.ORGANIZATION_MANAGE,
    LegalEntity,
    places.LegalEntityCreate,
    places.LegalEntityChange,
    (
        Field("name", "Name", hint="As it stands on the tax return."),
        Field(
            "currency",
            "Currency",
            hint="Three letters. It stays: the books are kept in it.",
            once=True,
            start="USD",
        ),
        Field("tax_number", "Tax number", required=False),
    ),
    (NAME, ("Currency", lambda row, *_: row.currency)),
    organization.create_legal_entity,
    organization.edit_legal_entity,
    (("/setup/legal-entities/{id}/cards", "Card accounts"),),
)
LOCATIONS = Section(
    "locations",
    "location",
    "Locations",
    "Where clients come to: each has its own hours, taxes, rooms, books and policy on late cancellation.",
    Permission.ORGANIZATION_MANAGE,
    Location,
    places.LocationCreate,
    places.LocationChange,
    (
        Field("legal_entity_id", "Legal entity", "choice", options=named(LegalEntity), once=True),
        Field("name", "Name", hint="As clients know it."),
        Field(
            "code",
            "Short code",
            hint="Letters, digits and dashes; it stands in documents and addresses.",
            once=True,
        ),
        Field("timezone", "Time zone", "suggest", options=_zones, once=True, start="America/New_York"),
        Field("state", "State", hint="Two letters, such as NY.", once=True),
        Field(
            "cutover_hour",
            "The day ends at (hour)",
            "number",
            once=True,
            start="3",
            hint="Until this hour of the night, work belongs to the day before.",
        ),
        Field(
            "notice_minutes",
            "Cancelling is late within (minutes before the start)",
            "number",
            start="1440",
            hint="1440 is a day.",
        ),
        Field("late_cancel_fee_minor", "Fee for cancelling late", "money", start="0.00"),
        Field("no_show_fee_minor", "Fee for not coming", "money", start="0.00"),
        Field("invoice_due_days", "Invoices are due after (days)", "number", start="30"),
        Field("cash_step_minor", "Smallest coin (cents)", "number", start="1"),
        Field(
            "gift_card_expires_years",
            "Gift cards expire after (years)",
            "number",
            required=False,
            hint="Five at least, and not before the law of the state lets them; empty: never.",
        ),
        Field("gift_card_breakage_ppm", "Gift card value never used (percent)", "percent", start="0"),
    ),
    (
        NAME,
        ("Code", lambda row, *_: row.code),
        ("Time zone", lambda row, *_: row.timezone),
        ("Fee for not coming", lambda row, *_: money(row.no_show_fee_minor, row.currency)),
        STATE,
    ),
    organization.create_location,
    organization.edit_location,
    (
        ("/setup/locations/{id}/hours", "Opening hours"),
        ("/setup/locations/{id}/taxes", "Taxes"),
        ("/setup/locations/{id}/drawers", "Cash drawers"),
        ("/setup/online", "Online booking"),
    ),
)
SECTIONS: Sequence[Section] = (LEGAL_ENTITIES, LOCATIONS, CATEGORIES, RESOURCES, SERVICES, PRODUCTS)
