"""Why a member of a segment may not be written to, as far as this store knows. Each reason is a code.

Consent for a channel, quiet hours and frequency are decided where messages are sent.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import AppointmentStatus, ClientFlag, NoteStatus
from operational.client_records import askers_of
from operational.models import (
    Appointment,
    AppointmentItem,
    Client,
    SegmentPublication,
    Service,
    TreatmentCategory,
    TreatmentRecord,
)

FLAGS = (ClientFlag.DECEASED, ClientFlag.DO_NOT_TREAT, ClientFlag.MINOR, ClientFlag.NO_RECALL)
OPEN = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED)
STALE_AFTER_DAYS = 7
"""A segment evaluated for an earlier date than this many days ago says little about today."""


def suppressions(
    session: Session, publication: SegmentPublication, clients: Sequence[Client]
) -> dict[uuid.UUID, list[str]]:
    """Client id → codes: flags, merged, future_booking, treated_since, stale_segment."""
    ids = [client.id for client in clients]
    stale = publication.as_of < clock.now().date() - dt.timedelta(days=STALE_AFTER_DAYS)
    booked = set(session.scalars(_booked(publication, ids))) if publication.booked != "none" else set()
    # What was charted before a merge stays with the record that was merged.
    records = askers_of(session, ids)
    treated = {records[one] for one in session.scalars(_treated(publication, list(records)))}
    found = {}
    for client in clients:
        reasons: list[str] = [flag.value for flag in FLAGS if flag.value in client.flags]
        reasons += ["merged"] * (client.merged_into_id is not None)
        reasons += ["future_booking"] * (client.id in booked)
        reasons += ["treated_since"] * (client.id in treated)
        reasons += ["stale_segment"] * stale
        found[client.id] = reasons
    return found


def _booked(publication: SegmentPublication, ids: Sequence[uuid.UUID]) -> Select[uuid.UUID]:
    """Who has an appointment to come: in the segment's categories, or any."""
    query = select(Appointment.client_id).where(
        Appointment.org_id == publication.org_id,
        Appointment.client_id.in_(ids),
        Appointment.status.in_(OPEN),
        Appointment.starts_at > clock.now(),
    )
    if publication.booked == "same_category":
        query = query.where(_in_categories(publication))
    return query.distinct()


def _in_categories(publication: SegmentPublication) -> ColumnElement[bool]:
    return exists(
        select(AppointmentItem.id)
        .join(
            Service,
            (Service.org_id == AppointmentItem.org_id) & (Service.id == AppointmentItem.service_id),
        )
        .join(
            TreatmentCategory,
            (TreatmentCategory.org_id == Service.org_id) & (TreatmentCategory.id == Service.category_id),
        )
        .where(
            AppointmentItem.org_id == Appointment.org_id,
            AppointmentItem.appointment_id == Appointment.id,
            AppointmentItem.removed_at.is_(None),
            TreatmentCategory.code.in_(publication.categories),
        )
    )


def _treated(publication: SegmentPublication, ids: Sequence[uuid.UUID]) -> Select[uuid.UUID]:
    """Who was treated on the segment's date or later, in its categories; without any, who came."""
    if not publication.categories:
        return (
            select(Appointment.client_id)
            .where(
                Appointment.org_id == publication.org_id,
                Appointment.client_id.in_(ids),
                Appointment.status == AppointmentStatus.COMPLETED,
                Appointment.business_date >= publication.as_of,
            )
            .distinct()
        )
    return (
        select(TreatmentRecord.client_id)
        .join(
            TreatmentCategory,
            (TreatmentCategory.org_id == TreatmentRecord.org_id)
            & (TreatmentCategory.id == TreatmentRecord.category_id),
        )
        .where(
            TreatmentRecord.org_id == publication.org_id,
            TreatmentRecord.client_id.in_(ids),
            TreatmentRecord.status == NoteStatus.SIGNED,
            TreatmentRecord.business_date >= publication.as_of,
            TreatmentCategory.code.in_(publication.categories),
        )
        .distinct()
    )
