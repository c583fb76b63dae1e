"""Treatment records: what was done, from which lot, by whom; immutable once signed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import AppointmentStatus, NoteStatus, Permission, TreatmentSource
from operational.charting import lots
from operational.charting.errors import AlreadySigned, CredentialMissing, SitesDoNotSum, VisitNotOpen
from operational.charting.facts import Performed, holds_credential, item_of_visit
from operational.charting.gates import check_gates
from operational.charting.schemas import NewTreatment, Site
from operational.etag import check_if_match
from operational.identity.access import Actor
from operational.models import Product, ProductLot, TreatmentRecord, TreatmentSite
from operational.privacy.vault import Vault
from operational.rows import add_row, get_row

SEALED_FOR = "treatment"
CHARTED_IN = (AppointmentStatus.ARRIVED, AppointmentStatus.COMPLETED)


def write(session: Session, actor: Actor, vault: Vault, sent: NewTreatment) -> TreatmentRecord:
    """A draft record of an item of an arrived visit.

    Raises GateFailed, VisitNotOpen, CredentialMissing, LotUnusable, LotExpired, SitesDoNotSum, NotFound.
    """
    done = item_of_visit(session, sent.appointment_item_id)
    actor.require(Permission.CHART_WRITE, done.appointment.location_id)
    _check(session, done, sent)
    check_gates(session, actor, done.appointment.id, "chart", sent.gate_overrides, done.item.id)
    now = clock.now()
    record = TreatmentRecord(
        org_id=actor.org_id,
        client_id=done.appointment.client_id,
        appointment_item_id=done.item.id,
        location_id=done.appointment.location_id,
        provider_id=done.item.provider_id,
        category_id=done.service.category_id,
        source=TreatmentSource.CHARTED,
        performed_at=now,
        business_date=done.business_date,
        status=NoteStatus.DRAFT,
        **_values(session, vault, done, sent),
    )
    add_row(session, record)
    _set_sites(session, actor, record, sent.sites)
    return record


def rewrite(
    session: Session,
    actor: Actor,
    vault: Vault,
    record_id: uuid.UUID,
    sent: NewTreatment,
    if_match: str | None,
) -> TreatmentRecord:
    """Replace a draft. Raises AlreadySigned, StaleVersion and what `write` raises."""
    record = _draft(session, actor, record_id, if_match, Permission.CHART_WRITE)
    if sent.appointment_item_id != record.appointment_item_id:
        raise Invalid("appointment_item_id: a record stays with its item; write another one.")
    done = item_of_visit(session, sent.appointment_item_id)
    _check(session, done, sent)
    for name, value in _values(session, vault, done, sent).items():
        setattr(record, name, value)
    session.execute(delete(TreatmentSite).where(TreatmentSite.treatment_record_id == record.id))
    _set_sites(session, actor, record, sent.sites)
    session.refresh(record)
    return record


def sign(session: Session, actor: Actor, record_id: uuid.UUID, if_match: str | None) -> TreatmentRecord:
    """Sign a draft: its quantity leaves the lot, and it never changes again.

    Raises AlreadySigned, StaleVersion, CredentialMissing, LotExpired, StockShort.
    """
    record = _draft(session, actor, record_id, if_match, Permission.CHART_SIGN)
    if not holds_credential(
        session, record.provider_id, record.category_id, record.location_id, record.business_date
    ):
        raise CredentialMissing("Renew the credential, or let another provider treat.")
    lots.chart(session, actor, record)
    record.status = NoteStatus.SIGNED
    record.signed_at = clock.now()
    session.flush()
    session.refresh(record)
    return record


def opened(session: Session, vault: Vault, record: TreatmentRecord) -> dict[str, Any]:
    """A record's values with its sites and its details in clear."""
    values = {column.key: getattr(record, column.key) for column in TreatmentRecord.__table__.columns}
    values["sites"] = list(
        session.scalars(
            select(TreatmentSite)
            .where(TreatmentSite.treatment_record_id == record.id)
            .order_by(TreatmentSite.position)
        )
    )
    if record.details is not None:
        values["details"] = vault.unseal(
            session, record.client_id, record.details, purpose=SEALED_FOR
        ).decode()
    return values


def _draft(
    session: Session, actor: Actor, record_id: uuid.UUID, if_match: str | None, permission: Permission
) -> TreatmentRecord:
    record = get_row(session, TreatmentRecord, record_id, lock=True)
    actor.require(permission, record.location_id)
    if record.status is NoteStatus.SIGNED:
        raise AlreadySigned("Write an addendum to the visit's note instead.")
    check_if_match(record, if_match)
    return record


def _values(session: Session, vault: Vault, done: Performed, sent: NewTreatment) -> dict[str, Any]:
    details = None
    if sent.details is not None:
        details = vault.seal(session, done.appointment.client_id, sent.details.encode(), purpose=SEALED_FOR)
    return {
        "intent": sent.intent,
        "product_id": sent.product_id,
        "lot_id": sent.lot_id,
        "quantity_milli": sent.quantity_milli,
        "area": sent.area,
        "dilution": sent.dilution,
        "next_due_on": sent.next_due_on,
        "details": details,
    }


def _check(session: Session, done: Performed, sent: NewTreatment) -> None:
    if done.appointment.status not in CHARTED_IN:
        raise VisitNotOpen("Mark the client as arrived first.")
    if not holds_credential(
        session,
        done.item.provider_id,
        done.service.category_id,
        done.appointment.location_id,
        done.business_date,
    ):
        raise CredentialMissing("Renew the credential, or give the item to another provider.")
    given = [sent.product_id is not None, sent.lot_id is not None, sent.quantity_milli is not None]
    if any(given) != all(given):
        raise Invalid("product_id, lot_id, quantity_milli: send all three, or none of them.")
    if sent.product_id is not None and sent.lot_id is not None:
        product = get_row(session, Product, sent.product_id)
        if product.category_id != done.service.category_id:
            raise Invalid("product_id: this product is not of the service's treatment category.")
        lot = get_row(session, ProductLot, sent.lot_id)
        lots.check_usable(lot, product.id, done.appointment.location_id, done.business_date)
    if sent.sites and sum(one.quantity_milli for one in sent.sites) != (sent.quantity_milli or 0):
        raise SitesDoNotSum(
            "Correct the sites or the quantity.",
            {
                "sites_milli": sum(one.quantity_milli for one in sent.sites),
                "quantity_milli": sent.quantity_milli or 0,
            },
        )
    if sent.next_due_on is not None and sent.next_due_on <= done.business_date:
        raise Invalid("next_due_on: choose a date after the treatment.")


def _set_sites(session: Session, actor: Actor, record: TreatmentRecord, sites: Sequence[Site]) -> None:
    session.add_all(
        TreatmentSite(
            org_id=actor.org_id,
            treatment_record_id=record.id,
            position=position,
            site=one.site,
            quantity_milli=one.quantity_milli,
        )
        for position, one in enumerate(sites)
    )
    session.flush()
