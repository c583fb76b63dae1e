"""Editing the catalogue. Prices and times apply to what is booked and invoiced afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.models.catalogue import Product, Resource, Service, ServiceResource, TreatmentCategory
from operational.models.organization import Location
from operational.rows import add_row, change_row, get_row

MANAGE = Permission.CATALOGUE_MANAGE


def create_category(session: Session, actor: Actor, values: Mapping[str, Any]) -> TreatmentCategory:
    actor.require_everywhere(MANAGE)
    return add_row(session, TreatmentCategory(org_id=actor.org_id, **values))


def edit_category(
    session: Session, actor: Actor, id_: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> TreatmentCategory:
    actor.require_everywhere(MANAGE)
    return change_row(session, TreatmentCategory, id_, if_match, values)


def create_product(session: Session, actor: Actor, values: Mapping[str, Any]) -> Product:
    actor.require_everywhere(MANAGE)
    _require_category(session, values)
    return add_row(session, Product(org_id=actor.org_id, **values))


def edit_product(
    session: Session, actor: Actor, id_: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> Product:
    actor.require_everywhere(MANAGE)
    _require_category(session, values)
    return change_row(session, Product, id_, if_match, values)


def create_service(
    session: Session, actor: Actor, values: Mapping[str, Any], needs: Sequence[Mapping[str, Any]]
) -> Service:
    actor.require_everywhere(MANAGE)
    _require_category(session, values)
    row = add_row(session, Service(org_id=actor.org_id, **values))
    _replace_needs(session, actor, row.id, needs)
    return row


def edit_service(
    session: Session,
    actor: Actor,
    id_: uuid.UUID,
    if_match: str | None,
    values: Mapping[str, Any],
    needs: Sequence[Mapping[str, Any]] | None,
) -> Service:
    """`needs` replaces the resources the service asks for; None leaves them."""
    actor.require_everywhere(MANAGE)
    row = change_row(session, Service, id_, if_match, values)
    if row.billed_by_unit and row.price_minor:
        raise Invalid("price_minor: a service billed by unit takes the product's price; leave it at 0.")
    if needs is not None:
        _replace_needs(session, actor, id_, needs)
    return row


def needs_of(session: Session, service_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ServiceResource]]:
    found: dict[uuid.UUID, list[ServiceResource]] = {one: [] for one in service_ids}
    order = (ServiceResource.kind, ServiceResource.tag)
    statement = select(ServiceResource).where(ServiceResource.service_id.in_(service_ids)).order_by(*order)
    for row in session.scalars(statement):
        found[row.service_id].append(row)
    return found


def create_resource(session: Session, actor: Actor, values: Mapping[str, Any]) -> Resource:
    actor.require(MANAGE, values["location_id"])
    get_row(session, Location, values["location_id"])
    return add_row(session, Resource(org_id=actor.org_id, **values))


def edit_resource(
    session: Session, actor: Actor, id_: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> Resource:
    actor.require(MANAGE, get_row(session, Resource, id_).location_id)
    return change_row(session, Resource, id_, if_match, values)


def _require_category(session: Session, values: Mapping[str, Any]) -> None:
    category_id = values.get("category_id")
    if category_id is not None:
        get_row(session, TreatmentCategory, category_id)


def _replace_needs(
    session: Session, actor: Actor, service_id: uuid.UUID, needs: Sequence[Mapping[str, Any]]
) -> None:
    session.execute(delete(ServiceResource).where(ServiceResource.service_id == service_id))
    distinct = {(one["kind"], one["tag"]) for one in needs}
    session.add_all(
        ServiceResource(org_id=actor.org_id, service_id=service_id, kind=kind, tag=tag)
        for kind, tag in sorted(distinct)
    )
    session.flush()
