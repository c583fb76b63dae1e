"""Lives a plan: the clock goes from event to event, and each is done by whoever does it in a practice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from operational.simulation import checkout, clinic, office, reception
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
    Plan,
    Price,
    Refund,
    Roster,
    Staff,
    TaxChange,
    Waste,
)
from operational.simulation.scale import Scale
from operational.simulation.stage import Stage

Go = Callable[[dt.datetime], None]
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lived:
    """How much happened."""

    clients: int
    visits: int
    completed: int
    days_closed: int


class StepFailed(RuntimeError):
    """A service refused a planned step; the cause says why. The organization is left as it was then."""


def live(stage: Stage, scale: Scale, plan: Plan, go: Go, report: Report) -> Lived:
    """Do everything that is planned. `go` sets the clock; `report` gets a line per month.

    Raises StepFailed at the first step that is refused.
    """
    month, seen, done = "", Counter[str](), Counter[str]()
    for event in plan.events:
        name = f"{event.at:%Y-%m}"
        if name != month:
            if month:
                report(_line(scale, month, seen))
            month, seen = name, Counter()
        go(event.at)
        try:
            _do(stage, scale, event)
        except Exception as error:
            raise StepFailed(f"{type(event).__name__} at {event.at:%Y-%m-%d %H:%M} UTC") from error
        seen[type(event).__name__] += 1
        done[type(event).__name__] += 1
    if month:
        report(_line(scale, month, seen))
    return Lived(done["Join"], len(plan.visits), done["Finish"], done["Close"])


def _line(scale: Scale, month: str, seen: Counter[str]) -> str:
    return (
        f"{scale.slug} {month}: {seen['Join']} new clients, {seen['Book']} booked, {seen['Finish']} treated,"
        f" {seen['Miss']} missed or cancelled, {seen['Close']} days closed"
    )


def _do(stage: Stage, scale: Scale, event: Event) -> None:  # noqa: C901, PLR0912 - one line per kind of event
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
            if event.how == "practice_cancel":
                checkout.return_deposit(stage, stage.ids.visits[event.visit.number])
        case PayLater():
            checkout.pay_later(stage, event)
        case Refund():
            checkout.refund(stage, event)
        case _:
            raise TypeError(type(event).__name__)
