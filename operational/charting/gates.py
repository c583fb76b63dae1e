"""Clinical gates of a visit: consent, exam, credential, signed treatment records.

A gate that fails blocks; an override needs the permission and a reason code, and is kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import NoteStatus, Permission
from operational.charting.errors import GateFailed
from operational.charting.exams import holds
from operational.charting.facts import business_date_at, holds_credential
from operational.consent.status import standings
from operational.identity.access import Actor
from operational.models import Appointment, AppointmentItem, GateOverride, Service, TreatmentRecord
from operational.rows import get_row

Stage = Literal["arrive", "chart", "complete"]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A gate that stands in the way, and what opens it. Names no treatment."""

    gate: str
    todo: str
    item_id: uuid.UUID


def check_gates(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    stage: Stage,
    overrides: Mapping[str, str] | None = None,
    item_id: uuid.UUID | None = None,
) -> None:
    """Raises GateFailed with every gate that blocks and was not overridden; Forbidden for an override
    without permission.

    Arriving asks for credentials only: consent and exam are done once the client is here, before charting.
    """
    overrides = overrides or {}
    appointment = get_row(session, Appointment, appointment_id)
    blocked = [one for one in _blocked(session, appointment, stage) if item_id in (None, one.item_id)]
    standing = [one for one in blocked if one.gate not in overrides]
    if standing:
        raise GateFailed(
            " ".join(dict.fromkeys(one.todo for one in standing)),
            {
                "gates": [
                    {"gate": one.gate, "todo": one.todo, "appointment_item_id": str(one.item_id)}
                    for one in standing
                ]
            },
        )
    used = {one.gate for one in blocked}
    if used:
        actor.require(Permission.GATE_OVERRIDE, appointment.location_id)
    for gate in sorted(used):
        session.add(
            GateOverride(
                org_id=actor.org_id,
                appointment_id=appointment.id,
                gate=gate,
                staff_id=actor.staff_id or actor.id,
                reason=overrides[gate],
            )
        )
    session.flush()


def _blocked(session: Session, appointment: Appointment, stage: Stage) -> Iterator[Blocked]:
    now = clock.now()
    today = business_date_at(session, appointment.location_id, now)
    for item, service in _items(session, appointment):
        if stage == "complete" and not item.performed:
            continue
        if not holds_credential(
            session, item.provider_id, service.category_id, appointment.location_id, today
        ):
            yield Blocked("credential", "Give the item to a provider with a valid credential.", item.id)
        if stage == "arrive":
            continue
        if service.needs_exam and not holds(session, appointment.client_id, service.category_id, today):
            yield Blocked("exam", "Record a good-faith exam.", item.id)
        if service.consent_template_id is not None:
            (standing,) = standings(session, appointment.client_id, [service.consent_template_id], now)
            if standing.status != "valid":
                yield Blocked("consent", "Have the current consent signed.", item.id)
        if stage == "complete" and service.needs_treatment_record and not _signed(session, item):
            yield Blocked("treatment_record", "Chart and sign the treatment.", item.id)


def _items(session: Session, appointment: Appointment) -> list[tuple[AppointmentItem, Service]]:
    rows = session.execute(
        select(AppointmentItem, Service)
        .join(
            Service,
            (Service.org_id == AppointmentItem.org_id) & (Service.id == AppointmentItem.service_id),
        )
        .where(AppointmentItem.appointment_id == appointment.id, AppointmentItem.removed_at.is_(None))
        .order_by(AppointmentItem.position)
    )
    return [(item, service) for item, service in rows]


def _signed(session: Session, item: AppointmentItem) -> bool:
    found = session.scalar(
        select(TreatmentRecord.id)
        .where(TreatmentRecord.appointment_item_id == item.id, TreatmentRecord.status == NoteStatus.SIGNED)
        .limit(1)
    )
    return found is not None
