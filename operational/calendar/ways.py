"""What can be done to a visit now, and what ending it would cost, said beforehand. Rules are booking's."""

from __future__ import annotations

from dataclasses import dataclass

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from medspa.ui.values import money
from operational.booking import must_move, queries
from operational.booking.cancel import WAITING, is_late
from operational.booking.charged import fee_stands
from operational.booking.facts import load_facts
from operational.checkout.fees import fee_with_tax
from operational.identity.unit import Unit
from operational.models import Location
from operational.online.card_fees import card_for
from operational.rows import get_row


@dataclass(frozen=True, slots=True)
class Ways:
    """How a visit may go on."""

    waiting: bool
    arrive: bool
    """It is the visit's day."""
    no_show: bool
    """It has begun."""
    late_fee: str
    """What cancelling costs who asks for it now; empty when it is free."""
    no_show_fee: str
    card: bool
    """A fee is charged to the card that was left with the booking."""
    waive: bool
    undo: bool
    """No fee stands."""


def ways_of(unit: Unit, visit: queries.VisitRow) -> Ways:
    session = unit.session
    location = get_row(session, Location, visit.location_id)
    place = load_facts(session, visit.location_id, ()).place
    now = clock.now()
    waiting = visit.status in WAITING
    costs = waiting and not must_move.among(session, [visit.id])
    return Ways(
        waiting=waiting,
        arrive=waiting and place.business_date(now) == visit.business_date,
        no_show=waiting and now > visit.starts_at,
        late_fee=_said(unit, location, location.late_cancel_fee_minor)
        if costs and is_late(visit, place, now)
        else "",
        no_show_fee=_said(unit, location, location.no_show_fee_minor) if costs else "",
        card=costs and card_for(session, visit.location_id, visit.id) is not None,
        waive=unit.actor.may(Permission.BOOKING_OVERRIDE, visit.location_id),
        undo=not fee_stands(session, visit.id),
    )


def _said(unit: Unit, location: Location, fee_minor: int) -> str:
    if not fee_minor:
        return ""
    return money(fee_with_tax(unit.session, location, fee_minor), location.currency)
