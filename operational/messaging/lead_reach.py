"""Who a lead is to the outbox: somebody who asked to be contacted, or the client they became."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.vocabulary import Channel
from operational.leads.service import opened
from operational.messaging.reach import Recipient, client_recipient
from operational.models import Lead
from operational.privacy.vault import vault_of


def lead_recipient(session: Session, lead_id: uuid.UUID) -> Recipient:
    """Needs an open audit. Who did not ask to be contacted is written nothing."""
    lead = session.get_one(Lead, (organization_of(session), lead_id))
    if lead.client_id is not None:
        return client_recipient(session, lead.client_id)
    contact = opened(session, vault_of(session), lead)
    found = {Channel.SMS: contact.phone, Channel.EMAIL: contact.email}
    addresses = {channel: address for channel, address in found.items() if address}
    return Recipient(None, contact.first_name, addresses, None if lead.may_contact else "no_consent")
