"""How services are offered: their booking rules, what must come before, who performs them how."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.booking.schedule_schemas import PerformerIn, PrerequisiteIn, RuleIn
from operational.identity.access import Actor
from operational.models import BookingRule, ProviderService, Service, ServicePrerequisite, StaffMember
from operational.models.catalogue import TreatmentCategory
from operational.rows import add_row, change_row, get_row


def set_rule(
    session: Session, actor: Actor, service_id: uuid.UUID, request: RuleIn, if_match: str | None
) -> BookingRule:
    """The first rule of a service needs no ETag; later ones do."""
    actor.require_everywhere(Permission.CATALOGUE_MANAGE)
    get_row(session, Service, service_id, lock=True)
    there = session.scalar(select(BookingRule.id).where(BookingRule.service_id == service_id))
    if there is not None:
        return change_row(session, BookingRule, there, if_match, request.model_dump())
    return add_row(session, BookingRule(org_id=actor.org_id, service_id=service_id, **request.model_dump()))


def rule_of(session: Session, service_id: uuid.UUID) -> BookingRule | None:
    get_row(session, Service, service_id)
    return session.scalar(select(BookingRule).where(BookingRule.service_id == service_id))


def set_prerequisites(
    session: Session, actor: Actor, service_id: uuid.UUID, items: Sequence[PrerequisiteIn]
) -> list[ServicePrerequisite]:
    """Replaces what was asked before."""
    actor.require_everywhere(Permission.CATALOGUE_MANAGE)
    get_row(session, Service, service_id, lock=True)
    for one in items:
        if one.required_service_id is not None:
            if one.required_service_id == service_id:
                raise Invalid("required_service_id: a service cannot ask for itself.")
            get_row(session, Service, one.required_service_id)
        if one.required_category_id is not None:
            get_row(session, TreatmentCategory, one.required_category_id)
    session.execute(delete(ServicePrerequisite).where(ServicePrerequisite.service_id == service_id))
    rows = [
        ServicePrerequisite(org_id=actor.org_id, service_id=service_id, **one.model_dump()) for one in items
    ]
    session.add_all(rows)
    session.flush()
    return rows


def prerequisites_of(session: Session, service_id: uuid.UUID) -> list[ServicePrerequisite]:
    get_row(session, Service, service_id)
    statement = select(ServicePrerequisite).where(ServicePrerequisite.service_id == service_id)
    return list(session.scalars(statement.order_by(ServicePrerequisite.id)))


def set_performer(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    staff_id: uuid.UUID,
    request: PerformerIn,
    if_match: str | None,
) -> ProviderService:
    """How a provider performs a service; the first time without an ETag."""
    actor.require_everywhere(Permission.CATALOGUE_MANAGE)
    get_row(session, Service, service_id, lock=True)
    get_row(session, StaffMember, staff_id)
    own = (ProviderService.service_id == service_id) & (ProviderService.staff_id == staff_id)
    there = session.scalar(select(ProviderService.id).where(own))
    if there is not None:
        return change_row(session, ProviderService, there, if_match, request.model_dump())
    made = ProviderService(
        org_id=actor.org_id, service_id=service_id, staff_id=staff_id, **request.model_dump()
    )
    return add_row(session, made)


def performers_of(session: Session, service_id: uuid.UUID) -> list[ProviderService]:
    get_row(session, Service, service_id)
    statement = select(ProviderService).where(ProviderService.service_id == service_id)
    return list(session.scalars(statement.order_by(ProviderService.staff_id)))
