"""A visit by its link: confirmed, moved or cancelled by the client, the fee shown and accepted first.

Looking changes nothing. The rules are booking's; cancelling uses the link up, for good.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.vocabulary import AppointmentStatus, CancelReason, NoticeKind, Permission, TaskKind
from operational import links, notices
from operational.booking import cancel as cancelling
from operational.booking import move as moving
from operational.booking import must_move, queries
from operational.booking import visit as visiting_states
from operational.booking.availability import Question, Wanted, availability
from operational.booking.errors import LocationClosed, NeedsOverride, ProviderAway, ResourceDown, SlotTaken
from operational.booking.facts import load_facts
from operational.booking.schemas import Move, MovedItem
from operational.checkout.desk import Desk
from operational.checkout.fees import deposit_left, fee_with_tax
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.leads.tasks import add_task
from operational.messaging.schedule import forms_outstanding
from operational.models import Appointment, LinkToken, Location, OnlineBooking
from operational.online import card_fees, draft
from operational.online.errors import FeeChanged, NotNow, TimeGone
from operational.online.place import Place, of_location, visiting, visitor

LIFETIME_AFTER = timedelta(days=1)
"""A link lives until a day after its visit."""
WAITING = cancelling.WAITING


@dataclass(frozen=True, slots=True)
class Held:
    """Whose link it is."""

    link_id: uuid.UUID
    location_id: uuid.UUID
    appointment_id: uuid.UUID
    """To look at; what changes it asks for it anew, the link locked: a late move goes on to another visit."""


@dataclass(frozen=True, slots=True)
class Managed:
    """A visit as its client sees it."""

    visit: queries.VisitRow
    place: Place
    changeable: bool
    """It waits, and has not begun."""
    fee_minor: int
    """What cancelling or moving it costs now."""
    from_deposit_minor: int
    """How much of the fee the deposit pays."""
    card: str | None
    """What the card is called that pays the rest; None: it is billed."""
    forms_open: bool
    must_move: bool
    """The practice cannot keep the time, so neither moving nor cancelling costs anything."""


@contextlib.contextmanager
def _at_work(engine: Engine, token: str) -> Iterator[tuple[Desk, Held]]:
    """Raises LinkUnusable: one answer for every link that cannot be used."""
    link = links.find(engine, links.APPOINTMENT, token)
    if link is None:
        raise links.LinkUnusable
    with session_scope(engine, link.org_id) as session:
        subject = session.get_one(LinkToken, (link.org_id, link.link_id)).subject_id
        location_id = session.scalar(select(Appointment.location_id).where(Appointment.id == subject))
    if subject is None or location_id is None:
        raise links.LinkUnusable
    held = Held(link.link_id, location_id, subject)
    with visiting(engine, visitor(link.org_id, location_id, link.link_id)) as desk:
        yield desk, held


def link_of(engine: Engine, booking_token: str) -> str:
    """A link of one's own to the visit that was booked on the public page. Raises LinkUnusable, NotNow."""
    who = draft.known(engine, booking_token)
    with draft.at_work(engine, who) as desk, desk.transaction() as session:
        row = session.get_one(OnlineBooking, (who.org_id, who.booking_id))
        if row.appointment_id is None:
            raise NotNow
        return link_to(session, row.appointment_id)


def link_to(session: Session, appointment_id: uuid.UUID) -> str:
    """A new link to a visit, for whoever has just booked it."""
    visit = queries.visit(session, appointment_id)
    return links.issue(
        session, purpose=links.APPOINTMENT, client_id=visit.client_id, subject_id=visit.id,
        lifetime=visit.ends_at - clock.now() + LIFETIME_AFTER,
    )  # fmt: skip


def see(engine: Engine, token: str) -> Managed:
    with _at_work(engine, token) as (desk, held), desk.transaction() as session:
        return _managed(session, held.appointment_id)


def confirm(engine: Engine, token: str) -> None:
    """The client will come. Once more changes nothing. Raises LinkUnusable, NotNow."""
    with _at_work(engine, token) as (desk, held), desk.transaction() as session:
        appointment_id = _subject(session, held)
        status = queries.locked(session, appointment_id).status
        if status is AppointmentStatus.CONFIRMED:
            return
        if status is not AppointmentStatus.BOOKED:
            raise NotNow("This visit cannot be confirmed any more.")
        visiting_states.confirm(session, desk.actor, appointment_id)


