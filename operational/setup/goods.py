"""What is offered, in set-up: treatment categories, rooms and devices, services, products."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission, ResourceKind, UnitKind
from medspa.ui.values import money, title
from operational.catalogue import schemas as goods
from operational.catalogue import service as catalogue
from operational.identity.access import Actor
from operational.models import Location, Product, Resource, Service, TreatmentCategory
from operational.setup.fields import Field, Options
from operational.setup.kinds import ACTIVE, NAME, STATE, Section, named


def _units(_: Session) -> Options:
    return [(one.value, title(one.value)) for one in UnitKind]


def _resource_kinds(_: Session) -> Options:
    return [(one.value, title(one.value)) for one in ResourceKind]


def _resource_needs(session: Session) -> Options:
    rows = session.execute(select(Resource.kind, Resource.tag).where(Resource.active).distinct())
    return sorted((f"{row.kind}:{row.tag}", f"{title(row.kind)}: {row.tag}") for row in rows)


def _split(values: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    return {name: value for name, value in values.items() if name != "needs"}, values.get("needs", [])


def _create_service(session: Session, actor: Actor, values: dict[str, Any]) -> Service:
    return catalogue.create_service(session, actor, *_split(values))


def _edit_service(
    session: Session, actor: Actor, id_: uuid.UUID, if_match: str, values: dict[str, Any]
) -> Service:
    return catalogue.edit_service(session, actor, id_, if_match, *_split(values))


def _needs_sent(values: dict[str, Any]) -> dict[str, Any]:
    pairs = (str(one).partition(":") for one in values["needs"])
    return {**values, "needs": [{"kind": kind, "tag": tag} for kind, _, tag in pairs]}


def _service_needs(session: Session, row: Service) -> dict[str, Any]:
    return {"needs": [f"{one.kind}:{one.tag}" for one in catalogue.needs_of(session, [row.id])[row.id]]}


def _place(row: Any, _: str, names: Mapping[uuid.UUID, str]) -> str:
    return names.get(row.location_id, "")


def _category(row: Any, _: str, names: Mapping[uuid.UUID, str]) -> str:
    return names.get(row.category_id, "")


def _days(count: int | None) -> str:
    return f"{count} days" if count else "–"


CYCLE = (
    Field("cycle_days", "Due again after (days)", "number", required=False),
    Field("contact_from_days", "Write from (days after)", "number", required=False),
    Field("contact_until_days", "Write until (days after)", "number", required=False),
    Field("earliest_days", "May be repeated from (days after)", "number", required=False),
)


CATEGORIES = Section(
    "categories",
    "treatment category",
    "Treatment categories",
    "What services and licences are sorted by, with the cycle after which clients are due again.",
    Permission.CATALOGUE_MANAGE,
    TreatmentCategory,
    goods.CategoryCreate,
    goods.CategoryChange,
    (
        Field("name", "Name"),
        Field("code", "Code", hint="Lower-case letters, digits and _; segments refer to it.", once=True),
        *CYCLE,
    ),
    (NAME, ("Code", lambda row, *_: row.code), ("Due again after", lambda row, *_: _days(row.cycle_days))),
    catalogue.create_category,
    catalogue.edit_category,
)
RESOURCES = Section(
    "resources",
    "room or device",
    "Rooms and devices",
    "What a service needs one of while it is performed. None is ever booked twice at once.",
    Permission.CATALOGUE_MANAGE,
    Resource,
    goods.ResourceCreate,
    goods.ResourceChange,
    (
        Field("location_id", "Location", "choice", options=named(Location, Location.active), once=True),
        Field("kind", "Kind", "choice", options=_resource_kinds, once=True),
        Field("name", "Name", hint="Such as Room 2."),
        Field("tag", "What it is for", hint="One word that services ask for, such as injection or laser."),
        ACTIVE,
    ),
    (
        NAME,
        ("Location", _place),
        ("Kind", lambda row, *_: title(row.kind)),
        ("For", lambda row, *_: row.tag),
        STATE,
    ),
    catalogue.create_resource,
    catalogue.edit_resource,
)
PRODUCTS = Section(
    "products",
    "product",
    "Products",
    "What is sold over the counter, and what is charted and billed by the unit.",
    Permission.CATALOGUE_MANAGE,
    Product,
    goods.ProductCreate,
    goods.ProductChange,
    (
        Field("name", "Name"),
        Field(
            "category_id", "Treatment category", "choice", options=named(TreatmentCategory), required=False
        ),
        Field("unit", "Counted in", "choice", options=_units, once=True),
        Field("price_minor", "Price of one", "money"),
        Field(
            "tax_class", "Tax class", hint="A word that tax rates name: service or retail.", start="retail"
        ),
        Field("is_retail", "Sold over the counter", "check", required=False),
        *CYCLE,
        ACTIVE,
    ),
    (
        NAME,
        ("Category", _category),
        ("Price", lambda row, currency, _: money(row.price_minor, currency)),
        STATE,
    ),
    catalogue.create_product,
    catalogue.edit_product,
)
SERVICES = Section(
    "services",
    "service",
    "Services",
    "What can be booked: how long, for how much, with which room or device.",
    Permission.CATALOGUE_MANAGE,
    Service,
    goods.ServiceCreate,
    goods.ServiceChange,
    (
        Field("name", "Name", hint="As clients see it."),
        Field(
            "category_id",
            "Treatment category",
            "choice",
            options=named(TreatmentCategory),
            once=True,
            hint="Who performs it needs a valid credential for it.",
        ),
        Field("provider_minutes", "Provider's time (minutes)", "number", start="30"),
        Field(
            "processing_minutes",
            "Works in (minutes)",
            "number",
            start="0",
            hint="The client is busy, the provider is free.",
        ),
        Field("finishing_minutes", "Finishing (minutes)", "number", start="0"),
        Field("buffer_before_minutes", "Kept free before (minutes)", "number", start="0"),
        Field("buffer_after_minutes", "Kept free after (minutes)", "number", start="0"),
        Field("price_minor", "Price", "money", start="0.00", hint="0 when it is billed by the charted unit."),
        Field(
            "billed_by_unit", "Billed by the charted unit of a product", "check", required=False, once=True
        ),
        Field("deposit_minor", "Deposit to book", "money", start="0.00"),
        Field(
            "tax_class", "Tax class", hint="A word that tax rates name: service or retail.", start="service"
        ),
        Field("needs", "Needs one of", "many", required=False, options=_resource_needs),
        Field(
            "needs_treatment_record",
            "Needs a treatment record before it is completed",
            "check",
            required=False,
        ),
        Field("needs_exam", "Needs a good-faith exam", "check", required=False),
        ACTIVE,
    ),
    (
        NAME,
        ("Category", _category),
        ("Time", lambda row, *_: f"{row.provider_minutes} min"),
        (
            "Price",
            lambda row, currency, _: (
                "By the unit" if row.billed_by_unit else money(row.price_minor, currency)
            ),
        ),
        STATE,
    ),
    _create_service,
    _edit_service,
    more=(("/setup/services/{id}/rules", "Booking rules"), ("/setup/online", "Online booking")),
    read=_service_needs,
    prepare=_needs_sent,
)
