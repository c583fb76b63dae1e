"""Memberships over HTTP: plans and their versions, members, and the billing run."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Response, status
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission, Purpose
from operational.checkout import answer_schemas, answers, claims
from operational.checkout.claims import Claim, StoredAnswer
from operational.checkout.desk import Desk
from operational.checkout.endpoints import processor_of
from operational.checkout.idempotency import Call, answer, moves_money
from operational.checkout.queries import found
from operational.etag import IfMatch, set_etag
from operational.identity.dependencies import needs, signed_in
from operational.identity.unit import Unit
from operational.memberships import billing, change, life, plans, refund, schemas, views
from operational.models import Membership, MembershipPlan
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["memberships"])

Anybody = Annotated[Unit, Depends(signed_in(), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
Reader = Annotated[Unit, Depends(needs(Permission.INVOICE_READ, phi=Purpose.PAYMENT), scope="function")]
Keep = Annotated[Call, Depends(moves_money(Permission.MEMBERSHIP_MANAGE), scope="function")]
Refund = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]
Pay = Annotated[Call, Depends(moves_money(Permission.PAYMENT_TAKE), scope="function")]


@router.get("/membership-plans")
def list_membership_plans(
    unit: Anybody, active: bool = False, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.MembershipPlanView]:
    """`active`: leave out what is no longer offered."""
    query = select(MembershipPlan).where(MembershipPlan.active) if active else select(MembershipPlan)
    rows, more = by_id(unit.session, query, MembershipPlan.id, limit, cursor)
    return Page(items=views.plans_in_full(unit.session, rows), next_cursor=more)


@router.post("/membership-plans", status_code=status.HTTP_201_CREATED)
def create_membership_plan(
    unit: Manager, response: Response, body: schemas.MembershipPlanCreate
) -> schemas.MembershipPlanView:
    terms = body.model_dump(exclude={"name", "credits"})
    row = plans.create_membership_plan(unit.session, unit.actor, body.name, terms, body.credits)
    set_etag(response, row)
    return views.plans_in_full(unit.session, [row])[0]


@router.get("/membership-plans/{membership_plan_id}")
def show_membership_plan(
    unit: Anybody, response: Response, membership_plan_id: uuid.UUID
) -> schemas.MembershipPlanView:
    row = get_row(unit.session, MembershipPlan, membership_plan_id)
    set_etag(response, row)
    return views.plans_in_full(unit.session, [row])[0]


@router.patch("/membership-plans/{membership_plan_id}")
def edit_membership_plan(
    unit: Manager,
    response: Response,
    membership_plan_id: uuid.UUID,
    body: schemas.MembershipPlanChange,
    if_match: IfMatch = None,
) -> schemas.MembershipPlanView:
    values = body.model_dump(exclude_unset=True)
    row = plans.edit_membership_plan(unit.session, unit.actor, membership_plan_id, if_match, values)
    set_etag(response, row)
    return views.plans_in_full(unit.session, [row])[0]


@router.post("/membership-plans/{membership_plan_id}/versions", status_code=status.HTTP_201_CREATED)
def add_plan_version(
    unit: Manager, membership_plan_id: uuid.UUID, body: schemas.TermsIn
) -> schemas.VersionView:
    """New terms for who joins from now on; members keep theirs."""
    terms = body.model_dump(exclude={"credits"})
    row = plans.add_plan_version(unit.session, unit.actor, membership_plan_id, terms, body.credits)
    return views.version_in_full(unit.session, row)


@router.get("/memberships", response_model=Page[schemas.MembershipView])
def list_memberships(
    unit: Reader,
    client_id: uuid.UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[schemas.MembershipView]:
    """Memberships in the order of joining, cancelled ones included."""
    query = select(Membership)
    if client_id is not None:
        query = query.where(Membership.client_id == client_id)
    rows, more = by_id(unit.session, query, Membership.id, limit, cursor)
    shown = [views.membership_in_full(unit.session, row) for row in rows]
    items = render_many(unit.session, unit.actor, "membership.list", schemas.MembershipView, shown)
    return Page(items=items, next_cursor=more)


@router.get("/memberships/{membership_id}", response_model=schemas.MembershipView)
def get_membership(membership_id: uuid.UUID, unit: Reader) -> schemas.MembershipView:
    row = found(unit.session, Membership, membership_id, "membership")
    shown = views.membership_in_full(unit.session, row)
    return render(unit.session, unit.actor, "membership", schemas.MembershipView, shown)


@router.post("/memberships", status_code=status.HTTP_201_CREATED, response_model=schemas.MembershipAnswer)
def join(body: schemas.JoinIn, call: Keep) -> Response:
    """Make a client a member. The dues are billed by the next run, or settled at the desk."""
    return call.run(lambda session: views.answer_of(life.join(session, call.unit.actor, body), 201))


@router.post("/memberships/{membership_id}/freeze", response_model=schemas.MembershipAnswer)
def freeze(membership_id: uuid.UUID, call: Keep) -> Response:
    """From today on nothing is earned, billed or used."""
    return call.run(lambda session: views.answer_of(life.freeze(session, call.unit.actor, membership_id)))


@router.post("/memberships/{membership_id}/unfreeze", response_model=schemas.MembershipAnswer)
def unfreeze(membership_id: uuid.UUID, call: Keep) -> Response:
    """It counts again; what was to come moves by the frozen days."""
    return call.run(lambda session: views.answer_of(life.unfreeze(session, call.unit.actor, membership_id)))


@router.post("/memberships/{membership_id}/cancel", response_model=schemas.MembershipAnswer)
def cancel(membership_id: uuid.UUID, body: schemas.CancelIn, call: Keep) -> Response:
    """No more dues; what is paid is earned to its end."""
    return call.run(
        lambda session: views.answer_of(life.cancel(session, call.unit.actor, membership_id, body.reason))
    )


@router.post("/memberships/{membership_id}/change-plan", response_model=schemas.PlanChangeAnswer)
def change_plan(membership_id: uuid.UUID, body: schemas.PlanChangeIn, call: Keep) -> Response:
    """Another plan from today on. The rest of the cycle costs its part of the new price, which what is left
    of the old dues pays for; the dues of the next cycle fall due when they did."""
    return call.run(
        lambda session: views.answer_of_change(
            change.change_plan(session, call.unit.actor, membership_id, body.membership_plan_id)
        )
    )


@router.post(
    "/memberships/{membership_id}/refund",
    status_code=status.HTTP_201_CREATED,
    response_model=answer_schemas.CreditMemoAnswer,
)
def refund_dues(membership_id: uuid.UUID, body: schemas.DuesRefundIn, call: Refund) -> Response:
    """Credit the days to come and the unused credits of a paid period; pay the credit memo out afterwards."""
    return call.run(
        lambda session: answers.of_credit_memo(
            session, refund.refund_dues(session, call.unit.actor, membership_id, body)
        )
    )


@router.post("/memberships/{membership_id}/settle", response_model=schemas.MembershipAnswer)
def settle(membership_id: uuid.UUID, call: Pay) -> Response:
    """Pay the dues that are owed from the client's deposits: take a deposit first."""
    return call.run(
        lambda session: views.answer_of(life.settle_dues(session, call.unit.actor, membership_id))
    )


@router.post("/locations/{location_id}/membership-billing", response_model=schemas.BillingAnswer)
def run_billing(location_id: uuid.UUID, call: Pay) -> Response:
    """Bill the dues of today. It may be run as often as you like: each period is billed once."""
    processor = processor_of(call.unit.services)

    def work(desk: Desk, held: Claim) -> StoredAnswer:
        run = billing.bill_due(desk, processor, location_id)
        done = answer(200, schemas.BillingAnswer(**asdict(run)), location_id)
        with desk.transaction() as session:
            claims.finish(session, held, done)
        return done

    return call.run_steps(work)
