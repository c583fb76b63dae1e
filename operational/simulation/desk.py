"""What is done beside the visits: leads called, absences decided, clients written to, the workers' turns."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Channel,
    LostReason,
    MessageKind,
    MessageStatus,
    OffSubject,
    TimeOffReason,
)
from operational.booking import affected, queries, time_off
from operational.booking.group_schemas import BulkMove
from operational.booking.schedule_schemas import NewTimeOff
from operational.booking.schemas import MovedItem
from operational.identity.access import Actor
from operational.leads import service as leads
from operational.leads.tasks import finish_task
from operational.messaging import incoming, send
from operational.messaging.message_schemas import MessagingRules
from operational.messaging.rules import set_rules
from operational.messaging.worker import go_through_waitlist
from operational.models import Client, Lead, Message, Task
from operational.online import manage, sweep
from operational.simulation.acts import Overrides, read_link, squeezed
from operational.simulation.events import Confirm
from operational.simulation.menu import BY_NAME
from operational.simulation.public import finishing
from operational.simulation.stage import Stage
from operational.simulation.ways import Away, FollowUp, MoveAway, StartWriting, TellAway, Turn

RULES = {
    "automatic": [MessageKind.BOOKING_CONFIRMED, MessageKind.MOVED, MessageKind.CANCELLED],
    "reminder_minutes": [1440], "confirmation_minutes": [2880], "forms_minutes": [2880],
    "quiet_from_minute": 21 * 60, "quiet_until_minute": 8 * 60, "offer_minutes": 30,
    "email_from": None,
}  # fmt: skip


def turn(stage: Stage, event: Turn) -> None:
    if event.about != "waitlist":
        sweep.look_after(finishing(stage), stage.post.settings, stage.org_id)
    else:
        go_through_waitlist(stage.post, stage.org_id)
    if event.about == "visits":
        send.plan(stage.post, stage.org_id)
    if event.about != "bookings":
        send.send_due(stage.post, stage.org_id)


def start_writing(stage: Stage, event: StartWriting) -> None:  # noqa: ARG001 - when, is all it says
    number = _number(stage)
    rules = MessagingRules.model_validate({**RULES, "sms_from": number, "call_number": number})
    with stage.act(stage.owner) as session:
        for location_id in stage.ids.places.values():
            set_rules(session, stage.owner, location_id, None, rules.model_dump())


def confirmed(stage: Stage, event: Confirm) -> bool:
    """By whoever was asked to, with a text or by the link; False: nobody asked, the desk calls them."""
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.front) as session:
        asked = session.scalar(
            select(Message).where(
                Message.appointment_id == known.id,
                Message.kind == MessageKind.CONFIRMATION_REQUEST,
                Message.status == MessageStatus.SENT,
            )
        )
        phone = session.get_one(Client, (stage.org_id, known.client_id)).phone
    if asked is None:
        return False
    if asked.channel is Channel.SMS and phone is not None and event.visit.number % 2:
        said = incoming.Incoming(f"sim_{new_id().hex}", phone, _number(stage), "Yes")
        incoming.receive(stage.engine, stage.vault, said)
        return True
    link = read_link(stage, asked.id)
    if link is not None:
        manage.confirm(stage.engine, link)
    return link is not None


def lead_of(session: TenantSession, stage: Stage, number: int) -> uuid.UUID | None:
    """The lead that somebody is, who wrote or left a booking."""
    if number in stage.ids.leads or number not in stage.ids.left:
        return stage.ids.leads.get(number)
    return session.scalar(select(Lead.id).where(Lead.online_booking_id == stage.ids.left[number]))


def follow_up(stage: Stage, event: FollowUp) -> None:
    with stage.act(stage.front) as session:
        lead_id = lead_of(session, stage, event.client.number)
        if lead_id is None:
            return
        leads.contacted(session, stage.front, lead_id)
        if event.lost is None:
            finish_tasks(session, stage, Task.lead_id == lead_id)
        else:
            leads.lose(session, stage.front, lead_id, LostReason(event.lost))


def finish_tasks(session: TenantSession, stage: Stage, which: object) -> None:
    for task_id in session.scalars(select(Task.id).where(which, Task.done_at.is_(None))).all():  # type: ignore[arg-type]
        finish_task(session, stage.front, task_id)


def away(stage: Stage, event: Away) -> None:
    """Somebody asks and somebody decides; who is sick asks nobody."""
    provider = stage.actors[event.provider]
    asked = NewTimeOff(
        location_id=stage.ids.places[event.place], subject_kind=OffSubject.PROVIDER,
        subject_id=stage.ids.staff[event.provider], starts_at=event.starts, ends_at=event.ends,
        reason=TimeOffReason.ABSENT if event.sick else TimeOffReason.VACATION,
        request=not event.sick, keep_visits=event.sick,
    )  # fmt: skip
    with stage.act(stage.manager if event.sick else provider) as session:
        (row,), _ = time_off.add(session, stage.manager if event.sick else provider, asked)
        time_off_id = row.id
    if not event.sick:
        with stage.act(stage.manager) as session:
            time_off.approve(session, stage.manager, time_off_id, '"1"', keep_visits=False)


def move_away(stage: Stage, event: MoveAway) -> None:
    """One of the visits of somebody who is sick: where the manager, who looked at them all, puts it."""
    known, at = stage.ids.visits[event.visit.number], event.start
    provider, items = stage.ids.staff[event.provider], []
    for item_id, one in zip(known.items, event.visit.items, strict=True):
        items.append(MovedItem(item_id=item_id, provider_id=provider, starts_at=at))
        at += dt.timedelta(minutes=BY_NAME[one.offer].minutes)
    _apply(stage, event.visit.number, items)


def tell_away(stage: Stage, event: TellAway) -> None:
    _apply(stage, event.visit.number, [])


def _apply(stage: Stage, number: int, items: list[MovedItem]) -> None:
    known = stage.ids.visits[number]

    def move_or_tell(session: TenantSession, actor: Actor, overrides: Overrides) -> None:
        row = queries.visit(session, known.id)
        sent = BulkMove(
            appointment_id=known.id, version=row.version, items=items, tell=not items, overrides=overrides
        )
        affected.apply(session, actor, sent)

    squeezed(stage, [known.client_id], move_or_tell)


def _number(stage: Stage) -> str:
    """A number of the organization's own, in an area that is nowhere."""
    return f"+1555{2_000_000 + stage.org_id.int % 8_000_000}"
