"""Packages that are offered. A change applies to later sales: what was sold keeps its own copy."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.models import PackagePlan, PackagePlanItem, Product, Service
from operational.rows import add_row, change_row, get_row

MANAGE = Permission.CATALOGUE_MANAGE


class Item(Protocol):
    """What a package or a credit is of."""

    service_id: uuid.UUID
    product_id: uuid.UUID | None
    quantity_milli: int


def create_package_plan(
    session: Session, actor: Actor, values: Mapping[str, Any], items: Sequence[Item]
) -> PackagePlan:
    """Raises Forbidden, NotFound for an unknown service or product, Invalid."""
    actor.require_everywhere(MANAGE)
    for item in items:
        check_item(session, item)
    plan = add_row(session, PackagePlan(org_id=actor.org_id, **values))
    session.add_all(
        PackagePlanItem(
            org_id=actor.org_id, package_plan_id=plan.id, position=position, service_id=item.service_id,
            product_id=item.product_id, quantity_milli=item.quantity_milli,
        )
        for position, item in enumerate(items, start=1)
    )  # fmt: skip
    session.flush()
    return plan


def edit_package_plan(
    session: Session, actor: Actor, id_: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> PackagePlan:
    actor.require_everywhere(MANAGE)
    return change_row(session, PackagePlan, id_, if_match, values)


def check_item(session: Session, item: Item) -> None:
    """Whole sessions of a service, or units of a product of a service billed by unit."""
    service = get_row(session, Service, item.service_id)
    if service.billed_by_unit != (item.product_id is not None):
        raise Invalid("product_id: goes with a service billed by unit, and only with one.")
    if item.product_id is not None:
        get_row(session, Product, item.product_id)
    elif item.quantity_milli % MILLI:
        raise Invalid("quantity_milli: send whole sessions, 1000 each.")


def items_of(session: Session, plan_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[PackagePlanItem]]:
    found: dict[uuid.UUID, list[PackagePlanItem]] = {one: [] for one in plan_ids}
    rows = session.scalars(
        select(PackagePlanItem)
        .where(PackagePlanItem.package_plan_id.in_(plan_ids))
        .order_by(PackagePlanItem.package_plan_id, PackagePlanItem.position)
    )
    for row in rows:
        found[row.package_plan_id].append(row)
    return found
