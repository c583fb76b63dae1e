"""From rows to what the endpoints of packages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from operational.models import Entitlement, Package, PackagePlan
from operational.packages.plans import items_of
from operational.packages.schemas import EntitlementView, ItemView, PackagePlanView
from operational.prepaid.entitlements import Held, with_rest

_PLAN = [name for name in PackagePlanView.model_fields if name != "items"]
_KEPT = [name for name in EntitlementView.model_fields if not name.startswith("remaining")]


def plans_in_full(session: Session, rows: Sequence[PackagePlan]) -> list[PackagePlanView]:
    items = items_of(session, [row.id for row in rows])
    return [
        PackagePlanView(
            **{name: getattr(row, name) for name in _PLAN},
            items=[ItemView.model_validate(item) for item in items[row.id]],
        )
        for row in rows
    ]


def entitlement_in_full(held: Held) -> Mapping[str, Any]:
    row = held.entitlement
    return {
        **{name: getattr(row, name) for name in _KEPT},
        "remaining_milli": held.remaining_milli,
        "remaining_minor": held.remaining_minor,
    }


def package_in_full(session: Session, package: Package) -> Mapping[str, Any]:
    rows = session.scalars(
        select(Entitlement).where(Entitlement.package_id == package.id).order_by(Entitlement.id)
    ).all()
    held = with_rest(session, rows)
    return {
        "id": package.id, "client_id": package.client_id, "location_id": package.location_id,
        "package_plan_id": package.package_plan_id, "currency": package.currency,
        "sold_on": package.sold_on, "price_minor": package.price_minor, "expires_on": package.expires_on,
        "balance_minor": sum(one.remaining_minor for one in held),
        "entitlements": [entitlement_in_full(one) for one in held],
    }  # fmt: skip
