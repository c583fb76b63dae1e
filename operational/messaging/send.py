"""Sending what is due: claim and commit, call the messenger with nothing held, record what it said.

Whatever happens after the claim, the message is never claimed again: a claim that its sender left behind is
asked about (`reconcile`), and what nobody can tell is listed for people.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import TenantSession, bind_organization, new_session
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, MessageStatus, Permission, Purpose
from operational.identity.access import EVERYWHERE, Actor
from operational.messaging.claim import Claimed, claim_next, sealed_body
from operational.messaging.lead_reach import lead_recipient
from operational.messaging.messenger.open import Messengers
from operational.messaging.messenger.port import Outcome, Outgoing, Result
from operational.messaging.schedule import look_ahead, tell_changes
from operational.models import Message
from operational.privacy.audit import open_audit
from operational.privacy.vault import Vault, attach

JOB_ID = uuid.UUID("6d656473-7061-7000-8000-6d6573736167")
"""The actor id of the job that writes to clients: fixed, so that its entries can be found."""
BACK_OFF = (60, 120, 300, 900, 1800)
"""Seconds until the next try while a messenger cannot be reached; then every hour."""
ANSWERED_WITHIN = timedelta(seconds=90)
"""Longer than a messenger takes to answer: a claim that old was left behind."""
ASKED_FOR = timedelta(hours=24)
"""What nobody could tell by then is for people to find out."""
GONE_AFTER = timedelta(minutes=15)
"""A messenger that by then knows nothing of a message never had it."""
_log = logging.getLogger("medspa.messaging")


@dataclass(frozen=True, slots=True)
class Post:
    """What a sender works with."""

    engine: Engine
    vault: Vault
    settings: Settings
    messengers: Messengers


def job_actor(org_id: uuid.UUID) -> Actor:
    """Who writes to clients when nobody is there."""
    return Actor(
        org_id=org_id,
        kind=ActorKind.JOB,
        id=JOB_ID,
        staff_id=None,
        origin="job:messaging",
        permissions={EVERYWHERE: frozenset({Permission.BOOKING_READ, Permission.BOOKING_WRITE})},
    )


@contextlib.contextmanager
def working(engine: Engine, vault: Vault, org_id: uuid.UUID) -> Iterator[TenantSession]:
    """One transaction of the job, audited, that can seal."""
    with new_session(engine) as session:
        bind_organization(session, org_id)
        attach(session, vault)
        with session.begin():
            open_audit(session, job_actor(org_id), Purpose.OPERATIONS)
            yield session


def plan(post: Post, org_id: uuid.UUID) -> int:
    """Write what has become due of one organization; how many messages."""
    with working(post.engine, post.vault, org_id) as session:
        return tell_changes(session) + look_ahead(session)


def send_due(
    post: Post, org_id: uuid.UUID, limit: int = 500, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Send what is due of one organization; how many messages were decided about."""
    for done in range(limit):
        if stopped():
            return done
        with working(post.engine, post.vault, org_id) as session:
            claimed = claim_next(session, post.settings, lead_recipient)
        if claimed is None:
            return done
        if isinstance(claimed, Claimed):
            result = post.messengers.of(claimed.channel).send(claimed.outgoing)
            with working(post.engine, post.vault, org_id) as session:
                record(session, claimed.message_id, result)
            if result.outcome is Outcome.UNAVAILABLE:
                # The others wait too, rather than each for a messenger that does not answer.
                return done + 1
    return limit


def record(session: Session, message_id: uuid.UUID, result: Result) -> None:
    """What became of a claimed message. Once it is settled nothing moves it."""
    message = _locked(session, message_id)
    if message.status not in (MessageStatus.CLAIMED, MessageStatus.UNKNOWN):
        return
    message.code = result.code
    if result.outcome is Outcome.ACCEPTED:
        message.status, message.sent_at, message.reference = MessageStatus.SENT, clock.now(), result.reference
    elif result.outcome is Outcome.REFUSED:
        message.status, message.reference = MessageStatus.FAILED, result.reference
    elif result.outcome is Outcome.UNKNOWN:
        message.status = MessageStatus.UNKNOWN
    else:
        _try_again(message)
    session.flush()


def _try_again(message: Message) -> None:
    """Certainly not sent: back into the queue, unless it would come too late."""
    tries = message.attempts - 1
    wait = BACK_OFF[tries] if tries < len(BACK_OFF) else 3600
    due = clock.now() + timedelta(seconds=wait)
    if due > message.drop_after:
        message.status, message.code = MessageStatus.FAILED, message.code or "unreachable"
    else:
        message.status, message.due_at = MessageStatus.SCHEDULED, due


def reconcile(post: Post, org_id: uuid.UUID) -> int:
    """Ask about messages whose outcome nobody recorded; how many are settled now. None is sent again."""
    settled = 0
    for message_id in _open(post, org_id):
        with working(post.engine, post.vault, org_id) as session:
            message = _locked(session, message_id)
            claimed_at, channel = message.claimed_at, message.channel
            said = sealed_body(session, message)
            if message.status is MessageStatus.CLAIMED:
                message.status = MessageStatus.UNKNOWN
        if claimed_at is None or channel is None:
            continue
        outgoing = Outgoing(
            key=str(message_id), sender=said["sender"] or "", to=said["to"] or "", text=said["text"] or ""
        )
        result = post.messengers.of(channel).lookup(outgoing, claimed_at)
        if result is None and clock.now() - claimed_at >= GONE_AFTER:
            result = Result(Outcome.REFUSED, code="not_received")
        if result is not None and result.outcome is not Outcome.UNKNOWN:
            with working(post.engine, post.vault, org_id) as session:
                record(session, message_id, result)
            settled += 1
    return settled


def _open(post: Post, org_id: uuid.UUID) -> list[uuid.UUID]:
    """Claims left behind, and outcomes that may still be found out: within a day."""
    now = clock.now()
    with working(post.engine, post.vault, org_id) as session:
        return list(
            session.scalars(
                select(Message.id).where(
                    Message.status.in_((MessageStatus.CLAIMED, MessageStatus.UNKNOWN)),
                    Message.claimed_at <= now - ANSWERED_WITHIN,
                    Message.claimed_at >= now - ASKED_FOR,
                )
            )
        )


def _locked(session: Session, message_id: uuid.UUID) -> Message:
    statement = select(Message).where(Message.id == message_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()