def cancel(engine: Engine, token: str, accepted_fee_minor: int) -> None:
    """Cancel, for the fee that was shown. The link is used up. Raises LinkUnusable, NotNow, FeeChanged."""
    with _at_work(engine, token) as (desk, held), desk.transaction() as session:
        appointment_id = _subject(session, held)
        asked = _check(session, appointment_id, accepted_fee_minor)
        reason = CancelReason.OTHER if asked.must_move else CancelReason.CHANGED_MIND
        cancelling.cancel(session, desk.actor, appointment_id, by=_by(asked), reason=reason)
        if deposit_left(session, appointment_id):
            add_task(
                session, desk.actor, TaskKind.RETURN_DEPOSIT, held.location_id, appointment_id=appointment_id,
                client_id=queries.visit(session, appointment_id).client_id,
            )  # fmt: skip
        _tell_desk(session, held, NoticeKind.CANCELLED_ONLINE, appointment_id)
        links.consume(session, held.link_id)
        links.revoke(session, links.APPOINTMENT, appointment_id)


def move(
    engine: Engine,
    token: str,
    starts_at: datetime,
    provider_id: uuid.UUID | None,
    accepted_fee_minor: int,
) -> None:
    """Another time, for the fee that was shown. The links of the visit go on with it.

    Raises LinkUnusable, NotNow, FeeChanged, TimeGone.
    """
    with _at_work(engine, token) as (desk, held), desk.transaction() as session:
        appointment_id = _subject(session, held)
        asked = _check(session, appointment_id, accepted_fee_minor)
        row = queries.visit(session, appointment_id)
        items = _with_whom(session, desk.actor, row, starts_at, provider_id)
        request = Move(starts_at=starts_at, items=items, by=_by(asked), reason=CancelReason.SCHEDULE)
        try:
            moved = moving.move(session, desk.actor, appointment_id, request, f'"{row.version}"')
        except (SlotTaken, NeedsOverride, ProviderAway, ResourceDown, LocationClosed):
            raise TimeGone("Choose another time.") from None
        _tell_desk(session, held, NoticeKind.MOVED_ONLINE, moved.id)


def _tell_desk(session: Session, held: Held, kind: NoticeKind, appointment_id: uuid.UUID) -> None:
    notices.notify(
        session, location_id=held.location_id, permission=Permission.BOOKING_WRITE, kind=kind,
        subject_id=appointment_id,
    )  # fmt: skip


def _subject(session: Session, held: Held) -> uuid.UUID:
    """The visit, the link locked: what is done by it is done once."""
    subject = links.held(session, held.link_id).subject_id
    if subject is None:
        raise links.LinkUnusable
    return subject


def _with_whom(
    session: Session, actor: Actor, row: queries.VisitRow, starts_at: datetime, provider_id: uuid.UUID | None
) -> list[MovedItem]:
    """Who is asked for; of anybody, who is free then, whoever it was until now before others."""
    if provider_id is not None:
        return [MovedItem(item_id=one.id, provider_id=provider_id) for one in row.items]
    items = sorted(row.items, key=lambda one: one.starts_at)
    day = starts_at.astimezone(row.starts_at.tzinfo).date()
    for known in (True, False):
        first, *then = (Wanted(one.service_id, one.provider_id if known else None) for one in items)
        question = Question(
            row.location_id, first.service_id, day, day, first.provider_id, then=tuple(then), skip=row.id
        )
        for slot in availability(session, actor, question)[0]:
            if slot.starts_at == starts_at:
                pairs = zip(items, slot.items, strict=True)
                return [MovedItem(item_id=item.id, provider_id=step.provider_id) for item, step in pairs]
    return []


def _by(managed: Managed) -> Literal["client", "practice"]:
    """Whose doing a change is."""
    return "practice" if managed.must_move else "client"


def _check(session: Session, appointment_id: uuid.UUID, accepted_fee_minor: int) -> Managed:
    """It still waits, and costs what was said, under its lock."""
    queries.locked(session, appointment_id)
    managed = _managed(session, appointment_id)
    if not managed.changeable:
        raise NotNow("This visit cannot be changed here any more. Please call the practice.")
    if managed.fee_minor != accepted_fee_minor:
        raise FeeChanged("Look at the fee once more before you go on.")
    return managed


def _managed(session: Session, appointment_id: uuid.UUID) -> Managed:
    row = queries.visit(session, appointment_id)
    place = of_location(session, row.location_id)
    appointment = found(session, Appointment, appointment_id, "appointment")
    changeable = row.status in WAITING and row.starts_at > clock.now()
    facts = load_facts(session, row.location_id, ()).place
    moves = bool(must_move.among(session, [appointment_id]))
    late = changeable and not moves and cancelling.is_late(appointment, facts, clock.now())
    location = found(session, Location, row.location_id, "location")
    fee = fee_with_tax(session, location, location.late_cancel_fee_minor) if late else 0
    card = card_fees.card_for(session, location.id, appointment_id) if fee else None
    return Managed(
        visit=row,
        place=place,
        changeable=changeable,
        fee_minor=fee,
        from_deposit_minor=min(fee, deposit_left(session, appointment_id)),
        card=None if card is None else f"{card.brand.title()} ending {card.last_four}",
        forms_open=forms_outstanding(session, appointment, clock.now()),
        must_move=moves,
    )
