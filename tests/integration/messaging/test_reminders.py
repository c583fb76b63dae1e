"""Reminders and what is said about changes: they follow the visit, never tell of a cancelled one or twice."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import AppointmentStatus, MessageKind, MessageStatus, OnlineState, ReplyMeaning
from operational.booking.cancel import cancel
from operational.booking.move import move, restore
from operational.booking.schemas import Move, Restore
from operational.booking.visit import confirm
from operational.messaging import claim, incoming
from operational.messaging.claim import claim_next, said_time
from operational.messaging.lead_reach import lead_recipient
from operational.messaging.send import plan
from operational.models import Appointment, ConsentTemplate, ConsentTemplateVersion, OnlineBooking, Service
from tests.factories.booking import actor_of, next_weekday, unit
from tests.factories.organization import TIMEZONE
from tests.integration.messaging.conftest import PHONE, Practice

K = MessageKind
SETTLED = timedelta(seconds=61)
AUTOMATIC = ["booking_confirmed", "moved", "cancelled"]


def visit_of(practice: Practice, visit_id: uuid.UUID) -> Appointment:
    with practice.setup.database.session("owner") as session:
        return session.get_one(Appointment, (practice.org_id, visit_id))


def change(practice: Practice, visit_id: uuid.UUID, what: str, *, starts_at: datetime | None = None) -> bool:
    """Move, cancel, restore or confirm a visit; False when booking refuses it."""
    actor = actor_of(practice.setup)
    try:
        with unit(practice.setup.database, practice.setup) as session:
            if what == "move":
                version = session.get_one(Appointment, (practice.org_id, visit_id)).version
                move(session, actor, visit_id, Move(starts_at=starts_at), f'"{version}"')
            elif what == "cancel":
                cancel(session, actor, visit_id, by="practice")
            elif what == "restore":
                restore(session, actor, visit_id, Restore())
            else:
                confirm(session, actor, visit_id)
    except DomainError:
        return False
    return True


def kinds(practice: Practice) -> list[MessageKind]:
    return [one.kind for one in practice.messages() if one.status is MessageStatus.SENT]


def test_reminders_follow_the_visit_and_are_written_once(practice: Practice) -> None:
    practice.rules(reminder_minutes=[1440, 120], confirmation_minutes=[2880])
    start = next_weekday(hour=15) + timedelta(days=7)
    visit = practice.book(start)
    assert practice.turn(start - timedelta(days=2, minutes=1)) == []
    (asked,) = practice.turn(start - timedelta(days=2))
    assert "Reply YES" in asked.text
    assert said_time(start, TIMEZONE)["time"] in asked.text
    assert practice.turn(start - timedelta(days=1, hours=20)) == []
    later = start + timedelta(hours=2)
    with clock.frozen(start - timedelta(days=1, hours=19)):
        assert change(practice, visit.id, "move", starts_at=later)
    assert practice.turn(start - timedelta(days=1)) == []
    (reminder,) = practice.turn(later - timedelta(days=1))
    assert said_time(later, TIMEZONE)["time"] in reminder.text
    assert practice.turn(later - timedelta(hours=3)) == []
    assert len(practice.turn(later - timedelta(hours=2))) == 1
    assert practice.turn(later - timedelta(hours=1)) == []
    assert kinds(practice) == [K.CONFIRMATION_REQUEST, K.REMINDER, K.REMINDER]


def test_what_was_booked_late_is_not_reminded_of_at_once(practice: Practice) -> None:
    practice.rules(reminder_minutes=[4320, 120])
    start = next_weekday(hour=16)
    with clock.frozen(start - timedelta(days=1)):
        practice.book(start)
    assert practice.turn(start - timedelta(hours=23)) == []
    assert len(practice.turn(start - timedelta(hours=2))) == 1


def test_a_reminder_that_comes_too_late_is_dropped(practice: Practice) -> None:
    practice.rules(reminder_minutes=[120])
    start = next_weekday(hour=17)
    practice.book(start)
    practice.messenger.outage(True)
    try:
        assert practice.turn(start - timedelta(hours=2)) == []
    finally:
        practice.messenger.outage(False)
    assert practice.turn(start + timedelta(minutes=1)) == []
    assert [(one.status, one.code) for one in practice.messages()] == [(MessageStatus.CANCELLED, "too_late")]


def test_nobody_is_told_of_what_the_practice_has_not_approved(practice: Practice) -> None:
    practice.rules(automatic=AUTOMATIC, reminder_minutes=[120])
    begun, start = clock.now(), next_weekday(hour=15)
    visit = practice.book(start)
    with practice.setup.database.session("owner") as session:
        asked = OnlineBooking(
            org_id=practice.org_id, location_id=practice.setup.location_id, state=OnlineState.REQUESTED,
            embedded=False, service_ids=[practice.setup.service_id], starts_at=start, deposit_minor=0,
            keeps_card=False, declines=0, appointment_id=visit.id,
        )  # fmt: skip
        session.add(asked)
    assert practice.turn(begun + SETTLED) == []
    with practice.setup.database.session("owner") as session:
        session.execute(update(OnlineBooking).values(state=OnlineState.BOOKED))
    assert len(practice.turn(begun + 2 * SETTLED)) == 1
    assert kinds(practice) == [K.BOOKING_CONFIRMED]


def test_changes_are_told_when_they_have_settled(practice: Practice) -> None:
    practice.rules(automatic=AUTOMATIC)
    begun = clock.now()
    start = next_weekday(hour=15)
    visit = practice.book(start)
    assert practice.turn(begun) == []
    (told,) = practice.turn(clock.now() + SETTLED)
    assert "/visit/" in told.text
    assert told.to == PHONE
    later = start + timedelta(hours=1)
    for there in (later, start):  # Moved away and back: nothing to tell.
        assert change(practice, visit.id, "move", starts_at=there)
    assert practice.turn(clock.now() + SETTLED) == []
    assert change(practice, visit.id, "move", starts_at=later)
    (moved,) = practice.turn(clock.now() + SETTLED)
    assert said_time(later, TIMEZONE)["time"] in moved.text
    assert change(practice, visit.id, "cancel")
    assert change(practice, visit.id, "restore")
    assert practice.turn(clock.now() + SETTLED) == []
    assert change(practice, visit.id, "cancel")
    assert len(practice.turn(clock.now() + SETTLED)) == 1
    another = practice.book(start + timedelta(hours=3))
    assert change(practice, another.id, "cancel")
    assert practice.turn(clock.now() + SETTLED) == []
    assert kinds(practice) == [K.BOOKING_CONFIRMED, K.MOVED, K.CANCELLED]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_to_a_visit_nothing_wrong_is_said(practice: Practice, seed: int) -> None:
    """Random moves, cancellations, undos, confirmations and outages, with the worker in between."""
    chance = random.Random(seed)
    practice.rules(
        automatic=AUTOMATIC, reminder_minutes=[2880, 1440, 240, 60], confirmation_minutes=[2000, 600],
        quiet_from_minute=chance.choice([0, 22 * 60]), quiet_until_minute=chance.choice([0, 7 * 60]),
    )  # fmt: skip
    first = next_weekday(hour=14) + timedelta(days=1)
    starts = [first + timedelta(hours=hour) for hour in (0, 1, 3, 6)]
    visit = practice.book(first)
    at = first - timedelta(hours=50)
    try:
        while at < starts[-1]:
            what = chance.choice(["move", "cancel", "restore", "confirm", "outage", "back", "wait", "wait"])
            with clock.frozen(at):
                if what in ("outage", "back"):
                    practice.messenger.outage(what == "outage")
                elif what != "wait":
                    change(practice, visit.id, what, starts_at=chance.choice(starts))
            at += timedelta(minutes=chance.choice([1, 20, 90, 300]))
            now = visit_of(practice, visit.id)
            for sent in practice.turn(at):
                row = practice.message(uuid.UUID(sent.key))
                if row.kind is K.CANCELLED:
                    assert now.status is AppointmentStatus.CANCELLED
                    continue
                assert now.status in (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED)
                assert now.starts_at > at
                said = said_time(now.starts_at, TIMEZONE)
                assert said["date"] in sent.text
                assert said["time"] in sent.text
    finally:
        practice.messenger.outage(False)
    ladder = Counter(one.dedupe for one in practice.messages() if one.status is MessageStatus.SENT)
    assert sum(ladder.values()) == len(ladder) > 0
    assert {one.times for one in practice.sent()} == {1}


def _waits(practice: Practice, visit_id: uuid.UUID) -> bool:
    """Whether a cancellation waits while a claim of its reminder is not committed."""
    done = threading.Event()

    def cancelling() -> None:
        assert change(practice, visit_id, "cancel")
        done.set()

    worker = threading.Thread(target=cancelling)
    with practice.working() as session:
        assert isinstance(claim_next(session, practice.settings, lead_recipient), claim.Claimed)
        worker.start()
        waited = not done.wait(1.0)
    worker.join(timeout=10)
    assert done.is_set()
    return waited


def _due(practice: Practice) -> uuid.UUID:
    visit = practice.book(next_weekday(hour=15))
    practice.queue(K.REMINDER, appointment_id=visit.id, link=None)
    return visit.id


def test_a_visit_is_not_cancelled_while_its_reminder_is_claimed(practice: Practice) -> None:
    assert _waits(practice, _due(practice))


def test_control_without_the_lock_a_cancelled_visit_is_reminded_of(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked = text(str(claim._VISIT).replace(" for share", ""))
    monkeypatch.setattr(claim, "_VISIT", unlocked)
    assert not _waits(practice, _due(practice))


def test_a_reminder_waits_for_a_cancellation_and_is_dropped(practice: Practice) -> None:
    visit_id = _due(practice)
    sender = threading.Thread(target=practice.send)
    with unit(practice.setup.database, practice.setup) as session:
        cancel(session, actor_of(practice.setup), visit_id, by="practice")
        sender.start()
        sender.join(timeout=0.5)
        assert sender.is_alive()
    sender.join(timeout=10)
    assert practice.sent() == []
    assert [one.code for one in practice.messages()] == ["not_waiting"]


def test_yes_confirms_the_visit_that_was_asked_about(practice: Practice) -> None:
    practice.rules(confirmation_minutes=[1440])
    start = next_weekday(hour=15)
    visit = practice.book(start)

    def says(words: str, at: datetime) -> ReplyMeaning | None:
        told = incoming.Incoming(uuid.uuid4().hex, PHONE, practice.number, words)
        with clock.frozen(at):
            return incoming.receive(practice.post.engine, practice.post.vault, told)

    early = start - timedelta(days=1, hours=1)
    assert says("YES", early) is ReplyMeaning.OTHER  # Nobody asked.
    practice.turn(start - timedelta(days=1))
    assert says("maybe", start - timedelta(hours=22)) is ReplyMeaning.OTHER
    assert says("y", start - timedelta(hours=21)) is ReplyMeaning.CONFIRM
    assert visit_of(practice, visit.id).status is AppointmentStatus.CONFIRMED
    (noted,) = practice.turn(start - timedelta(hours=21))
    assert "is confirmed" in noted.text
    with clock.frozen(start - timedelta(hours=20)):
        assert change(practice, visit.id, "move", starts_at=start + timedelta(hours=1))
    assert says("YES", start - timedelta(hours=19)) is ReplyMeaning.OTHER  # Of another time.
    assert visit_of(practice, visit.id).status is AppointmentStatus.BOOKED


def test_forms_are_asked_for_without_saying_which(practice: Practice) -> None:
    practice.rules(forms_minutes=[1440])
    with practice.setup.database.session("owner") as session:
        form = ConsentTemplate(org_id=practice.org_id, name="Neurotoxin consent")
        session.add(form)
        session.flush()
        session.add(
            ConsentTemplateVersion(
                org_id=practice.org_id, template_id=form.id, number=1, body="I agree.", disclosure="x",
                body_sha256="0" * 64, published_at=clock.now(), published_by=practice.setup.owner_id,
            )
        )  # fmt: skip
        service = session.scalars(select(Service).where(Service.id == practice.setup.service_id)).one()
        service.consent_template_id = form.id
    start = next_weekday(hour=15)
    practice.book(start)
    (sent,) = practice.turn(start - timedelta(days=1))
    assert "forms" in sent.text
    assert "/visit/" in sent.text
    assert "consent" not in sent.text.lower()
    with practice.setup.database.session("owner") as session:
        session.scalars(
            select(Service).where(Service.id == practice.setup.service_id)
        ).one().consent_template_id = None
    practice.book(start + timedelta(hours=2))
    with clock.frozen(start - timedelta(hours=22)):
        assert plan(practice.post, practice.org_id) == 0
