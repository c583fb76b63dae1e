"""Packages over HTTP: what is offered, what clients hold, and refunds. They are sold by invoices."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Response, status
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Permission, Purpose
from operational.checkout import answer_schemas, answers
from operational.checkout.claims import StoredAnswer
from operational.checkout.idempotency import Call, answer, moves_money
from operational.checkout.queries import found, require_client
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.models import InvoiceLine, Package, PackagePlan
from operational.packages import plans, returned, views
from operational.packages.refund import refund_package
from operational.packages.schemas import (
    EntitlementView,
    PackagePlanChange,
    PackagePlanCreate,
    PackagePlanView,
    PackageView,
    RefundIn,
    UseReturned,
)
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id
from operational.prepaid.queries import usable
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["packages"])

Anybody = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
Reader = Annotated[Unit, Depends(needs(Permission.INVOICE_READ, phi=Purpose.PAYMENT), scope="function")]
Refund = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]


@router.get("/package-plans")
def list_package_plans(
    unit: Anybody, active: bool = False, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[PackagePlanView]:
    """`active`: leave out what is no longer offered."""
    query = select(PackagePlan).where(PackagePlan.active) if active else select(PackagePlan)
    rows, more = by_id(unit.session, query, PackagePlan.id, limit, cursor)
    return Page(items=views.plans_in_full(unit.session, rows), next_cursor=more)


@router.post("/package-plans", status_code=status.HTTP_201_CREATED)
def create_package_plan(unit: Manager, response: Response, body: PackagePlanCreate) -> PackagePlanView:
    values = body.model_dump(exclude={"items"})
    row = plans.create_package_plan(unit.session, unit.actor, values, body.items)
    set_etag(response, row)
    return views.plans_in_full(unit.session, [row])[0]


@router.get("/package-plans/{package_plan_id}")
def show_package_plan(unit: Anybody, response: Response, package_plan_id: uuid.UUID) -> PackagePlanView:
    row = get_row(unit.session, PackagePlan, package_plan_id)
    set_etag(response, row)
    return views.plans_in_full(unit.session, [row])[0]


@router.patch("/package-plans/{package_plan_id}")
def edit_package_plan(
    unit: Manager,
    response: Response,
    package_plan_id: uuid.UUID,
    body: PackagePlanChange,
    if_match: IfMatch = None,
) -> PackagePlanView:
    """Applies to packages sold from now on; what they hold stays."""
    values = body.model_dump(exclude_unset=True)
    row = plans.edit_package_plan(unit.session, unit.actor, package_plan_id, if_match, values)
    set_etag(response, row)
    return views.plans_in_full(unit.session, [row])[0]


@router.get("/packages", response_model=Page[PackageView])
def list_packages(
    unit: Reader,
    client_id: uuid.UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[PackageView]:
    """Packages in the order of sale, used up and refunded ones included."""
    query = select(Package) if client_id is None else select(Package).where(Package.client_id == client_id)
    rows, more = by_id(unit.session, query, Package.id, limit, cursor)
    shown = [views.package_in_full(unit.session, row) for row in rows]
    items = render_many(unit.session, unit.actor, "package.list", PackageView, shown)
    return Page(items=items, next_cursor=more)


@router.get("/packages/{package_id}", response_model=PackageView)
def get_package(package_id: uuid.UUID, unit: Reader) -> PackageView:
    """A package of any location: it may be used at each."""
    package = found(unit.session, Package, package_id, "package")
    shown = views.package_in_full(unit.session, package)
    return render(unit.session, unit.actor, "package", PackageView, shown)


@router.get("/clients/{client_id}/entitlements", response_model=Page[EntitlementView])
def list_entitlements(client_id: uuid.UUID, unit: Reader) -> Page[EntitlementView]:
    """What a client may use today, of packages and of memberships; what expires first comes first."""
    require_client(unit.session, client_id)
    # A day back, for dates west of Greenwich: what has expired there is refused when it is used.
    held = usable(unit.session, client_id, clock.now().date() - timedelta(days=1))
    shown = [views.entitlement_in_full(one) for one in held]
    items = render_many(unit.session, unit.actor, "client.entitlements", EntitlementView, shown)
    return Page(items=items)


@router.post("/invoice-lines/{invoice_line_id}/return-use", response_model=UseReturned)
def return_use(invoice_line_id: uuid.UUID, call: Refund) -> Response:
    """Give back the session or units that a line took from a package or a credit, on the open day."""

    def step(session: TenantSession) -> StoredAnswer:
        line = found(session, InvoiceLine, invoice_line_id, "invoice line")
        held = returned.return_use(session, call.unit.actor, line.id)
        told = UseReturned(
            entitlement_id=held.entitlement.id, remaining_milli=held.remaining_milli,
            remaining_minor=held.remaining_minor, expires_on=held.entitlement.expires_on,
        )  # fmt: skip
        return answer(200, told, line.location_id)

    return call.run(step)


@router.post(
    "/packages/{package_id}/refund",
    status_code=status.HTTP_201_CREATED,
    response_model=answer_schemas.CreditMemoAnswer,
)
def refund(package_id: uuid.UUID, body: RefundIn, call: Refund) -> Response:
    """Credit what is left of a package and end it; pay the credit memo out afterwards."""
    return call.run(
        lambda session: answers.of_credit_memo(
            session, refund_package(session, call.unit.actor, package_id, body)
        )
    )
