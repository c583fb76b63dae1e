"""What becomes of the visits in time off: of all that are ticked at once, or of one at a chosen time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response
from starlette.datastructures import FormData

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.vocabulary import OffSubject, Permission, Purpose, TimeOffStatus
from operational.absence import pages as around
from operational.absence.working import ask_client, booked_in, move_to, written
from operational.booking import affected, queries, time_off
from operational.booking.availability import Question, Slot, availability, next_free
from operational.booking.errors import WrongState
from operational.booking.group_schemas import BulkMove
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, StaffMember, TimeOff
from operational.names import names_of
from operational.pages import page, page_router, redirect
from operational.rows import get_row
from operational.setup.attempt import Sent, attempt

AREA, HERE = around.AREA, around.HERE
MOVE, ASK, TASK = "move", "ask", "task"
NO_MORE, NOT_YET = "It does not count any more.", "It does not count yet: it is not approved."
ASKED_BEFORE = "Nobody was asked again: who was ticked is asked already."
DAYS_SHOWN = 7
MOST = 600
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@dataclass(frozen=True, slots=True)
class Choice:
    """A time that a visit could take: what the page sends back, and with whom."""

    to: str
    starts_at: datetime
    with_whom: str


@pages.post(HERE + "/{time_off_id}/visits")
def work_through(request: Request, time_off_id: uuid.UUID, unit: Writer, sent: Sent) -> Response:
    """What is said for the ticked visits, each for itself: what one cannot stops no other."""
    row = time_off.get(unit.session, unit.actor, time_off_id)
    do = str(sent.get("do") or "")
    try:
        if do not in (MOVE, ASK, TASK):
            raise Invalid("Say what to do with the visits.")
        if row.status is not TimeOffStatus.APPROVED:
            raise WrongState(NOT_YET if row.status is TimeOffStatus.REQUESTED else NO_MORE)
        requests = _ticked(unit, row, sent, do)
    except DomainError as error:
        return around.show(request, unit, row, {"": error.detail}, {}, error.status)
    asked: list[uuid.UUID] = []

    def ask(one: BulkMove) -> None:
        if ask_client(unit, one.appointment_id):
            asked.append(one.appointment_id)

    results = affected.each(unit, requests, ask) if do == ASK else affected.apply_each(unit, requests)
    failed = {
        visit: f"{error.title}. {error.detail}" for visit, error in results.items() if error is not None
    }
    if failed:
        return around.show(
            request, unit, time_off.get(unit.session, unit.actor, time_off_id), {}, failed, 409
        )
    if do == ASK:
        said = _counted(len(asked), "client is", "clients are", "asked.") if asked else ASKED_BEFORE
    else:
        said = _counted(len(results), "visit is", "visits are", "moved." if do == MOVE else "a task now.")
    return redirect(f"{HERE}/{time_off_id}", request, said)


@pages.get(HERE + "/{time_off_id}/visits/{appointment_id}")
def choose_time(
    request: Request,
    time_off_id: uuid.UUID,
    appointment_id: uuid.UUID,
    unit: Reader,
    since: Annotated[str, Query(alias="from", max_length=10)] = "",
) -> Response:
    row = time_off.get(unit.session, unit.actor, time_off_id)
    return _times(request, unit, row, appointment_id, since, {})


@pages.post(HERE + "/{time_off_id}/visits/{appointment_id}")
def take_time(
    request: Request, time_off_id: uuid.UUID, appointment_id: uuid.UUID, unit: Writer, sent: Sent
) -> Response:
    row = time_off.get(unit.session, unit.actor, time_off_id)

    def act() -> None:
        visit = queries.visit(unit.session, appointment_id)
        move = move_to(visit, str(sent.get("version") or ""), str(sent.get("to") or ""))
        affected.apply(unit.session, unit.actor, move)

    wrong = attempt(unit.session, act, ())
    if wrong:
        return _times(request, unit, row, appointment_id, str(sent.get("from") or ""), wrong)
    return redirect(f"{HERE}/{time_off_id}", request, "The visit is moved.")


def _ticked(unit: Unit, row: TimeOff, sent: FormData, do: str) -> list[BulkMove]:
    """Raises Invalid where nothing is ticked, or a visit has nowhere to go."""
    inside = {str(one): one for one in time_off.visits_in(unit.session, row)}
    ids = [inside[str(one)] for one in sent.getlist("visit") if str(one) in inside]
    if not ids:
        raise Invalid("Tick at least one visit.")
    made = []
    for visit in queries.visits(unit.session, ids):
        version = str(sent.get(f"version-{visit.id}") or "")
        if do == MOVE:
            to = str(sent.get(f"to-{visit.id}") or "")
            if not to:
                raise Invalid("Untick the visits for which no time was found, or choose one for them.")
            made.append(move_to(visit, version, to))
        else:
            made.append(BulkMove(appointment_id=visit.id, version=visit.version, tell=True))
    return made


def _times(
    request: Request,
    unit: Unit,
    row: TimeOff,
    appointment_id: uuid.UUID,
    since: str,
    wrong: Mapping[str, str],
) -> Response:
    session = unit.session
    visit = queries.visit(session, appointment_id)
    unit.actor.require(Permission.BOOKING_READ, visit.location_id)
    place = get_row(session, Location, visit.location_id)
    today = clock.now().astimezone(ZoneInfo(place.timezone)).date()
    first = max(_day(since) or visit.starts_at.date(), today)
    days, following = _free(unit, visit, row, first)
    return page(
        AREA, "other_time.html", request, unit, 422 if wrong else 200, off=row, place=place, wrong=wrong,
        visit=booked_in(unit, [appointment_id]).shown[0], days=days, first=first, following=following,
        earlier=max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None,
        later=first + timedelta(days=DAYS_SHOWN),
        may_write=unit.actor.may(Permission.BOOKING_WRITE, place.id),
    )  # fmt: skip


def _free(
    unit: Unit, visit: queries.VisitRow, row: TimeOff, first: date
) -> tuple[dict[date, list[Choice]], date | None]:
    """(free times of a week by day; the next day with any, when it has none)."""
    items = sorted(visit.items, key=lambda one: one.starts_at)
    wanted = affected.wanted(items, row.subject_id if row.subject_kind is OffSubject.PROVIDER else None)
    if wanted is None:
        return {}, None
    head, *then = wanted
    last = first + timedelta(days=DAYS_SHOWN - 1)
    question = Question(
        visit.location_id, head.service_id, first, last, head.provider_id, visit.client_id, then=tuple(then),
        skip=visit.id, limit=MOST,
    )  # fmt: skip
    try:
        slots, _ = availability(unit.session, unit.actor, question)
        after = None if slots else next_free(unit.session, unit.actor, question)
    except DomainError:
        return {}, None
    people = names_of(unit.session, StaffMember, {who for one in slots for who in _hands(one)})
    found: dict[date, list[Choice]] = {}
    for slot in slots:
        found.setdefault(slot.starts_at.date(), []).append(_choice(slot, people))
    return found, after.starts_at.date() if after else None


def _choice(slot: Slot, people: Mapping[uuid.UUID, str]) -> Choice:
    names = list(dict.fromkeys(people[one] for one in _hands(slot)))
    return Choice(
        written((one.provider_id, one.starts_at) for one in slot.items), slot.starts_at, " and ".join(names)
    )


def _hands(slot: Slot) -> Sequence[uuid.UUID]:
    return [one.provider_id for one in slot.items]


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _counted(count: int, one: str, more: str, what: str) -> str:
    return f"{count} {one if count == 1 else more} {what}"
