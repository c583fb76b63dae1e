"""Deciding about a message that is due, and claiming it: in one transaction, with its visit locked.

Until the visit's row is locked nothing is decided, so a cancellation is either seen here, or waits until the
claim is committed. Who sends, and what becomes of it, is in send.py.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import AppointmentStatus, Channel, ContactUse, MessageStatus
from medspa.kernel.vocabulary import MessageKind as K
from medspa.ui.values import clock_of, clock_time, hours_of
from operational import links
from operational.messaging import reach
from operational.messaging.fields import NEEDS_LINK, fields_of, fill
from operational.messaging.messenger.port import Outgoing
from operational.messaging.outbox import parts_of, seal_for, unseal_of
from operational.messaging.quiet import QuietHours
from operational.messaging.templates import Chosen, text_for
from operational.models import Location, LocationMessaging, Message

BODY = "message.body"
REPLIES = frozenset({K.STOPPED, K.STARTED, K.HELP, K.CONFIRMATION_NOTED})
"""Answers to somebody who has just written: not held back by quiet hours."""
ABOUT_COMING = frozenset(
    {K.BOOKING_CONFIRMED, K.REMINDER, K.CONFIRMATION_REQUEST, K.MOVED, K.MUST_MOVE, K.FORMS_OUTSTANDING}
)
"""Of no use once the visit is cancelled, moved or over."""
WAITING = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED)
CANCELLED = (AppointmentStatus.CANCELLED, AppointmentStatus.LATE_CANCELLED)
LINK_OUTLIVES = timedelta(days=1)
LeadReach = Callable[[Session, uuid.UUID], reach.Recipient]
"""Who a lead is: leads hand their messages over to clients, so they know of messages and not the reverse."""
REPORTS = "/v1/messenger/texts/{message_id}/status"

_VISIT = text(
    """
    select a.status, a.starts_at, exists (
        select from task t
        where t.org_id = a.org_id and t.appointment_id = a.id and t.kind = 'find_time' and t.done_at is null
    ) as must_move
    from appointment a where a.id = :id for share
    """
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, committed as such."""

    message_id: uuid.UUID
    channel: Channel
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Settled:
    """A message that is not sent now; `code` says why."""

    message_id: uuid.UUID
    code: str


