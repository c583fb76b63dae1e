"""The back office: drawers and days, rosters, people who come and go, prices and taxes."""

from __future__ import annotations

import datetime as dt

from medspa.kernel.vocabulary import DrawerMovementKind, OffSubject, TimeOffReason
from operational.booking import time_off
from operational.booking.schedule_schemas import NewTimeOff
from operational.booking.schemas import NewShift
from operational.booking.shifts import add_shifts
from operational.catalogue import service as catalogue
from operational.identity.staff import edit, get_staff
from operational.ledger.close import close_day
from operational.ledger.close_blockers import unclosed_before
from operational.ledger.drawer_count import DENOMINATIONS, count_session
from operational.ledger.drawer_movements import record_movement
from operational.ledger.drawers import FloatSource, open_session
from operational.ledger.errors import DayBlocked
from operational.models import Product, Service
from operational.organization.schemas import TaxRateCreate
from operational.organization.service import add_rate
from operational.rows import get_row
from operational.simulation import outside, tender
from operational.simulation.diary import MEETING
from operational.simulation.events import Close, Open, PettyCash, Price, Roster, Staff, TaxChange
from operational.simulation.scale import Scale
from operational.simulation.setup import employ
from operational.simulation.stage import Stage

KEPT_FOR_TIPS = 1_000
"""Below this, tips wait another week."""


def open_drawer(stage: Stage, scale: Scale, event: Open) -> None:
    """With the place's float; what the last count left short comes from the bank."""
    amount = next(place.float_minor for place in scale.places if place.code == event.place)
    left = stage.memory.left.get(event.place)
    source = None if left in (None, amount) else FloatSource.BANK
    with stage.act(stage.front) as session:
        opened = open_session(session, stage.front, stage.ids.drawers[event.place], amount, source)
        stage.ids.sessions[event.place] = opened.id
    stage.memory.cash[event.place] = amount


def petty_cash(stage: Stage, event: PettyCash) -> None:
    with stage.act(stage.front) as session:
        record_movement(
            session,
            stage.front,
            stage.ids.sessions[event.place],
            DrawerMovementKind.PAID_OUT,
            event.amount_minor,
            event.reason,
        )
    stage.memory.cash[event.place] -= event.amount_minor


def close(stage: Stage, scale: Scale, event: Close) -> None:
    """Tips paid, the drawer counted blind, the day closed, after any day before it that saw business."""
    tender.settle_unanswered(stage, event.place)
    place = stage.ids.places[event.place]
    if event.place in stage.ids.sessions:
        _count(stage, scale, event)
    if event.tips:
        outside.bring_to_bank(stage, event.place)
    with stage.act(stage.manager) as session:
        try:
            close_day(session, stage.manager, place, event.date)
        except DayBlocked:
            for date, idle in unclosed_before(session, place, event.date):
                if not idle:
                    close_day(session, stage.manager, place, date)
            close_day(session, stage.manager, place, event.date)


def _count(stage: Stage, scale: Scale, event: Close) -> None:
    code, memory = event.place, stage.memory
    held = stage.ids.sessions.pop(code)
    kept = next(place.float_minor for place in scale.places if place.code == code)
    with stage.act(stage.front) as session:
        for (where, provider), owed in list(memory.tips.items()) if event.tips else ():
            paid = min(owed, memory.cash[code] - kept)
            if where == code and paid >= KEPT_FOR_TIPS:
                record_movement(
                    session,
                    stage.front,
                    held,
                    DrawerMovementKind.TIPS_PAID,
                    paid,
                    "tips",
                    stage.ids.staff[provider],
                )
                memory.tips[where, provider] -= paid
                memory.cash[code] -= paid
        counted = max(memory.cash[code] + event.off_minor, 0)
        count_session(session, stage.front, held, pieces(counted), min(kept, counted))
    memory.left[code] = min(kept, counted)
    memory.safe[code] += counted - memory.left[code]


def pieces(amount_minor: int) -> dict[int, int]:
    """Notes and coins that make an amount, the largest first."""
    counted = {}
    for denomination in sorted(DENOMINATIONS["USD"], reverse=True):
        number, amount_minor = divmod(amount_minor, denomination)
        if number:
            counted[denomination] = number
    return counted


def roster(stage: Stage, event: Roster) -> None:
    """Shifts in one transaction, as a manager who copies a week, with the meetings in them."""
    ids = stage.ids
    asked = [
        NewShift(staff_id=ids.staff[provider], location_id=ids.places[place], starts_at=starts, ends_at=ends)
        for provider, place, _, starts, ends in event.shifts
    ]
    with stage.act(stage.manager) as session:
        add_shifts(session, stage.manager, asked)
        for request, (_, _, date, starts, _) in zip(asked, event.shifts, strict=True):
            if date.weekday() == 0:
                meeting = NewTimeOff(
                    location_id=request.location_id,
                    subject_kind=OffSubject.PROVIDER,
                    subject_id=request.staff_id,
                    starts_at=starts,
                    ends_at=starts + dt.timedelta(minutes=MEETING),
                    reason=TimeOffReason.MEETING,
                    paid=True,
                )
                time_off.add(session, stage.manager, meeting)


def staff(stage: Stage, scale: Scale, event: Staff) -> None:
    if event.joins:
        plan = next(one for one in scale.providers if one.label == event.label)
        employ(stage, scale, event.label, "Provider", plan)
        return
    with stage.act(stage.owner) as session:
        row = get_staff(session, stage.ids.staff[event.label])
        edit(session, stage.owner, row.id, f'"{row.version}"', active=False)


def price(stage: Stage, event: Price) -> None:
    with stage.act(stage.owner) as session:
        values = {"price_minor": event.price_minor}
        if event.kind == "product":
            product = get_row(session, Product, stage.ids.products[event.name])
            catalogue.edit_product(session, stage.owner, product.id, f'"{product.version}"', values)
        else:
            service = get_row(session, Service, stage.ids.services[event.name])
            catalogue.edit_service(session, stage.owner, service.id, f'"{service.version}"', values, None)


def tax_change(stage: Stage, event: TaxChange) -> None:
    rate = TaxRateCreate(tax_class="goods", rate_ppm=event.rate_ppm, valid_from=event.valid_from)
    with stage.act(stage.owner) as session:
        jurisdiction = stage.ids.jurisdictions[event.place, event.jurisdiction]
        add_rate(session, stage.owner, jurisdiction, rate.model_dump())
