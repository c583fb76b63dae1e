"""Pages of time off: what is coming, asking or taking, deciding, ending; and a provider who is sick.

What becomes of the visits in it is visit_pages.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request, Response
from starlette.datastructures import FormData

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import OffSubject, Permission, Purpose, TimeOffReason, TimeOffStatus
from operational.absence import asked, shown
from operational.absence.working import booked_in, must_find, worked
from operational.booking import time_off
from operational.booking.schedule_schemas import NewTimeOff
from operational.calendar.place import place_meant
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, StaffMember, TimeOff
from operational.names import names_of
from operational.pages import page, page_router, redirect
from operational.rows import get_row
from operational.schemas import from_form
from operational.setup.attempt import Sent, attempt

AREA = "operational.absence"
HERE = "/calendar/time-off"
NOW, TODAY, DAYS = "now", "today", "days"
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Manager = Annotated[
    Unit, Depends(needs(Permission.SCHEDULE_MANAGE, phi=Purpose.OPERATIONS), scope="function")
]
Kind = Literal["", "people", "rooms", "closures"]
DayAsked = Annotated[str, Query(max_length=10)]


@pages.get(HERE)
def list_time_off(
    request: Request,
    unit: Reader,
    kind: Kind = "",
    over: bool = False,
    number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> Response:
    place = place_meant(request, unit, None)
    rows, more = shown.page_of(unit.session, unit.actor, place, over=over, kind=kind, number=number)
    may_manage = unit.actor.may(Permission.SCHEDULE_MANAGE, place.id)
    return page(
        AREA, "time_off.html", request, unit, rows=rows, more=more, number=number, kind=kind, over=over,
        place=place, may_manage=may_manage,
        providers=shown.providers(unit.session, place) if may_manage else [],
        may_ask=bool(shown.choices(unit.session, unit.actor, place)),
        readable={one.row.id for one in rows if unit.actor.may(Permission.BOOKING_READ, one.row.location_id)},
    )  # fmt: skip


@pages.get(HERE + "/new")
def ask_time_off(
    request: Request, unit: Reader, subject: Annotated[str, Query(max_length=60)] = "", day: DayAsked = ""
) -> Response:
    place = place_meant(request, unit, None)
    return _form(
        request, unit, place, asked.BLANK | {"subject": subject, "first": _date(day, place).isoformat()}
    )


@pages.post(HERE + "/new")
def take_time_off(request: Request, unit: Reader, sent: Sent) -> Response:
    """Taken by who decides about it, asked for by anybody else. Visits booked in it are shown first."""
    place, values = place_meant(request, unit, _id(sent, "location_id")), asked.typed(sent)
    request_only = not unit.actor.may(Permission.SCHEDULE_MANAGE, place.id)
    made: list[TimeOff] = []
    found: list[uuid.UUID] = []

    def act() -> None:
        body = asked.read(place, values, request=request_only, keep="keep" in sent)
        try:
            rows, affected = time_off.add(unit.session, unit.actor, body)
        except time_off.VisitsInTheWay as error:
            found.extend(uuid.UUID(one) for one in error.extra["appointments"])
            raise
        made.extend(rows)
        if not request_only:
            must_find(unit, affected)

    wrong = attempt(unit.session, act, asked.FIELDS)
    if wrong:
        return _form(request, unit, place, values, wrong, found)
    said = "You have asked for it." if request_only else "The time is taken."
    return redirect(f"{HERE}/{made[0].id}", request, said)


@pages.get(HERE + "/absent")
def ask_absent(request: Request, unit: Manager, staff: uuid.UUID, day: DayAsked = "") -> Response:
    """A provider is sick: from now on, today, or for some days."""
    place = place_meant(request, unit, None)
    return _absent(request, unit, place, get_row(unit.session, StaffMember, staff), _date(day, place), {})


@pages.post(HERE + "/absent")
def mark_absent(request: Request, unit: Manager, sent: Sent) -> Response:
    place = place_meant(request, unit, _id(sent, "location_id"))
    provider = get_row(unit.session, StaffMember, _id(sent, "staff"))
    first = _date(str(sent.get("day") or ""), place)
    how, last = str(sent.get("how") or ""), str(sent.get("last") or "").strip()
    made: list[TimeOff] = []

    def act() -> None:
        starts_at, ends_at = _span(how, first, last, place)
        body = from_form(
            NewTimeOff, location_id=place.id, subject_kind=OffSubject.PROVIDER, subject_id=provider.id,
            starts_at=starts_at, ends_at=ends_at, reason=TimeOffReason.ABSENT, keep_visits=True,
        )  # fmt: skip
        rows, affected = time_off.add(unit.session, unit.actor, body)
        made.extend(rows)
        must_find(unit, affected)

    wrong = attempt(unit.session, act, ("last",))
    if wrong:
        return _absent(request, unit, place, provider, first, wrong, how, last)
    return redirect(f"{HERE}/{made[0].id}", request, f"{provider.label} is marked absent.")


@pages.get(HERE + "/{time_off_id}")
def show_time_off(request: Request, time_off_id: uuid.UUID, unit: Reader) -> Response:
    return show(request, unit, time_off.get(unit.session, unit.actor, time_off_id), {}, {})


def _step(step: str, act: Callable[[Unit, uuid.UUID, str, bool], object], said: str) -> None:
    @pages.post(f"{HERE}/{{time_off_id}}/{step}", name=f"{step}_time_off")
    def take(request: Request, time_off_id: uuid.UUID, unit: Reader, sent: Sent) -> Response:
        version = str(sent.get("version") or "")
        wrong = attempt(unit.session, lambda: act(unit, time_off_id, version, "also" in sent), ())
        if wrong:
            return show(request, unit, time_off.get(unit.session, unit.actor, time_off_id), wrong, {})
        return redirect(f"{HERE}/{time_off_id}", request, said)


def _approve(unit: Unit, time_off_id: uuid.UUID, version: str, also: bool) -> None:
    """The visits in it were shown beside the button."""
    _, affected = time_off.approve(
        unit.session, unit.actor, time_off_id, version, keep_visits=True, following=also
    )
    must_find(unit, affected)


def _decline(unit: Unit, time_off_id: uuid.UUID, version: str, also: bool) -> None:
    time_off.decline(unit.session, unit.actor, time_off_id, version, following=also)


def _end(unit: Unit, time_off_id: uuid.UUID, version: str, also: bool) -> None:
    time_off.end(unit.session, unit.actor, time_off_id, version, following=also)


_step("approve", _approve, "Approved.")
_step("decline", _decline, "Declined.")
_step("end", _end, "The time can be booked again.")


def show(
    request: Request,
    unit: Unit,
    row: TimeOff,
    wrong: Mapping[str, str],
    failed: Mapping[uuid.UUID, str],
    status: int | None = None,
) -> Response:
    """Time off with the visits in it. `failed`: visit → why it was not moved."""
    session, actor = unit.session, unit.actor
    place = get_row(session, Location, row.location_id)
    zone = ZoneInfo(place.timezone)
    counts = row.status is TimeOffStatus.APPROVED
    visits = worked(unit, row, proposing=counts) if row.status in shown.STANDING else None
    return page(
        AREA, "one_time_off.html", request, unit, status or (422 if wrong or failed else 200),
        off=shown.one_of(session, row, zone), place=place, visits=visits, counts=counts, wrong=wrong,
        failed=failed, in_series=shown.in_the_way(session, row, zone) if row.series_id else [],
        people=names_of(session, StaffMember, [row.asked_by, row.decided_by]),
        may_manage=actor.may(Permission.SCHEDULE_MANAGE, place.id),
        may_end=actor.may(Permission.SCHEDULE_MANAGE, place.id)
        or (row.status is TimeOffStatus.REQUESTED and row.asked_by == actor.staff_id is not None),
        may_write=actor.may(Permission.BOOKING_WRITE, place.id),
    )  # fmt: skip


def _form(
    request: Request,
    unit: Unit,
    place: Location,
    values: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    found: list[uuid.UUID] | None = None,
) -> Response:
    return page(
        AREA, "new_time_off.html", request, unit, (409 if found else 422) if wrong else 200,
        place=place, values=values, wrong=wrong or {}, groups=shown.choices(unit.session, unit.actor, place),
        reasons=list(TimeOffReason), in_the_way=booked_in(unit, found or []),
        decides=unit.actor.may(Permission.SCHEDULE_MANAGE, place.id),
    )  # fmt: skip


def _absent(
    request: Request,
    unit: Unit,
    place: Location,
    provider: StaffMember,
    first: date,
    wrong: Mapping[str, str],
    how: str = "",
    last: str = "",
) -> Response:
    """What is booked on the day is shown before anything is done."""
    zone = ZoneInfo(place.timezone)
    today = clock.now().astimezone(zone).date()
    whole = TimeOff(
        org_id=unit.actor.org_id, id=new_id(), location_id=place.id, subject_kind=OffSubject.PROVIDER,
        subject_id=provider.id, starts_at=datetime.combine(first, time(), zone),
        ends_at=datetime.combine(first + timedelta(days=1), time(), zone),
    )  # fmt: skip
    with unit.session.no_autoflush:
        found = time_off.visits_in(unit.session, whole)
    return page(
        AREA, "absent.html", request, unit, 422 if wrong else 200, place=place, provider=provider,
        first=first, is_today=first == today, wrong=wrong, visits=booked_in(unit, found), last=last,
        how=how if how in (TODAY, DAYS) or first != today else NOW,
    )  # fmt: skip


def _span(how: str, first: date, last: str, place: Location) -> tuple[datetime, datetime]:
    zone = ZoneInfo(place.timezone)
    begin, end = datetime.combine(first, time(), zone), first
    if last and how != DAYS:
        raise Invalid("last: Choose several days for this last day, or leave it empty.")
    if how == NOW:
        begin = clock.now().replace(second=0, microsecond=0).astimezone(zone)
        end = begin.date()
    elif how == DAYS:
        try:
            end = date.fromisoformat(last)
        except ValueError:
            raise Invalid("last: Enter the last day of the absence.") from None
    elif how != TODAY:
        raise Invalid("how: Say for how long.")
    if end < begin.date():
        raise Invalid("last: The last day is before the first.")
    return begin, datetime.combine(end + timedelta(days=1), time(), zone)


def _date(raw: str, place: Location) -> date:
    """The day that was asked for; of anything else, today there."""
    today = clock.now().astimezone(ZoneInfo(place.timezone)).date()
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return today
    return found if abs((found - today).days) <= 3660 else today


def _id(sent: FormData, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(sent.get(name)))
    except ValueError:
        raise Invalid(f"{name}: Open the page again and send its form.") from None