def claim_next(session: Session, settings: Settings, leads: LeadReach) -> Claimed | Settled | None:
    """Decide about the message that has waited longest; None when none is due. Needs an open audit."""
    message = session.scalar(
        select(Message)
        .where(Message.status == MessageStatus.SCHEDULED, Message.due_at <= clock.now())
        .order_by(Message.due_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if message is None:
        return None
    decided = _decide(session, settings, message, leads)
    if isinstance(decided, str):
        message.status, message.code = MessageStatus.CANCELLED, decided
        return Settled(message.id, decided)
    if isinstance(decided, datetime):
        message.due_at = decided
        return Settled(message.id, "later")
    return decided


def _decide(
    session: Session, settings: Settings, message: Message, leads: LeadReach
) -> Claimed | str | datetime:
    now = clock.now()
    if now > message.drop_after:
        return "too_late"
    if message.appointment_id is not None:
        stale = _stale(message, session.execute(_VISIT, {"id": message.appointment_id}).one(), now)
        if stale is not None:
            return stale
    recipient = _recipient(session, message, leads)
    found = reach.reachable(
        session, recipient, message.channel, ContactUse.TRANSACTIONAL, reply=message.kind in REPLIES
    )
    if isinstance(found, str):
        return found
    channel, address = found
    place = session.get_one(Location, (message.org_id, message.location_id))
    rules = session.scalar(
        select(LocationMessaging).where(LocationMessaging.location_id == message.location_id)
    )
    if channel is Channel.SMS and message.kind not in REPLIES:
        allowed = quiet_hours(rules, place.timezone).next_allowed(now)
        if allowed > now:
            return "too_late" if allowed > message.drop_after else allowed
    chosen = text_for(session, message.location_id, message.kind, channel)
    sender = _sender(settings, rules, channel)
    if chosen is None or sender is None:
        return "no_sender" if chosen else "no_text"
    values = _values(session, settings, message, recipient, place, rules, chosen)
    if message.kind in NEEDS_LINK and not values.get("link"):
        return "no_link"
    outgoing = Outgoing(
        key=str(message.id),
        sender=sender,
        to=address,
        text=fill(chosen.wording.body, values),
        subject=fill(chosen.wording.subject, values) if chosen.wording.subject else None,
        status_url=_status_url(settings, message, channel),
    )
    _mark(session, message, channel, chosen, outgoing)
    return Claimed(message.id, channel, outgoing)


def _stale(message: Message, visit: Row[tuple[str, datetime, bool]], now: datetime) -> str | None:
    """Why what the message says about its visit is not so any more."""
    if message.kind in ABOUT_COMING:
        if visit.status not in WAITING:
            return "not_waiting"
        if visit.starts_at != message.about_start:
            return "moved"
        if visit.starts_at <= now:
            return "too_late"
    if visit.must_move and message.kind in (K.REMINDER, K.CONFIRMATION_REQUEST):
        return "must_move"
    if message.kind is K.MUST_MOVE and not visit.must_move:
        return "settled"
    if message.kind is K.CONFIRMATION_REQUEST and visit.status != AppointmentStatus.BOOKED:
        return "confirmed"
    if message.kind is K.CANCELLED and visit.status not in CANCELLED:
        return "restored"
    return None


def _recipient(session: Session, message: Message, leads: LeadReach) -> reach.Recipient:
    if message.client_id is not None:
        return reach.client_recipient(session, message.client_id)
    if message.lead_id is not None:
        return leads(session, message.lead_id)
    return reach.Recipient(None, "", {}, gone="no_address")


def quiet_hours(rules: LocationMessaging | None, timezone: str) -> QuietHours:
    """Those of the location; where nothing is set, from nine in the evening until eight."""
    if rules is None:
        return QuietHours(timezone, 21 * 60, 8 * 60)
    return QuietHours(timezone, rules.quiet_from_minute, rules.quiet_until_minute)


def _sender(settings: Settings, rules: LocationMessaging | None, channel: Channel) -> str | None:
    """The location's number or address; the in-process messenger needs none."""
    own = None if rules is None else rules.sms_from if channel is Channel.SMS else rules.email_from
    if own is not None:
        return own
    if channel is Channel.SMS:
        return "+15550100" if settings.sms == "inprocess" else None
    return "practice@medspa.example" if settings.email == "inprocess" else None


def _values(
    session: Session,
    settings: Settings,
    message: Message,
    recipient: reach.Recipient,
    place: Location,
    rules: LocationMessaging | None,
    chosen: Chosen,
) -> dict[str, str]:
    values = {
        "first_name": recipient.first_name,
        "location": place.name,
        "phone": (rules.call_number if rules else None) or "",
    }
    if message.about_start is not None:
        values |= said_time(message.about_start, place.timezone, place.currency)
    values |= parts_of(session, message)
    if (
        "link" not in values
        and message.appointment_id is not None
        and message.about_start is not None
        and "link" in fields_of(chosen.wording.body)
    ):
        token = links.issue(
            session,
            purpose=links.APPOINTMENT,
            client_id=message.client_id,
            subject_id=message.appointment_id,
            lifetime=message.about_start + LINK_OUTLIVES - clock.now(),
        )
        values["link"] = links.url_of(settings, links.APPOINTMENT, token)
    return values


def said_time(instant: datetime, timezone: str, currency: str = "USD") -> dict[str, str]:
    """Date and time as a client reads them, on the location's clock."""
    local = instant.astimezone(ZoneInfo(timezone))
    with clock_of(hours_of(currency)):
        # A space that does not break would make a text of 160 signs one of 70.
        time = clock_time(local).replace("\u00a0", " ")
    return {"date": f"{local:%a, %b} {local.day}", "time": time}


def _status_url(settings: Settings, message: Message, channel: Channel) -> str:
    if channel is not Channel.SMS:
        return ""
    return links.public_url(settings, REPORTS.format(message_id=message.id))


def _mark(session: Session, message: Message, channel: Channel, chosen: Chosen, outgoing: Outgoing) -> None:
    plain = json.dumps(
        {"to": outgoing.to, "sender": outgoing.sender, "subject": outgoing.subject, "text": outgoing.text}
    ).encode()
    message.body = seal_for(session, message.client_id, plain, BODY)
    message.status, message.channel, message.template_id = MessageStatus.CLAIMED, channel, chosen.template_id
    message.claimed_at, message.attempts, message.code = clock.now(), message.attempts + 1, None
    session.flush()


def sealed_body(session: Session, message: Message) -> dict[str, str | None]:
    """Where a message went and what it said; empty before it was claimed."""
    if message.body is None:
        return {}
    found: dict[str, str | None] = json.loads(unseal_of(session, message.client_id, message.body, BODY))
    return found
