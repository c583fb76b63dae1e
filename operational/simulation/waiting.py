"""Who waits: on the waitlist for a time that comes free, and in the queue without an appointment."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import MessageStatus, OfferStatus, WaitlistStatus
from operational.booking import walk_ins
from operational.booking.group_schemas import NewWalkIn
from operational.identity.access import Actor
from operational.models import Appointment, Message, WaitlistEntry, WaitlistOffer
from operational.online.place import of_location
from operational.simulation import clinic, reception
from operational.simulation.acts import SHOWN, Overrides, items_of, read_link, squeezed
from operational.simulation.events import Book
from operational.simulation.stage import Stage, Visit
from operational.simulation.ways import Accept, Await, Come, Decline, Seat, WishPlan
from operational.waitlist import claiming, service
from operational.waitlist.errors import OfferGone


def wait(stage: Stage, event: Await) -> None:
    """For one time with one provider: it is somebody else's still."""
    wish, ids = event.wish, stage.ids
    with stage.act(stage.front) as session:
        zone = ZoneInfo(of_location(session, ids.places[wish.place]).timezone)
        local = wish.start.astimezone(zone)
        minute = local.hour * 60 + local.minute
        values = {
            "client_id": ids.clients[wish.client], "location_id": ids.places[wish.place],
            "service_ids": [ids.services[one] for one in wish.offers],
            "provider_id": ids.staff[wish.provider], "weekdays": [], "from_minute": minute,
            "until_minute": minute + 1, "from_date": local.date(), "until_date": local.date(),
        }  # fmt: skip
        ids.wishes[wish.number] = service.add(session, stage.front, values).id


def accept(stage: Stage, event: Accept) -> None:
    """By the link of the offer. Without an offer the desk, who sees the time is free, books it by hand."""
    visit, entry_id = event.visit, stage.ids.wishes[event.wish.number]
    link = _offered(stage, event.wish)
    if link is not None:
        try:
            made = claiming.accept(stage.engine, stage.vault, link).appointment_id
        except OfferGone:
            link = None
    if link is None:
        reception.book(stage, Book(event.at, visit, visit.start, visit.provider))
        with stage.act(stage.front) as session:
            entry = session.get_one(WaitlistEntry, (stage.org_id, entry_id))
            if entry.status is WaitlistStatus.WAITING:
                service.take_back(session, stage.front, entry_id, f'"{entry.version}"')
        return
    with stage.act(stage.front) as session:
        row = session.get_one(Appointment, (stage.org_id, made))
        known = Visit(made, items_of(session, made), row.client_id)
    stage.ids.visits[visit.number] = known


def decline(stage: Stage, event: Decline) -> None:
    link = _offered(stage, event.wish)
    if link is not None:
        claiming.decline(stage.engine, stage.vault, link)


def come(stage: Stage, event: Come) -> None:
    visit, ids = event.visit, stage.ids
    asked = NewWalkIn(
        client_id=ids.clients[visit.client], location_id=ids.places[visit.place],
        service_id=ids.services[visit.items[0].offer], provider_id=ids.staff[visit.provider],
    )  # fmt: skip
    with stage.act(stage.front, view=SHOWN, client=asked.client_id) as session:
        ids.queue[visit.number] = walk_ins.come(session, stage.front, asked).row.id


def seat(stage: Stage, event: Seat) -> None:
    """Booked and arrived in one; what is due to be signed is signed."""
    visit, ids = event.visit, stage.ids
    client_id, place = ids.clients[visit.client], ids.queue[visit.number]

    def seat_now(session: TenantSession, actor: Actor, overrides: Overrides) -> Visit:
        seated = walk_ins.seat(session, actor, place, overrides, '"1"').row
        if seated.appointment_id is None:
            raise RuntimeError("somebody was seated without a visit")
        known = Visit(seated.appointment_id, items_of(session, seated.appointment_id), client_id)
        clinic.consent_of(session, stage, visit, known)
        return known

    ids.visits[visit.number] = squeezed(stage, [client_id], seat_now)


def _offered(stage: Stage, wish: WishPlan) -> str | None:
    """The link of the open offer to somebody on the waitlist."""
    with stage.act(stage.front) as session:
        offer_id = session.scalar(
            select(WaitlistOffer.id).where(
                WaitlistOffer.waitlist_entry_id == stage.ids.wishes[wish.number],
                WaitlistOffer.status == OfferStatus.OFFERED,
                WaitlistOffer.starts_at == wish.start,
            )
        )
        sent = select(Message.id).where(
            Message.dedupe == f"waitlist_offer:{offer_id}", Message.status == MessageStatus.SENT
        )
        message_id = session.scalar(sent)
    return None if message_id is None else read_link(stage, message_id)
