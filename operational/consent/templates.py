"""Consent templates and the publishing of wordings. A published version is never changed."""

from __future__ import annotations

import hashlib
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from operational.consent.errors import NoPublishedVersion
from operational.consent.schemas import NewTemplate, NewVersion
from operational.identity.access import Actor
from operational.models import ConsentTemplate, ConsentTemplateVersion
from operational.rows import add_row, get_row


def create_template(session: Session, actor: Actor, sent: NewTemplate) -> ConsentTemplate:
    """A form by name, without wording. Raises Forbidden."""
    actor.require(Permission.CONSENT_MANAGE)
    row = ConsentTemplate(org_id=actor.org_id, name=sent.name, valid_days=sent.valid_days)
    return add_row(session, row)


def publish_version(
    session: Session, actor: Actor, template_id: uuid.UUID, sent: NewVersion
) -> ConsentTemplateVersion:
    """The next version of a form; signatures on earlier ones stop counting for new treatments."""
    actor.require(Permission.CONSENT_MANAGE)
    template = get_row(session, ConsentTemplate, template_id, lock=True)
    last = session.scalar(
        select(func.max(ConsentTemplateVersion.number)).where(
            ConsentTemplateVersion.org_id == actor.org_id,
            ConsentTemplateVersion.template_id == template.id,
        )
    )
    return add_row(
        session,
        ConsentTemplateVersion(
            org_id=actor.org_id,
            template_id=template.id,
            number=(last or 0) + 1,
            body=sent.body,
            disclosure=sent.disclosure,
            body_sha256=hashlib.sha256(sent.body.encode()).hexdigest(),
            published_at=clock.now(),
            published_by=actor.staff_id or actor.id,
        ),
    )


def current_version(session: Session, org_id: uuid.UUID, template_id: uuid.UUID) -> ConsentTemplateVersion:
    """The newest published version. Raises NoPublishedVersion."""
    version = session.scalar(
        select(ConsentTemplateVersion)
        .where(ConsentTemplateVersion.org_id == org_id, ConsentTemplateVersion.template_id == template_id)
        .order_by(ConsentTemplateVersion.number.desc())
        .limit(1)
    )
    if version is None:
        raise NoPublishedVersion("Publish a version of this form first.")
    return version
