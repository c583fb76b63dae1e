"""Whether and how a person may be written to: their address, what they agreed to, what they refused."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.vocabulary import Channel, ClientFlag, ContactUse
from operational.client_records import of_client, root_of
from operational.models import Client, ContactBlock, ContactConsent

PREFERRED = (Channel.SMS, Channel.EMAIL)
DEFAULTS = {ContactUse.TRANSACTIONAL: True, ContactUse.MARKETING: False}
"""Without a word from the client: who books gave an address to be told about it, and no more than that."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody a message goes to."""

    client_id: uuid.UUID | None
    first_name: str = field(repr=False)
    addresses: dict[Channel, str] = field(repr=False)
    gone: str | None = None
    """Why nothing may be sent at all, as a code."""


def client_recipient(session: Session, client_id: uuid.UUID) -> Recipient:
    """The client, or the one that the record was merged into. Needs an open audit."""
    client = session.get_one(Client, (organization_of(session), root_of(session, client_id)))
    found = {Channel.SMS: client.phone, Channel.EMAIL: client.email}
    addresses = {channel: address for channel, address in found.items() if address}
    gone = "deceased" if ClientFlag.DECEASED.value in client.flags else None
    return Recipient(client.id, client.first_name, addresses, gone)


def reachable(
    session: Session, recipient: Recipient, wanted: Channel | None, use: ContactUse, *, reply: bool = False
) -> tuple[Channel, str] | str:
    """(channel, address), or the code of why not. A reply answers whoever wrote, blocked or not."""
    if recipient.gone is not None:
        return recipient.gone
    why = "no_address"
    for channel in (wanted,) if wanted else PREFERRED:
        address = recipient.addresses.get(channel)
        if address is None:
            continue
        if reply or (not is_blocked(session, channel, address) and allows(session, recipient, channel, use)):
            return channel, address
        why = "opted_out"
    return why


def allows(session: Session, recipient: Recipient, channel: Channel, use: ContactUse) -> bool:
    """What the client last said about this channel and use."""
    if recipient.client_id is None:
        return DEFAULTS[use]
    said = session.scalar(
        select(ContactConsent.granted)
        .where(
            of_client(ContactConsent.client_id, recipient.client_id),
            ContactConsent.channel == channel,
            ContactConsent.use == use,
        )
        .order_by(ContactConsent.created_at.desc(), ContactConsent.id.desc())
        .limit(1)
    )
    return DEFAULTS[use] if said is None else said


def is_blocked(session: Session, channel: Channel, address: str) -> bool:
    statement = select(ContactBlock.blocked).where(
        ContactBlock.channel == channel,
        ContactBlock.address_digest == digest(organization_of(session), address),
    )
    return bool(session.scalar(statement))


def digest(org_id: uuid.UUID, address: str) -> str:
    """One address has different digests in different organizations."""
    return hashlib.sha256(org_id.bytes + address.strip().casefold().encode()).hexdigest()
