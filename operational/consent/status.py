"""Whether a client's consent holds: the current version, signed, and not past its validity."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from operational.client_records import of_client
from operational.consent.schemas import Status
from operational.models import ConsentTemplate, ConsentTemplateVersion, SignedConsent


@dataclass(frozen=True, slots=True)
class Standing:
    """How a client stands with one form."""

    client_id: uuid.UUID
    template_id: uuid.UUID
    template: str
    status: Status
    signed_version: int | None
    current_version: int | None


def standings(
    session: Session, client_id: uuid.UUID, template_ids: Collection[uuid.UUID] | None, at: datetime
) -> list[Standing]:
    """The client's standing with the forms (None: every form that has a version), by name."""
    org_id = organization_of(session)
    asked = select(ConsentTemplate).where(ConsentTemplate.org_id == org_id)
    if template_ids is not None:
        asked = asked.where(ConsentTemplate.id.in_(template_ids))
    numbered = session.execute(
        select(ConsentTemplateVersion.template_id, ConsentTemplateVersion.number)
        .where(ConsentTemplateVersion.org_id == org_id)
        .order_by(ConsentTemplateVersion.number)
    )
    versions: dict[uuid.UUID, int] = {row.template_id: row.number for row in numbered}
    signed: dict[uuid.UUID, tuple[int, datetime | None]] = {}
    for template_id, number, until in session.execute(
        select(ConsentTemplateVersion.template_id, ConsentTemplateVersion.number, SignedConsent.valid_until)
        .join(
            SignedConsent,
            (SignedConsent.org_id == ConsentTemplateVersion.org_id)
            & (SignedConsent.template_version_id == ConsentTemplateVersion.id),
        )
        .where(SignedConsent.org_id == org_id, of_client(SignedConsent.client_id, client_id))
        .order_by(ConsentTemplateVersion.number, SignedConsent.signed_at)
    ):
        signed[template_id] = (number, until)
    return [
        _standing(client_id, template, signed.get(template.id), versions.get(template.id), at)
        for template in session.scalars(asked.order_by(ConsentTemplate.name, ConsentTemplate.id))
        if template_ids is not None or template.id in versions
    ]


def _standing(
    client_id: uuid.UUID,
    template: ConsentTemplate,
    signed: tuple[int, datetime | None] | None,
    current: int | None,
    at: datetime,
) -> Standing:
    status: Status
    if signed is None or current is None:
        status = "missing"
    elif signed[0] != current:
        status = "outdated"
    elif signed[1] is not None and signed[1] <= at:
        status = "expired"
    else:
        status = "valid"
    return Standing(client_id, template.id, template.name, status, signed[0] if signed else None, current)
