"""What people answer by text, and what a messenger reports about what was sent.

STOP, START and HELP are honoured in the transaction that takes the text. YES confirms the visit that was last
asked about. Everything else is kept for the desk to read.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    AppointmentStatus,
    Channel,
    ContactUse,
    MessageKind,
    MessageStatus,
    ReplyMeaning,
)
from operational.booking.visit import confirm
from operational.messaging import reach
from operational.messaging.messenger.port import Outcome, Result
from operational.messaging.outbox import queue, seal_for
from operational.messaging.send import job_actor, record, working
from operational.models import (
    Appointment,
    Client,
    ContactBlock,
    ContactConsent,
    IncomingMessage,
    LocationMessaging,
    Message,
)
from operational.privacy.vault import Vault

INCOMING_BODY = "message.incoming"
STOP_WORDS = frozenset("stop stopall stop-all unsubscribe cancel end quit revoke optout opt-out".split())
START_WORDS = frozenset("start unstop yes-start".split())
HELP_WORDS = frozenset("help info".split())
CONFIRM_WORDS = frozenset("yes y 1 c confirm confirmed ok".split())
_REVOKES = re.compile(
    r"\b(stop (texting|messaging|contacting|writing)|(don't|do not|dont) (text|message|contact)|unsubscribe"
    r"|opt (me )?out|remove me|take me off|leave me alone)\b"
)
"""Free words that revoke as STOP does: a client need not know the keyword (47 CFR 64.1200(a)(10))."""
_NUMBER = text("select org_id from directory.sms_number(:number)")
_MESSAGE = text("select org_id from directory.message(:id)")
ANSWERS = {
    ReplyMeaning.STOP: MessageKind.STOPPED,
    ReplyMeaning.START: MessageKind.STARTED,
    ReplyMeaning.HELP: MessageKind.HELP,
    ReplyMeaning.CONFIRM: MessageKind.CONFIRMATION_NOTED,
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text as the messenger posts it."""

    reference: str
    sender: str = field(repr=False)
    to: str
    body: str = field(repr=False)


def meaning_of(body: str) -> ReplyMeaning:
    """What a text asks for. Keywords stand alone; a revocation may be said in a sentence."""
    said = re.sub(r"\s+", " ", body.casefold().replace("\u2019", "'")).strip()
    word = said.strip(" .!,")
    if word in STOP_WORDS or _REVOKES.search(said):
        return ReplyMeaning.STOP
    if word in START_WORDS:
        return ReplyMeaning.START
    if word in HELP_WORDS:
        return ReplyMeaning.HELP
    return ReplyMeaning.CONFIRM if word in CONFIRM_WORDS else ReplyMeaning.OTHER


def receive(engine: Engine, vault: Vault, incoming: Incoming) -> ReplyMeaning | None:
    """Take a text once. None: it was sent to no number of ours, or was taken before."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        org_id = connection.execute(_NUMBER, {"number": incoming.to}).scalar()
    if org_id is None:
        return None
    with working(engine, vault, org_id) as session:
        return _take(session, incoming)


def report(
    engine: Engine, vault: Vault, message_id: uuid.UUID, status: str, reference: str, code: str
) -> bool:
    """What a messenger says became of a message. It also settles an outcome that nobody knew."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        org_id = connection.execute(_MESSAGE, {"id": message_id}).scalar()
    if org_id is None:
        return False
    with working(engine, vault, org_id) as session:
        failed = status in ("failed", "undelivered", "canceled")
        if not failed and status not in ("sent", "delivered", "read"):
            return True
        record(session, message_id, Result(Outcome.ACCEPTED, reference or None))
        message = session.get_one(Message, (org_id, message_id), with_for_update=True)
        if message.status is not MessageStatus.SENT:
            return True
        if failed:
            message.status, message.code = MessageStatus.FAILED, code
        elif status != "sent" and message.delivered_at is None:
            message.delivered_at = clock.now()
    return True


