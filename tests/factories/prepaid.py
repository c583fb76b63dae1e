"""Packages to sell and use at a shop, and closing its days."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import func, select, text

from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import Account
from operational.checkout.credit import Credited
from operational.checkout.invoices import Issued
from operational.ledger.close import DayClosing, close_day
from operational.ledger.drawer_count import count_session
from operational.models import (
    AppointmentItem,
    Entitlement,
    EntitlementMovement,
    PackagePlan,
    Posting,
)
from operational.packages.plans import create_package_plan
from operational.packages.refund import refund_package
from operational.packages.schemas import ItemIn, RefundIn
from tests.factories.checkout import Shop


def plan(
    shop: Shop,
    price_minor: int = 40_000,
    *,
    sessions: int = 5,
    units: int = 0,
    breakage_ppm: int = 0,
    expires_after_days: int | None = None,
) -> uuid.UUID:
    """A package of consultations of 10 000 each and, if asked for, of units of 1 400 each."""
    items = [ItemIn(service_id=shop.made.consultation_id, quantity_milli=sessions * MILLI)]
    if units:
        items.append(
            ItemIn(
                service_id=shop.made.service_id,
                product_id=shop.made.product_id,
                quantity_milli=units * MILLI,
            )
        )
    values = {
        "name": uuid.uuid4().hex, "price_minor": price_minor, "tax_class": "none", "active": True,
        "expires_after_days": expires_after_days, "breakage_ppm": breakage_ppm,
    }  # fmt: skip
    with shop.transaction() as session:
        made: PackagePlan = create_package_plan(session, shop.actor, values, items)
        return made.id


def sell(shop: Shop, plan_id: uuid.UUID, **values: Any) -> Issued:
    return shop.invoice(packages=[{"package_plan_id": plan_id}], retail=[], **values)


def holds(shop: Shop, package_id: uuid.UUID | None) -> list[uuid.UUID]:
    """The entitlements of a package, in the order of its plan."""
    with shop.database.session("owner") as session:
        rows = session.scalars(
            select(Entitlement.id).where(Entitlement.package_id == package_id).order_by(Entitlement.id)
        )
        return list(rows)


def item_of(shop: Shop, visit: uuid.UUID) -> uuid.UUID:
    with shop.database.session("owner") as session:
        return session.scalars(
            select(AppointmentItem.id).where(AppointmentItem.appointment_id == visit)
        ).one()


def use(shop: Shop, entitlement_id: uuid.UUID, **values: Any) -> Issued:
    """A visit whose one item is taken from an entitlement."""
    place, client = values.get("location_id", shop.north), values.get("client_id", shop.client_id)
    visit = shop.visit(units_milli=values.pop("units_milli", None), location_id=place, client_id=client)
    return use_visit(shop, visit, entitlement_id, **values)


def use_visit(shop: Shop, visit: uuid.UUID, entitlement_id: uuid.UUID, **values: Any) -> Issued:
    line = {"appointment_item_id": item_of(shop, visit), "entitlement_id": entitlement_id}
    return shop.invoice(appointment_id=visit, services=[line], **values)


def refund(shop: Shop, package_id: uuid.UUID | None, **values: Any) -> Credited:
    assert package_id is not None
    asked = RefundIn.model_validate({"reason": "dissatisfied", **values})
    with shop.transaction() as session:
        return refund_package(session, shop.actor, package_id, asked)


def close(shop: Shop, day: date | None = None, location_id: uuid.UUID | None = None) -> DayClosing:
    """Close a day whose drawer, if it is still open, is counted as holding what it should."""
    place = location_id or shop.north
    with shop.transaction() as session:
        return close_day(session, shop.actor, place, day or shop.today)


def count_drawers(shop: Shop, cash_minor: int = 0) -> None:
    """Count every drawer; the north one holds `cash_minor`."""
    with shop.transaction() as session:
        for place, drawer in shop.drawers.items():
            counted = {1: cash_minor} if place == shop.north and cash_minor else {}
            count_session(session, shop.actor, drawer, counted, 0)


def owed(shop: Shop, contract_id: uuid.UUID | None, account: Account = Account.DEFERRED_PACKAGES) -> int:
    """What is deferred for a contract, by its postings."""
    with shop.database.session("owner") as session:
        return -int(
            session.scalar(
                select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
                    Posting.contract_id == contract_id, Posting.account == account.value
                )
            )
            or 0
        )


def carried(shop: Shop, package_id: uuid.UUID | None) -> int:
    """What is deferred for a package, by its entitlements: must be the same."""
    with shop.database.session("owner") as session:
        return int(
            session.scalar(
                text(
                    "select coalesce(sum(e.value_minor - (select coalesce(sum(m.value_minor), 0)"
                    " from entitlement_movement m where m.org_id = e.org_id and m.entitlement_id = e.id)), 0)"
                    " from entitlement e where e.package_id = :id"
                ),
                {"id": package_id},
            )
            or 0
        )


def movements(shop: Shop, entitlement_id: uuid.UUID) -> list[tuple[str, int, int]]:
    with shop.database.session("owner") as session:
        rows = session.scalars(
            select(EntitlementMovement)
            .where(EntitlementMovement.entitlement_id == entitlement_id)
            .order_by(EntitlementMovement.created_at, EntitlementMovement.id)
        )
        return [(row.kind.value, row.quantity_milli, row.value_minor) for row in rows]
