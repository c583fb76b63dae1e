"""Lives a plan: the clock goes from event to event, and each is done by whoever does it in a practice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from operational.simulation import (
    checkout,
    clinic,
    desk,
    members,
    office,
    outside,
    public,
    reception,
    refunds,
    waiting,
    ways,
)
from operational.simulation.events import (
    Arrive,
    Book,
    Close,
    Confirm,
    Delivery,
    Deposit,
    Event,
    Finish,
    Join,
    Miss,
    Move,
    Open,
    PayLater,
    PettyCash,
    Price,
    Refund,
    RefundPackage,
    Roster,
    Staff,
    TaxChange,
    Waste,
)
from operational.simulation.later import (
    Bank,
    Bill,
    Dispute,
    Enroll,
    GiveUp,
    Membership,
    OfVisit,
    PayLink,
    Recover,
    ReturnCheck,
    SendLink,
    Verdict,
)
from operational.simulation.scale import Scale
from operational.simulation.stage import Stage

Go = Callable[[dt.datetime], None]


WAYS: Mapping[type[Event], Callable[[Stage, Any], None]] = {
    ways.Turn: desk.turn, ways.StartWriting: desk.start_writing,
    ways.BeginOnline: public.begin, ways.FinishOnline: reception.finish_online,
    ways.Enquire: public.enquire, ways.FollowUp: desk.follow_up, ways.Convert: reception.convert,
    ways.Await: waiting.wait, ways.Decline: waiting.decline, ways.Accept: waiting.accept,
    ways.Come: waiting.come, ways.Seat: waiting.seat, ways.Rebook: reception.rebook,
    ways.Together: reception.together, ways.Series: reception.series,
    ways.Slip: reception.slip, ways.Undo: reception.undo,
    ways.Away: desk.away, ways.MoveAway: desk.move_away, ways.TellAway: desk.tell_away,
}  # fmt: skip


class StepFailed(RuntimeError):
    """A service refused a planned step; the cause says why. The organization is left as it was then."""


def step(stage: Stage, scale: Scale, event: Event, go: Go) -> None:
    """Go to the event's time and do it. Raises StepFailed when it is refused."""
    go(event.at)
    try:
        _do(stage, scale, event)
    except Exception as error:
        raise StepFailed(f"{type(event).__name__} at {event.at:%Y-%m-%d %H:%M} UTC: {error}") from error


def _later(stage: Stage, event: OfVisit) -> None:
    match event:
        case SendLink():
            outside.send_link(stage, event)
        case PayLink():
            outside.pay_link(stage, event)
        case ReturnCheck():
            outside.return_check(stage, event)
        case Dispute():
            outside.dispute(stage, event)
        case Verdict():
            outside.verdict(stage, event)
        case GiveUp():
            outside.give_up(stage, event)
        case Recover():
            outside.recover(stage, event)
        case Enroll():
            members.enroll(stage, event)
        case Membership():
            members.step(stage, event)
        case _:
            raise TypeError(type(event).__name__)


def _do(stage: Stage, scale: Scale, event: Event) -> None:  # noqa: C901 - one line per kind of event
    way = WAYS.get(type(event))
    if way is not None:
        way(stage, event)
        return
    match event:
        case Open():
            office.open_drawer(stage, scale, event)
        case Close():
            office.close(stage, scale, event)
        case PettyCash():
            office.petty_cash(stage, event)
        case Roster():
            office.roster(stage, event)
        case Staff():
            office.staff(stage, scale, event)
        case Price():
            office.price(stage, event)
        case TaxChange():
            office.tax_change(stage, event)
        case Delivery():
            clinic.deliver(stage, event)
        case Waste():
            clinic.waste(stage, event)
        case Join():
            reception.join(stage, event)
        case Book():
            reception.book(stage, event)
        case Deposit():
            checkout.deposit(stage, event)
        case Confirm():
            reception.confirm(stage, event)
        case Move():
            reception.move(stage, event)
        case Arrive():
            clinic.arrive(stage, event)
        case Finish():
            checkout.finish(stage, event)
        case Miss():
            reception.miss(stage, event)
        case PayLater():
            checkout.pay_later(stage, event)
        case Refund():
            refunds.refund(stage, event)
        case RefundPackage():
            refunds.refund_package(stage, event)
        case Bill():
            members.bill(stage, event)
        case Bank():
            outside.bank(stage, event)
        case OfVisit():
            _later(stage, event)
        case _:
            raise TypeError(type(event).__name__)
