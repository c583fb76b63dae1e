"""Packages and credits on an invoice: what is sold, what covers a line, what a void gives back.

Selling defers the net price under the package's id; a covered line takes its value from an entitlement.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import NotFound
from medspa.kernel.money import MILLI
from medspa.kernel.vocabulary import EntitlementMovementKind, LineKind, MembershipStatus
from operational.checkout.drafts import NO_TAX, Cover, Draft
from operational.checkout.errors import NotVoidable
from operational.checkout.schemas import PackageLineIn, ServiceLineIn
from operational.ledger.days import open_business_date
from operational.models import (
    Entitlement,
    EntitlementMovement,
    Invoice,
    InvoiceLine,
    Location,
    Membership,
    Package,
    PackagePlan,
    PackagePlanItem,
)
from operational.prepaid import entitlements
from operational.prepaid.entitlements import Held
from operational.prepaid.errors import NotCovered


def package_drafts(session: Session, lines: Sequence[PackageLineIn]) -> list[Draft]:
    """Packages that are offered. Raises NotFound."""
    drafts = []
    for line in lines:
        plan = session.scalar(
            select(PackagePlan).where(PackagePlan.id == line.package_plan_id, PackagePlan.active)
        )
        if plan is None:
            raise NotFound("There is no such package on offer.")
        drafts.append(
            Draft(
                LineKind.PACKAGE, MILLI, plan.price_minor, plan.tax_class, plan=plan, discount=line.discount
            )
        )
    return drafts


def sell_package(
    session: Session, invoice: Invoice, plan: PackagePlan, net_minor: int, business_date: date
) -> uuid.UUID:
    """The package of a line, its net price allocated over what it holds."""
    lasts = plan.expires_after_days
    package = Package(
        org_id=invoice.org_id, client_id=invoice.client_id, location_id=invoice.location_id,
        package_plan_id=plan.id, currency=invoice.currency, sold_on=business_date, price_minor=net_minor,
        expires_on=None if lasts is None else business_date + timedelta(days=lasts),
    )  # fmt: skip
    session.add(package)
    session.flush()
    items = session.scalars(
        select(PackagePlanItem)
        .where(PackagePlanItem.package_plan_id == plan.id)
        .order_by(PackagePlanItem.position)
    ).all()
    template = Entitlement(
        org_id=invoice.org_id, client_id=invoice.client_id, location_id=invoice.location_id,
        package_id=package.id, granted_on=business_date, expires_on=package.expires_on,
        breakage_ppm=plan.breakage_ppm, taxed_at_sale=plan.tax_class != NO_TAX,
    )  # fmt: skip
    entitlements.grant(session, items, net_minor, template=template)
    return package.id


def hold_covering(
    session: Session, client_id: uuid.UUID, location: Location, lines: Sequence[ServiceLineIn] | None
) -> dict[uuid.UUID, Held]:
    """The entitlements that lines name, held: the days first, as the close takes them, then the contracts.

    Raises NotFound, NotCovered.
    """
    ids = sorted({line.entitlement_id for line in lines or () if line.entitlement_id is not None})
    if not ids:
        return {}
    places = session.scalars(select(Entitlement.location_id).where(Entitlement.id.in_(ids))).all()
    days = {place: open_business_date(session, place) for place in sorted({location.id, *places})}
    held = entitlements.hold(session, ids)
    for one in held.values():
        _check_usable(session, one, client_id, location, days[location.id])
    return held


def _check_usable(
    session: Session, held: Held, client_id: uuid.UUID, location: Location, business_date: date
) -> None:
    row = held.entitlement
    if row.client_id != client_id:
        raise NotFound("There is no such entitlement.")
    if row.expires_on is not None and row.expires_on < business_date:
        raise NotCovered(f"It expired on {row.expires_on}.", {"expires_on": row.expires_on.isoformat()})
    if row.membership_id is not None:
        membership = session.get_one(Membership, (row.org_id, row.membership_id))
        if membership.status is MembershipStatus.FROZEN:
            raise NotCovered("The membership is frozen.")
        currency = membership.currency
    else:
        currency = session.get_one(Package, (row.org_id, row.package_id)).currency
    if currency != location.currency:
        raise NotCovered(f"It is in {currency}.")


def write_use(session: Session, line: InvoiceLine, cover: Cover) -> None:
    entitlements.move(
        session, cover.held, EntitlementMovementKind.USED, cover.quantity_milli, cover.value_minor,
        location_id=line.location_id, business_date=line.business_date, line=line,
    )  # fmt: skip


def hold_for_void(session: Session, invoice_id: uuid.UUID) -> list[Entitlement]:
    """Hold what an invoice sold or used, before the invoice itself; the entitlements it touches."""
    lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)).all()
    if any(line.membership_period_id is not None for line in lines):
        raise NotVoidable("Dues are not voided; cancel the membership.")
    sold = {line.package_id for line in lines if line.package_id is not None}
    covering = {line.covered_by for line in lines if line.covered_by is not None}
    if not sold and not covering:
        return []
    touched = session.scalars(
        select(Entitlement).where(Entitlement.package_id.in_(sold) | Entitlement.id.in_(covering))
    ).all()
    entitlements.hold(session, [row.id for row in touched])
    return list(touched)


def undo(session: Session, invoice: Invoice, touched: Sequence[Entitlement]) -> None:
    """Give back what a voided invoice used, take back what it sold. Raises NotVoidable when that was used."""
    uses = session.scalars(
        select(EntitlementMovement)
        .join(InvoiceLine, InvoiceLine.id == EntitlementMovement.invoice_line_id)
        .where(InvoiceLine.invoice_id == invoice.id, EntitlementMovement.kind == EntitlementMovementKind.USED)
    ).all()
    given_back = select(EntitlementMovement.id).where(
        EntitlementMovement.reverses_id.in_([use.id for use in uses])
    )
    if session.scalar(given_back.limit(1)) is not None:
        raise NotVoidable("What it used was given back already.")
    session.add_all(
        EntitlementMovement(
            org_id=invoice.org_id, entitlement_id=use.entitlement_id, kind=EntitlementMovementKind.REVERSED,
            quantity_milli=-use.quantity_milli, value_minor=-use.value_minor, location_id=use.location_id,
            business_date=invoice.business_date, invoice_line_id=use.invoice_line_id, reverses_id=use.id,
        )
        for use in uses
    )  # fmt: skip
    used = {use.entitlement_id for use in uses}
    for held in entitlements.with_rest(session, [row for row in touched if row.id not in used]):
        if held.remaining_milli != held.entitlement.quantity_milli:
            raise NotVoidable("The package has been used; refund what is left of it.")
        entitlements.move_rest(
            session, held, EntitlementMovementKind.VOIDED, location_id=invoice.location_id,
            business_date=invoice.business_date,
        )  # fmt: skip
