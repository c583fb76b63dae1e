"""Consent over HTTP: forms and wordings, showing and signing, standing and signed copies."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request, status
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission, Purpose
from operational.client_records import of_client
from operational.consent import schemas, sign, templates
from operational.consent.status import standings
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Client, ConsentTemplate, ConsentTemplateVersion, SignedConsent
from operational.paging import Cursor, Limit, Page, by_id, page
from operational.privacy.schemas import render, render_many
from operational.routing import AreaRouter
from operational.rows import get_row

router = AreaRouter(prefix="/v1", tags=["consent"])
Manager = Annotated[Unit, Depends(needs(Permission.CONSENT_MANAGE), scope="function")]
Desk = Annotated[Unit, Depends(needs(Permission.CLIENT_READ, phi=Purpose.OPERATIONS), scope="function")]
Collector = Annotated[
    Unit, Depends(needs(Permission.CONSENT_COLLECT, phi=Purpose.TREATMENT), scope="function")
]
Clinician = Annotated[Unit, Depends(needs(Permission.CHART_READ, phi=Purpose.TREATMENT), scope="function")]


@router.post("/consent-templates", status_code=status.HTTP_201_CREATED)
def create_template(sent: schemas.NewTemplate, unit: Manager) -> schemas.TemplateOut:
    """A consent form by name; publish a version to give it wording."""
    return schemas.TemplateOut.model_validate(templates.create_template(unit.session, unit.actor, sent))


@router.get("/consent-templates")
def list_templates(
    unit: Annotated[Unit, Depends(needs(Permission.CONSENT_COLLECT), scope="function")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.TemplateOut]:
    statement = select(ConsentTemplate).where(ConsentTemplate.org_id == unit.actor.org_id)
    rows, after = by_id(unit.session, statement, ConsentTemplate.id, limit, cursor)
    return page(rows, after, schemas.TemplateOut.model_validate)


@router.post("/consent-templates/{template_id}/versions", status_code=status.HTTP_201_CREATED)
def publish_version(template_id: uuid.UUID, sent: schemas.NewVersion, unit: Manager) -> schemas.VersionOut:
    """Publish a wording. Earlier signatures stay as they are and stop counting for new treatments."""
    row = templates.publish_version(unit.session, unit.actor, template_id, sent)
    return schemas.VersionOut.model_validate(row)


@router.get("/consent-templates/{template_id}/versions")
def list_versions(
    template_id: uuid.UUID, unit: Manager, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.VersionOut]:
    get_row(unit.session, ConsentTemplate, template_id)
    statement = select(ConsentTemplateVersion).where(
        ConsentTemplateVersion.org_id == unit.actor.org_id, ConsentTemplateVersion.template_id == template_id
    )
    rows, after = by_id(unit.session, statement, ConsentTemplateVersion.id, limit, cursor)
    return page(rows, after, schemas.VersionOut.model_validate)


@router.get("/clients/{client_id}/consents/status")
def consent_status(client_id: uuid.UUID, unit: Desk) -> Page[schemas.ConsentStatus]:
    """Which forms hold, are missing, outdated or expired. Tells nothing of their content."""
    get_row(unit.session, Client, client_id)
    found = standings(unit.session, client_id, None, clock.now())
    shown = render_many(unit.session, unit.actor, "consent.status", schemas.ConsentStatus, found)
    return Page(items=shown, next_cursor=None)


@router.get("/clients/{client_id}/consents/to-sign/{template_id}")
def show_to_sign(client_id: uuid.UUID, template_id: uuid.UUID, unit: Collector) -> schemas.ToSign:
    """Exactly what the client signs, with the disclosure to accept before."""
    shown = sign.to_sign(unit.session, unit.actor, client_id, template_id)
    return render(unit.session, unit.actor, "consent.to_sign", schemas.ToSign, shown)


@router.post("/clients/{client_id}/consents", status_code=status.HTTP_201_CREATED)
def sign_consent(
    client_id: uuid.UUID, sent: schemas.Signature, unit: Collector, request: Request
) -> schemas.SignedOut:
    """Keep a signature on the current version of a form."""
    origin = sign.Origin(
        address=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent"),
    )
    row = sign.sign(unit.session, unit.actor, unit.vault, client_id, sent, origin)
    return render(unit.session, unit.actor, "consent.signed", schemas.SignedOut, row)


@router.get("/clients/{client_id}/consents")
def list_signed(
    client_id: uuid.UUID, unit: Desk, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.SignedOut]:
    get_row(unit.session, Client, client_id)
    statement = select(SignedConsent).where(
        SignedConsent.org_id == unit.actor.org_id, of_client(SignedConsent.client_id, client_id)
    )
    rows, after = by_id(unit.session, statement, SignedConsent.id, limit, cursor)
    shown = render_many(unit.session, unit.actor, "consent.list", schemas.SignedOut, rows)
    return Page(items=shown, next_cursor=after)


@router.get("/signed-consents/{consent_id}")
def signed_copy(consent_id: uuid.UUID, unit: Clinician) -> schemas.SignedCopy:
    """The signed text as it was shown, for the chart and for the client's copy."""
    row = get_row(unit.session, SignedConsent, consent_id)
    opened = {
        name: unit.vault.unseal(unit.session, row.client_id, getattr(row, name), purpose=sign.SEALED_FOR)
        for name in ("signer_name", "rendered")
    }
    values = {name: getattr(row, name) for name in schemas.SignedOut.model_fields}
    values |= {name: content.decode() for name, content in opened.items()}
    return render(unit.session, unit.actor, "consent.copy", schemas.SignedCopy, values)
