"""Memberships that are offered. What they cost and give is in versions: members keep the one they joined."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.models import MembershipPlan, MembershipPlanCredit, MembershipPlanVersion
from operational.packages.plans import Item, check_item
from operational.rows import add_row, change_row, get_row

MANAGE = Permission.CATALOGUE_MANAGE


def create_membership_plan(
    session: Session, actor: Actor, name: str, terms: Mapping[str, Any], items: Sequence[Item]
) -> MembershipPlan:
    """A plan with its first version. Raises Forbidden, NotFound, Invalid."""
    actor.require_everywhere(MANAGE)
    plan = add_row(session, MembershipPlan(org_id=actor.org_id, name=name, active=True))
    _add_version(session, actor, plan.id, 1, terms, items)
    return plan


def add_plan_version(
    session: Session, actor: Actor, plan_id: uuid.UUID, terms: Mapping[str, Any], items: Sequence[Item]
) -> MembershipPlanVersion:
    """New terms for who joins from now on. Raises Forbidden, NotFound, Invalid."""
    actor.require_everywhere(MANAGE)
    plan = get_row(session, MembershipPlan, plan_id, lock=True)
    return _add_version(session, actor, plan.id, current_version(session, plan.id).number + 1, terms, items)


def edit_membership_plan(
    session: Session, actor: Actor, id_: uuid.UUID, if_match: str | None, values: Mapping[str, Any]
) -> MembershipPlan:
    """Its name, and whether it is offered."""
    actor.require_everywhere(MANAGE)
    return change_row(session, MembershipPlan, id_, if_match, values)


def _add_version(
    session: Session,
    actor: Actor,
    plan_id: uuid.UUID,
    number: int,
    terms: Mapping[str, Any],
    items: Sequence[Item],
) -> MembershipPlanVersion:
    for item in items:
        check_item(session, item)
    if not items and not terms["access_standalone_minor"]:
        raise Invalid("Send credits or an access_standalone_minor: dues buy something.")
    version = add_row(
        session,
        MembershipPlanVersion(org_id=actor.org_id, membership_plan_id=plan_id, number=number, **terms),
    )
    session.add_all(
        MembershipPlanCredit(
            org_id=actor.org_id, membership_plan_version_id=version.id, position=position,
            service_id=item.service_id, product_id=item.product_id, quantity_milli=item.quantity_milli,
        )
        for position, item in enumerate(items, start=1)
    )  # fmt: skip
    session.flush()
    return version


def current_version(session: Session, plan_id: uuid.UUID) -> MembershipPlanVersion:
    """The terms that a new member gets. Raises NotFound."""
    version = session.scalars(
        select(MembershipPlanVersion)
        .where(MembershipPlanVersion.membership_plan_id == plan_id)
        .order_by(MembershipPlanVersion.number.desc())
        .limit(1)
    ).first()
    if version is None:
        raise NotFound("There is no such membership plan.")
    return version


def credits_of(session: Session, version_id: uuid.UUID) -> Sequence[MembershipPlanCredit]:
    return session.scalars(
        select(MembershipPlanCredit)
        .where(MembershipPlanCredit.membership_plan_version_id == version_id)
        .order_by(MembershipPlanCredit.position)
    ).all()