def _take(session: Session, incoming: Incoming) -> ReplyMeaning | None:
    org_id = organization_of(session)
    meaning = meaning_of(incoming.body)
    clients = session.scalars(
        select(Client)
        .where(Client.phone == incoming.sender, Client.merged_into_id.is_(None))
        .order_by(Client.id)
    ).all()
    asked = _asked(session, [one.id for one in clients])
    # Two people of one household may share a number: whoever was written to last is meant.
    client_id = asked.client_id if asked else clients[0].id if clients else None
    location_id = asked.location_id if asked else _location(session, incoming.to)
    row = {
        "org_id": org_id, "id": new_id(), "location_id": location_id, "client_id": client_id,
        "meaning": meaning, "reference": incoming.reference, "created_at": clock.now(),
        "sender": None if client_id else incoming.sender,
        "body": seal_for(session, client_id, incoming.body[:4000].encode(), INCOMING_BODY),
    }  # fmt: skip
    new = insert(IncomingMessage).values(row).on_conflict_do_nothing(index_elements=["org_id", "reference"])
    taken = session.scalar(new.returning(IncomingMessage.id))
    if taken is None:
        return None
    if meaning in (ReplyMeaning.STOP, ReplyMeaning.START):
        _allow(session, incoming.sender, [one.id for one in clients], meaning is ReplyMeaning.START)
    if meaning is ReplyMeaning.CONFIRM:
        meaning = _confirm(session, asked, taken)
    if meaning in ANSWERS and client_id is not None and location_id is not None:
        queue(
            session, kind=ANSWERS[meaning], client_id=client_id, location_id=location_id,
            appointment_id=asked.appointment_id if asked and meaning is ReplyMeaning.CONFIRM else None,
            channels=[Channel.SMS], dedupe=f"reply:{taken}",
        )  # fmt: skip
    return meaning


def _asked(session: Session, client_ids: list[uuid.UUID]) -> Message | None:
    """The message that a text answers: the last one to these clients, a request to confirm before others."""
    if not client_ids:
        return None
    return session.scalar(
        select(Message)
        .where(
            Message.client_id.in_(client_ids),
            Message.channel == Channel.SMS,
            Message.status.in_((MessageStatus.SENT, MessageStatus.UNKNOWN, MessageStatus.CLAIMED)),
        )
        .order_by(
            ((Message.kind == MessageKind.CONFIRMATION_REQUEST) & (Message.about_start > clock.now())).desc(),
            Message.claimed_at.desc(),
        )
        .limit(1)
    )


def _confirm(session: Session, asked: Message | None, incoming_id: uuid.UUID) -> ReplyMeaning:
    """Confirm the visit that was asked about; a word that confirms nothing is for the desk."""
    if asked is None or asked.appointment_id is None or asked.kind is not MessageKind.CONFIRMATION_REQUEST:
        return _for_the_desk(session, incoming_id)
    if not confirm_visit(session, asked.appointment_id, asked):
        return _for_the_desk(session, incoming_id)
    row = session.get_one(IncomingMessage, (organization_of(session), incoming_id))
    row.appointment_id = asked.appointment_id
    return ReplyMeaning.CONFIRM


def confirm_visit(session: Session, appointment_id: uuid.UUID, asked: Message) -> bool:
    """True when the visit stands confirmed at the time that was asked about."""
    visit = session.scalars(
        select(Appointment).where(Appointment.id == appointment_id).with_for_update(key_share=True)
    ).one()
    if visit.starts_at != asked.about_start or visit.starts_at <= clock.now():
        return False
    if visit.status is AppointmentStatus.BOOKED:
        confirm(session, job_actor(visit.org_id), appointment_id)
        return True
    return visit.status is AppointmentStatus.CONFIRMED


def _for_the_desk(session: Session, incoming_id: uuid.UUID) -> ReplyMeaning:
    row = session.get_one(IncomingMessage, (organization_of(session), incoming_id))
    row.meaning = ReplyMeaning.OTHER
    return ReplyMeaning.OTHER


def _allow(session: Session, address: str, client_ids: list[uuid.UUID], allowed: bool) -> None:
    """STOP ends every use of the channel for whoever has the number. START brings back what is needed only:
    marketing wants a new word from the client."""
    org_id = organization_of(session)
    word = "start" if allowed else "stop"
    row = {
        "org_id": org_id, "id": new_id(), "channel": Channel.SMS, "created_at": clock.now(), "reason": word,
        "address_digest": reach.digest(org_id, address), "blocked": not allowed,
    }  # fmt: skip
    statement = insert(ContactBlock).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "channel", "address_digest"],
            set_={"blocked": not allowed, "reason": word},
        )
    )
    uses = (ContactUse.TRANSACTIONAL,) if allowed else tuple(ContactUse)
    session.add_all(
        ContactConsent(
            org_id=org_id, client_id=client_id, channel=Channel.SMS, use=use, granted=allowed, source="reply"
        )
        for client_id in client_ids
        for use in uses
    )
    session.flush()


def _location(session: Session, number: str) -> uuid.UUID | None:
    return session.scalar(
        select(LocationMessaging.location_id)
        .where(LocationMessaging.sms_from == number)
        .order_by(LocationMessaging.location_id)
        .limit(1)
    )
