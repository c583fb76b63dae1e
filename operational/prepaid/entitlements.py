"""Granting, holding and moving entitlements. What a movement posts is its caller's matter.

Whoever moves one holds its contract's row (package or membership) first, after the days it posts to: of
two desks that use the last session, the second sees what the first left.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import NotFound
from medspa.kernel.money import extend
from medspa.kernel.vocabulary import Account, EntitlementMovementKind
from operational.ledger.balances import lock_membership, lock_package
from operational.models import (
    Entitlement,
    EntitlementMovement,
    InvoiceLine,
    MembershipPlanCredit,
    PackagePlanItem,
    Product,
    Service,
)
from operational.prepaid.arithmetic import allocate, released
from operational.prepaid.errors import NothingLeft


@dataclass(slots=True)
class Held:
    """An entitlement with what is left of it."""

    entitlement: Entitlement
    remaining_milli: int
    remaining_minor: int

    @property
    def account(self) -> Account:
        return account_of(self.entitlement)

    @property
    def contract_id(self) -> uuid.UUID:
        return contract_of(self.entitlement)

    def take(self, quantity_milli: int) -> int:
        """Set a quantity aside and say its value. Raises NothingLeft."""
        if not 0 < quantity_milli <= self.remaining_milli:
            raise NothingLeft(extra={"remaining_milli": self.remaining_milli})
        row = self.entitlement
        value = released(
            row.value_minor, row.quantity_milli, row.quantity_milli - self.remaining_milli,
            row.value_minor - self.remaining_minor, quantity_milli,
        )  # fmt: skip
        self.remaining_milli -= quantity_milli
        self.remaining_minor -= value
        return value


def account_of(entitlement: Entitlement) -> Account:
    return Account.DEFERRED_PACKAGES if entitlement.package_id else Account.DEFERRED_MEMBERSHIPS


def contract_of(entitlement: Entitlement) -> uuid.UUID:
    contract = entitlement.package_id or entitlement.membership_id
    if contract is None:
        raise LookupError("an entitlement has a contract")
    return contract


def hold(session: Session, entitlement_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Held]:
    """Entitlements by id, their contracts locked in one order. Raises NotFound."""
    rows = session.scalars(select(Entitlement).where(Entitlement.id.in_(entitlement_ids))).all()
    if len(rows) != len(set(entitlement_ids)):
        raise NotFound("There is no such entitlement.")
    for row in sorted(rows, key=contract_of):
        hold_contract(session, row)
    return {row.id: one for row, one in zip(rows, with_rest(session, rows), strict=True)}


def hold_contract(session: Session, row: Entitlement) -> None:
    if row.package_id is not None:
        lock_package(session, row.package_id)
    elif row.membership_id is not None:
        lock_membership(session, row.membership_id)


def with_rest(session: Session, rows: Sequence[Entitlement]) -> list[Held]:
    """What is left of each, in their order."""
    moved = session.execute(
        select(
            EntitlementMovement.entitlement_id,
            func.sum(EntitlementMovement.quantity_milli),
            func.sum(EntitlementMovement.value_minor),
        )
        .where(EntitlementMovement.entitlement_id.in_([row.id for row in rows]))
        .group_by(EntitlementMovement.entitlement_id)
    ).all()
    gone = {row_id: (int(quantity), int(value)) for row_id, quantity, value in moved}
    held = []
    for row in rows:
        quantity, value = gone.get(row.id, (0, 0))
        held.append(Held(row, row.quantity_milli - quantity, row.value_minor - value))
    return held


def standalone_of(session: Session, items: Sequence[PackagePlanItem | MembershipPlanCredit]) -> list[int]:
    """The list price today of one session or unit of each item."""
    services = _prices(session, Service, {item.service_id for item in items})
    products = _prices(session, Product, {item.product_id for item in items if item.product_id is not None})
    return [
        services[item.service_id] if item.product_id is None else products[item.product_id] for item in items
    ]


def worth_of(items: Sequence[PackagePlanItem | MembershipPlanCredit], prices: Sequence[int]) -> list[int]:
    return [extend(item.quantity_milli, price) for item, price in zip(items, prices, strict=True)]


def _prices(
    session: Session, model: type[Service] | type[Product], ids: set[uuid.UUID]
) -> dict[uuid.UUID, int]:
    rows = session.execute(select(model.id, model.price_minor).where(model.id.in_(ids)))
    return {row.id: row.price_minor for row in rows}


def grant(
    session: Session,
    items: Sequence[PackagePlanItem | MembershipPlanCredit],
    price_minor: int,
    *,
    template: Entitlement,
) -> list[Entitlement]:
    """An entitlement per item, `price_minor` allocated over them; the rest of each is as in `template`."""
    prices = standalone_of(session, items)
    values = allocate(price_minor, worth_of(items, prices))
    return [
        _granted(session, template, item, price, value)
        for item, price, value in zip(items, prices, values, strict=True)
    ]


def _granted(
    session: Session,
    template: Entitlement,
    item: PackagePlanItem | MembershipPlanCredit,
    standalone: int,
    value: int,
) -> Entitlement:
    row = Entitlement(
        org_id=template.org_id, client_id=template.client_id, location_id=template.location_id,
        package_id=template.package_id, membership_id=template.membership_id,
        membership_period_id=template.membership_period_id, service_id=item.service_id,
        product_id=item.product_id, quantity_milli=item.quantity_milli, standalone_minor=standalone,
        value_minor=value, granted_on=template.granted_on, expires_on=template.expires_on,
        breakage_ppm=template.breakage_ppm, taxed_at_sale=template.taxed_at_sale,
    )  # fmt: skip
    session.add(row)
    return row


def move(
    session: Session,
    held: Held,
    kind: EntitlementMovementKind,
    quantity_milli: int,
    value_minor: int,
    *,
    location_id: uuid.UUID,
    business_date: date,
    line: InvoiceLine | None = None,
    credit_memo_id: uuid.UUID | None = None,
) -> None:
    """Write what left an entitlement."""
    session.add(
        EntitlementMovement(
            org_id=organization_of(session), entitlement_id=held.entitlement.id, kind=kind,
            quantity_milli=quantity_milli, value_minor=value_minor, location_id=location_id,
            business_date=business_date, invoice_line_id=None if line is None else line.id,
            credit_memo_id=credit_memo_id,
        )
    )  # fmt: skip


def move_rest(
    session: Session,
    held: Held,
    kind: EntitlementMovementKind,
    *,
    location_id: uuid.UUID,
    business_date: date,
    credit_memo_id: uuid.UUID | None = None,
) -> int:
    """Take all that is left; its value."""
    quantity, value = held.remaining_milli, held.remaining_minor
    if quantity or value:
        move(
            session, held, kind, quantity, value, location_id=location_id, business_date=business_date,
            credit_memo_id=credit_memo_id,
        )  # fmt: skip
    held.remaining_milli = held.remaining_minor = 0
    return value
