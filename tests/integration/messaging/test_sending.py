"""What the outbox promises: once, in the transaction of its cause, to whom it may, and never twice."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from medspa.kernel import clock
from medspa.kernel.vocabulary import (
    Channel,
    ContactUse,
    LeadSource,
    MessageKind,
    MessageStatus,
    PublicTextKind,
)
from operational.leads.service import Contact, receive
from operational.messaging.claim import Claimed, claim_next
from operational.messaging.lead_reach import lead_recipient
from operational.messaging.messenger.open import Messengers
from operational.messaging.messenger.port import Outgoing, Result
from operational.messaging.outbox import queue
from operational.messaging.send import ANSWERED_WITHIN, GONE_AFTER, job_actor, reconcile, working
from operational.messaging.worker import work
from operational.models import ContactConsent, Message, PublicText
from tests.integration.messaging.conftest import PHONE, Practice
from tests.support.together import together


def test_a_message_is_sent_once_and_its_text_is_sealed(practice: Practice) -> None:
    (first,) = practice.queue(dedupe="once")
    assert practice.queue(dedupe="once") == []
    practice.send()
    practice.send()
    (sent,) = practice.sent()
    assert (sent.to, sent.times) == (PHONE, 1)
    assert "https://practice.example/book/abc" in sent.text
    row = practice.message(first)
    assert (row.status, row.channel, row.code) == (MessageStatus.SENT, Channel.SMS, None)
    assert row.body is not None
    assert row.parts is not None
    assert b"practice.example" not in row.parts
    assert PHONE.encode() not in row.body


def test_what_is_rolled_back_is_not_sent(practice: Practice) -> None:
    with practice.working() as session:
        made = queue(
            session, kind=MessageKind.BOOKING_COMPLETION, client_id=practice.client_id,
            location_id=practice.setup.location_id, dedupe="gone", link="https://x.example/a",
        )  # fmt: skip
        assert len(made) == 1
        session.rollback()
    assert practice.send() == 0


def test_workers_side_by_side_send_each_message_once(practice: Practice) -> None:
    for _ in range(12):
        practice.queue()
    together([practice.send] * 4)
    assert [one.times for one in practice.sent()] == [1] * 12


def test_control_claims_that_are_not_kept_to_themselves_are_sent_twice(practice: Practice) -> None:
    """Two senders that read the same row before either has claimed it: what the claim is there for."""
    (message_id,) = practice.queue()
    other = partial(working, practice.post.engine, practice.post.vault, practice.org_id)
    with practice.working() as one, other() as two:
        claimed = claim_next(one, practice.settings, lead_recipient)
        assert isinstance(claimed, Claimed)
        assert claim_next(two, practice.settings, lead_recipient) is None
        unlocked = two.get_one(Message, (practice.org_id, message_id))
        assert unlocked.status is MessageStatus.SCHEDULED


@pytest.mark.parametrize("moment", ["before_call", "after_call"])
def test_a_sender_killed_between_claim_and_record_never_sends_twice(practice: Practice, moment: str) -> None:
    (message_id,) = practice.queue()
    asked = {
        "settings": {"home": str(practice.settings.home), "operational": practice.setup.database.dsns},
        "org_id": str(practice.org_id),
        "moment": moment,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.crash_at_post"],
        input=json.dumps(asked) + "\n", capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert int(done.stdout) == -signal.SIGKILL
    assert practice.message(message_id).status is MessageStatus.CLAIMED
    assert practice.send() == 0
    reached = moment == "after_call"
    later = clock.now() + ANSWERED_WITHIN + timedelta(seconds=5)
    with clock.frozen(later):
        assert reconcile(practice.post, practice.org_id) == reached
        assert practice.send() == 0
    if not reached:
        assert practice.message(message_id).status is MessageStatus.UNKNOWN
        with clock.frozen(later + GONE_AFTER):
            assert reconcile(practice.post, practice.org_id) == 1
    row = practice.message(message_id)
    expected = (MessageStatus.SENT, None) if reached else (MessageStatus.FAILED, "not_received")
    assert (row.status, row.code) == expected
    assert [one.times for one in practice.sent()] == [1] * reached


def test_a_messenger_that_breaks_its_word_ends_no_worker(practice: Practice) -> None:
    class Broken:
        def send(self, message: Outgoing) -> Result:
            raise IndexError(message.key)

        def lookup(self, message: Outgoing, since: datetime) -> Result | None:
            raise IndexError(message.key, since)

    (message_id,) = practice.queue()
    broken = replace(practice.post, messengers=Messengers(Broken(), Broken()))
    work(broken, practice.org_id, threading.Event())
    assert practice.message(message_id).status is MessageStatus.CLAIMED
    with clock.frozen(clock.now() + ANSWERED_WITHIN + timedelta(seconds=5)):
        work(broken, practice.org_id, threading.Event())
    assert practice.message(message_id).status is MessageStatus.UNKNOWN


def test_a_messenger_that_is_down_and_back(practice: Practice) -> None:
    (kept,) = practice.queue()
    (late,) = practice.queue(drop_after=clock.now() + timedelta(minutes=3))
    practice.messenger.outage(True)
    try:
        for ahead in (0, 1.1, 2.2):
            with clock.frozen(clock.now() + timedelta(minutes=ahead)):
                practice.send()
                practice.send()
        assert practice.message(kept).attempts == practice.message(late).attempts == 2
        assert practice.sent() == []
    finally:
        practice.messenger.outage(False)
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        practice.send()
    assert practice.message(kept).status is MessageStatus.SENT
    assert (practice.message(late).status, practice.message(late).code) == (
        MessageStatus.FAILED,
        "unreachable",
    )
    assert [one.times for one in practice.sent()] == [1]


@pytest.mark.parametrize(
    ("phone", "status"),
    [
        ("+15550190111", MessageStatus.UNKNOWN),
        ("+15550191111", MessageStatus.UNKNOWN),
        ("+15550192111", MessageStatus.FAILED),
    ],
)
def test_what_the_messenger_answers(practice: Practice, phone: str, status: MessageStatus) -> None:
    practice.reach(phone=phone)
    (message_id,) = practice.queue()
    practice.send()
    assert practice.message(message_id).status is status
    assert practice.send() == 0


def test_an_opt_out_holds_for_its_use_and_channel_only(practice: Practice) -> None:
    practice.reach(email="ada@client.example")

    def say(use: ContactUse, granted: bool) -> None:
        with practice.working() as session:
            session.add(
                ContactConsent(
                    org_id=practice.org_id, client_id=practice.client_id, channel=Channel.SMS, use=use,
                    granted=granted, source="desk",
                )
            )  # fmt: skip

    say(ContactUse.MARKETING, False)
    practice.queue()
    practice.send()
    assert [one.to for one in practice.sent()] == [PHONE]
    say(ContactUse.TRANSACTIONAL, False)
    practice.queue()
    (only_sms,) = practice.queue(channels=[Channel.SMS])
    practice.send()
    assert [one.to for one in practice.sent()] == [PHONE, "ada@client.example"]
    assert practice.message(only_sms).code == "opted_out"


def test_texts_wait_for_the_end_of_quiet_hours(practice: Practice) -> None:
    practice.rules(quiet_from_minute=21 * 60, quiet_until_minute=8 * 60)
    night = clock.from_local(
        (clock.now() + timedelta(days=1)).replace(hour=22, minute=30, second=0, microsecond=0, tzinfo=None),
        "America/New_York",
    )
    (waits,) = practice.queue(due_at=night)
    (stale,) = practice.queue(due_at=night, drop_after=night + timedelta(hours=2))
    with clock.frozen(night):
        practice.send()
    assert practice.message(waits).due_at == night + timedelta(hours=9, minutes=30)
    assert practice.message(stale).code == "too_late"
    with clock.frozen(night + timedelta(hours=9, minutes=30)):
        practice.send()
    assert len(practice.sent()) == 1


def test_nobody_else_sees_the_rows(practice: Practice) -> None:
    (message_id,) = practice.queue()
    with practice.setup.database.session("app", uuid.uuid4()) as session:
        assert session.get(Message, (practice.org_id, message_id)) is None


@pytest.mark.parametrize("asked", [True, False])
def test_a_lead_is_written_to_when_they_asked_for_it(practice: Practice, asked: bool) -> None:
    words = "You may write to me."
    with practice.working() as session:
        consent = PublicText(
            org_id=practice.org_id, location_id=practice.setup.location_id, number=1, body=words,
            kind=PublicTextKind.CONTACT_CONSENT, sha256=hashlib.sha256(words.encode()).hexdigest(),
        )  # fmt: skip
        session.add(consent)
        session.flush()
        lead = receive(
            session, job_actor(practice.org_id), practice.post.vault, practice.setup.location_id,
            LeadSource.WEB_FORM, Contact(first_name="Vera", last_name="Visitor", phone="+12125550188"),
            consent.id if asked else None,
        )  # fmt: skip
        lead_id = lead.id
    (message_id,) = practice.queue(client_id=None, lead_id=lead_id)
    practice.send()
    assert [one.to for one in practice.sent()] == ["+12125550188"] * asked
    assert practice.message(message_id).code == (None if asked else "no_consent")
