"""Signing a consent: what is shown, and the evidence kept of the signature.

The exact bytes shown are kept, sealed under the client's key, with their SHA-256; the same text is
rendered again when the signature comes back and must be the same, byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.kernel.vocabulary import ClientFlag, Permission, SignatureMethod
from operational.client_records import open_client
from operational.consent.errors import (
    DisclosureNotAccepted,
    RepresentativeNeeded,
    SignatureUnreadable,
    VersionOutdated,
    WordingChanged,
)
from operational.consent.schemas import Signature
from operational.consent.templates import current_version
from operational.identity.access import Actor
from operational.models import (
    Appointment,
    Client,
    ConsentTemplate,
    ConsentTemplateVersion,
    Organization,
    SignedConsent,
)
from operational.privacy.vault import Vault
from operational.rows import get_row

ADULT_YEARS = 18
SEALED_FOR = "consent"
TOLERANCE = timedelta(minutes=5)
"""How far ahead of our clock a client's device may be."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a signature came from, as seen by the server."""

    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The text to be signed."""

    client_id: uuid.UUID
    template_version_id: uuid.UUID
    number: int
    disclosure: str
    rendered: str
    rendered_sha256: str


def to_sign(session: Session, actor: Actor, client_id: uuid.UUID, template_id: uuid.UUID) -> Shown:
    """The current wording for one client. Raises NotFound, NoPublishedVersion."""
    actor.require(Permission.CONSENT_COLLECT)
    client = open_client(session, client_id)
    template = get_row(session, ConsentTemplate, template_id)
    return _render(session, client, template, current_version(session, actor.org_id, template.id))


def _render(
    session: Session, client: Client, template: ConsentTemplate, version: ConsentTemplateVersion
) -> Shown:
    practice = session.scalars(select(Organization).where(Organization.org_id == client.org_id)).one()
    rendered = "\n".join(
        [
            practice.name,
            f"{template.name}, version {version.number}",
            f"Client: {client.first_name} {client.last_name}",
            "",
            version.body,
            "",
        ]
    )
    digest = hashlib.sha256(rendered.encode()).hexdigest()
    return Shown(client.id, version.id, version.number, version.disclosure, rendered, digest)


def sign(
    session: Session, actor: Actor, vault: Vault, client_id: uuid.UUID, sent: Signature, origin: Origin
) -> SignedConsent:
    """Keep a signature with its evidence.

    Raises VersionOutdated, WordingChanged, DisclosureNotAccepted, RepresentativeNeeded,
    SignatureUnreadable, NotFound.
    """
    actor.require(Permission.CONSENT_COLLECT)
    now = clock.now()
    client = open_client(session, client_id)
    signed_version = get_row(session, ConsentTemplateVersion, sent.template_version_id)
    # Locked against a version being published while this one is signed.
    template = session.scalars(
        select(ConsentTemplate)
        .where(ConsentTemplate.org_id == actor.org_id, ConsentTemplate.id == signed_version.template_id)
        .with_for_update(read=True)
    ).one()
    current = current_version(session, actor.org_id, template.id)
    if current.id != signed_version.id:
        raise VersionOutdated(
            f"Version {current.number} is current; show it and have it signed.",
            {"current_version_id": str(current.id)},
        )
    shown = _render(session, client, template, current)
    if shown.rendered_sha256 != sent.rendered_sha256:
        raise WordingChanged("Show the text again and have it signed.")
    accepted = sent.disclosure_accepted_at
    if accepted is None or accepted > now + TOLERANCE:
        raise DisclosureNotAccepted("Show the disclosure, and send when it was accepted.")
    if sent.relationship == "self" and _is_minor(client, now.date()):
        raise RepresentativeNeeded("Name the parent, guardian or representative who signs.")
    if sent.appointment_id is not None:
        _own_appointment(session, client, sent.appointment_id)
    row = SignedConsent(
        org_id=actor.org_id,
        client_id=client.id,
        template_version_id=current.id,
        appointment_id=sent.appointment_id,
        rendered=vault.seal(session, client.id, shown.rendered.encode(), purpose=SEALED_FOR),
        rendered_sha256=shown.rendered_sha256,
        signer_name=vault.seal(session, client.id, sent.signer_name.encode(), purpose=SEALED_FOR),
        relationship=sent.relationship,
        signature=vault.seal(session, client.id, _signature_bytes(sent), purpose=SEALED_FOR),
        method=sent.method,
        disclosure_accepted_at=min(accepted, now),
        signed_at=now,
        valid_until=_valid_until(now, template.valid_days),
        address=origin.address,
        user_agent=(origin.user_agent or "")[:400] or None,
        witness_id=actor.staff_id,
    )
    session.add(row)
    session.flush()
    return row


def _valid_until(now: datetime, valid_days: int | None) -> datetime | None:
    return None if valid_days is None else now + timedelta(days=valid_days)


def _signature_bytes(sent: Signature) -> bytes:
    if sent.method is SignatureMethod.TYPED:
        return sent.signature.encode()
    try:
        return base64.b64decode(sent.signature, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureUnreadable("Send the drawing as base64.") from None


def _is_minor(client: Client, today: date) -> bool:
    if ClientFlag.MINOR.value in client.flags:
        return True
    born = client.birth_date
    if born is None:
        return False
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < ADULT_YEARS


def _own_appointment(session: Session, client: Client, appointment_id: uuid.UUID) -> None:
    if get_row(session, Appointment, appointment_id).client_id != client.id:
        raise NotFound("There is no such appointment of this client.")
