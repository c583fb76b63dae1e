"""Pages of working time: a weekly pattern becomes shifts, and what is planned can be taken out again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.vocabulary import Permission
from operational.booking import shifts
from operational.booking.schemas import NewShift
from operational.etag import etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, Shift, StaffMember
from operational.models.organization import LocationHours
from operational.pages import chosen_place, page, page_router, redirect
from operational.setup import fields as forms
from operational.setup import week
from operational.setup.attempt import Sent, attempt
from operational.setup.fields import Field, Options
from operational.setup.kinds import AREA, named

pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.SCHEDULE_MANAGE), scope="function")]
MOST_WEEKS = 26
SHOWN = 60


def _providers(session: Any) -> Options:
    found = select(StaffMember.id, StaffMember.label).where(StaffMember.active, StaffMember.is_provider)
    return [(str(row.id), row.label) for row in session.execute(found.order_by(StaffMember.label))]


PATTERN = (
    Field("staff_id", "Provider", "choice", options=_providers),
    Field("location_id", "Location", "choice", options=named(Location, Location.active)),
    Field("first", "First day", "date"),
    Field("weeks", "For how many weeks", "number", hint=f"At most {MOST_WEEKS}.", start="8"),
)


@pages.get("/setup/shifts")
def show_shifts(request: Request, unit: Manager) -> Response:
    return _page(request, unit, *_begun(request, unit), {})


@pages.post("/setup/shifts")
def plan(request: Request, unit: Manager, sent: Sent) -> Response:
    """All shifts of the pattern, or none."""
    values, wrong = forms.read(PATTERN, sent, "")
    spans, untold = week.read(sent)
    wrong = wrong | untold
    if not wrong and not spans:
        wrong = {"": "Enter the hours of at least one weekday."}
    if not wrong and not 1 <= values["weeks"] <= MOST_WEEKS:
        wrong = {"weeks": f"From 1 to {MOST_WEEKS}."}
    made: list[Shift] = []

    def act() -> None:
        first = _day(values["first"])
        for since, until in week.days_of(spans, first, values["weeks"]):
            made.append(_one(unit, values, since, until))

    wrong = wrong or attempt(unit.session, act, values)
    if wrong:
        return _page(request, unit, forms.typed(PATTERN, sent), week.typed(sent), wrong)
    return redirect("/setup/shifts", request, f"{len(made)} shifts are planned.")


@pages.post("/setup/shifts/{shift_id}/remove")
def remove(request: Request, unit: Manager, shift_id: uuid.UUID, sent: Sent) -> Response:
    if_match = str(sent.get("if_match") or "")
    wrong = attempt(unit.session, lambda: shifts.end_shift(unit.session, unit.actor, shift_id, if_match), ())
    if wrong:
        return _page(request, unit, *_begun(request, unit), wrong)
    return redirect("/setup/shifts", request, "The shift is taken out.")


def _begun(request: Request, unit: Unit) -> tuple[dict[str, Any], dict[str, str]]:
    """The form before anybody filled it in: from today on at the location that is shown, while it is open."""
    place = chosen_place(request, unit)
    values = forms.blank(PATTERN)
    if place is None:
        return values, week.of_hours(())
    values["location_id"] = str(place.id)
    values["first"] = str(clock.now().astimezone(ZoneInfo(place.timezone)).date())
    open_at = select(LocationHours).where(LocationHours.location_id == place.id)
    rows = unit.session.scalars(open_at.order_by(LocationHours.weekday, LocationHours.opens_minute))
    return values, week.of_hours(rows.all())


def _one(unit: Unit, values: Mapping[str, Any], since: dt.datetime, until: dt.datetime) -> Shift:
    body = NewShift(
        staff_id=values["staff_id"], location_id=values["location_id"], starts_at=since, ends_at=until
    )
    try:
        return shifts.add_shift(unit.session, unit.actor, body)
    except DomainError as error:
        raise Invalid(f"{since:%A, %d %B}, {since:%H:%M}: {error.detail or error.title}") from None


def _day(raw: str) -> dt.date:
    try:
        return dt.date.fromisoformat(raw)
    except ValueError:
        raise Invalid("first: enter a date such as 2026-03-02.") from None


def _page(
    request: Request,
    unit: Unit,
    values: Mapping[str, Any],
    days: Mapping[str, str],
    wrong: Mapping[str, str],
) -> Response:
    place = chosen_place(request, unit)
    return page(
        AREA,
        "shifts.html",
        request,
        unit,
        422 if wrong else 200,
        fields=PATTERN,
        values=values,
        days=days,
        wrong=wrong,
        options=forms.offered(PATTERN, unit.session),
        weekdays=week.WEEKDAYS,
        parts=week.PARTS,
        place=place,
        planned=_planned(unit, place),
    )


def _planned(unit: Unit, place: Location | None) -> list[dict[str, Any]]:
    """The next shifts at the location, in its own time."""
    if place is None:
        return []
    rows = unit.session.execute(
        select(Shift, StaffMember.label)
        .join(StaffMember, (StaffMember.org_id == Shift.org_id) & (StaffMember.id == Shift.staff_id))
        .where(Shift.location_id == place.id, Shift.active, Shift.ends_at > clock.now())
        .order_by(Shift.starts_at, StaffMember.label)
        .limit(SHOWN)
    )
    zone = ZoneInfo(place.timezone)
    return [
        {
            "id": row.id,
            "label": label,
            "since": row.starts_at.astimezone(zone),
            "until": row.ends_at.astimezone(zone),
            "if_match": etag(row),
        }
        for row, label in rows
    ]
