"""What several actors do alike: squeeze somebody in, name a visit's items, read a link that was sent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Channel, SoftRule
from operational.booking.errors import NeedsOverride
from operational.booking.groups import SeriesConflicts
from operational.identity.access import Actor
from operational.messaging.messenger.inprocess import InProcessMessenger
from operational.models import AppointmentItem
from operational.simulation.stage import Stage

Made = TypeVar("Made")
Overrides = tuple[SoftRule, ...]
SHOWN = "booking.appointment"
_LINK = re.compile(r"/(?:visit|offer)/([\w-]{20,})")


def squeezed(
    stage: Stage, clients: Sequence[uuid.UUID], do: Callable[[TenantSession, Actor, Overrides], Made]
) -> Made:
    """Done by the desk; where it would run into the cleaning up after another visit, by the manager."""
    try:
        with stage.act(stage.front, view=SHOWN, clients=clients) as session:
            return do(session, stage.front, ())
    except (NeedsOverride, SeriesConflicts):
        with stage.act(stage.manager, view=SHOWN, clients=clients) as session:
            return do(session, stage.manager, (SoftRule.BUFFER,))


def items_of(session: TenantSession, appointment_id: uuid.UUID) -> list[uuid.UUID]:
    """In their order."""
    own = select(AppointmentItem.id).where(
        AppointmentItem.appointment_id == appointment_id, AppointmentItem.removed_at.is_(None)
    )
    return list(session.scalars(own.order_by(AppointmentItem.position)))


def read_link(stage: Stage, message_id: uuid.UUID) -> str | None:
    """The link in a message, as its recipient reads it."""
    messenger = stage.post.messengers.of(Channel.SMS)
    if not isinstance(messenger, InProcessMessenger):
        raise TypeError("only a messenger in this process shows what it sent")
    texts = (one.text for one in messenger.sent() if one.key == str(message_id))
    found = _LINK.search(next(texts, ""))
    return None if found is None else found[1]
