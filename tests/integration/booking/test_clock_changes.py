"""Clock changes and midnights: slots per local day, hours in local time, nothing lost and nothing twice."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.clock import LocalTimeAmbiguous, LocalTimeMissing
from operational.booking import errors
from operational.booking.availability import Question, Slot, availability
from operational.booking.book import book
from operational.booking.move import move
from operational.booking.queries import VisitRow
from operational.booking.schemas import Move, NewItem, NewVisit
from operational.etag import etag
from tests.factories.booking import actor_of, add_service, add_shift, unit, violations
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database

BEFORE = datetime(2027, 1, 4, tzinfo=UTC)


@pytest.fixture
def setup(operational: Database) -> OrganizationSetUp:
    return organization(operational, locations=1)


def place_in(setup: OrganizationSetUp, zone: str, opens: int, closes: int) -> None:
    """Put the location into a zone, open every day between two minutes of the local day."""
    with setup.database.session("owner") as session:
        session.execute(text("update location set timezone = :zone"), {"zone": zone})
        session.execute(
            text("update location_hours set opens_minute = :opens, closes_minute = :closes"),
            {"opens": opens, "closes": closes},
        )


def slots(setup: OrganizationSetUp, first: date, last: date, service: uuid.UUID) -> list[Slot]:
    question = Question(setup.location_id, service, first, last, limit=2000)
    with unit(setup.database, setup) as session:
        return availability(session, actor_of(setup), question)[0]


def booked(setup: OrganizationSetUp, start: datetime, service: uuid.UUID) -> VisitRow:
    request = NewVisit(
        client_id=setup.client(),
        location_id=setup.location_id,
        starts_at=start,
        items=[NewItem(service_id=service)],
    )
    with unit(setup.database, setup) as session:
        return book(session, actor_of(setup), request)


CHANGES = [
    # zone, day of the change, hours of that day
    ("America/New_York", date(2027, 3, 14), 23.0),
    ("America/New_York", date(2027, 11, 7), 25.0),
    ("America/Phoenix", date(2027, 3, 14), 24.0),
    ("America/Phoenix", date(2027, 11, 7), 24.0),
    ("Europe/London", date(2027, 3, 28), 23.0),
    ("Europe/London", date(2027, 10, 31), 25.0),
    ("Australia/Lord_Howe", date(2027, 4, 4), 24.5),
    ("Australia/Lord_Howe", date(2027, 10, 3), 23.5),
]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_a_day_has_as_many_slots_as_its_clocks_show(
    setup: OrganizationSetUp, zone: str, day: date, hours: float
) -> None:
    place_in(setup, zone, 0, 1440)
    service = add_service(setup, "Quarter", hands=15)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for number in range(-1, 3):
        start = midnight + timedelta(hours=23 * number)
        add_shift(setup, start, start + timedelta(hours=23))
    with clock.frozen(BEFORE):
        found = slots(setup, day, day, service)
        assert len(found) == hours * 4
        assert {slot.starts_at.date() for slot in found} == {day}
        assert {slot.starts_at.minute % 15 for slot in found} == {0}
        starts = [slot.starts_at.astimezone(UTC) for slot in found]
        assert starts == sorted(set(starts))
        taken = booked(setup, found[len(found) // 8].starts_at, service)
        assert taken.starts_at not in {slot.starts_at for slot in slots(setup, day, day, service)}
    assert violations(setup.database) == (0, 0)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_opening_hours_are_local_on_the_days_around_a_change(
    setup: OrganizationSetUp, zone: str, day: date, hours: float
) -> None:
    place_in(setup, zone, 9 * 60, 17 * 60)
    service = add_service(setup, "Hour", hands=60)
    for number in range(-2, 3):
        near = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=number)
        add_shift(setup, near, near + timedelta(hours=24))
    with clock.frozen(BEFORE):
        found = slots(setup, day - timedelta(days=1), day + timedelta(days=1), service)
    by_day: dict[date, list[str]] = {}
    for slot in found:
        by_day.setdefault(slot.starts_at.date(), []).append(slot.starts_at.strftime("%H:%M"))
    assert {(times[0], times[-1], len(times)) for times in by_day.values()} == {("09:00", "16:00", 29)}
    assert len(by_day) == 3


@pytest.mark.parametrize(
    ("zone", "wall", "error"),
    [
        ("America/New_York", "2027-03-14T02:30", LocalTimeMissing),
        ("America/New_York", "2027-11-07T01:30", LocalTimeAmbiguous),
        ("Europe/London", "2027-03-28T01:30", LocalTimeMissing),
        ("Europe/London", "2027-10-31T01:30", LocalTimeAmbiguous),
        ("Australia/Lord_Howe", "2027-10-03T02:15", LocalTimeMissing),
        ("Australia/Lord_Howe", "2027-04-04T01:45", LocalTimeAmbiguous),
    ],
)
def test_a_wall_clock_time_that_is_missing_or_double_is_refused(
    setup: OrganizationSetUp, zone: str, wall: str, error: type[Exception]
) -> None:
    place_in(setup, zone, 0, 1440)
    with clock.frozen(BEFORE), pytest.raises(error):
        booked(setup, datetime.fromisoformat(wall), setup.consultation_id)


def test_both_of_a_double_hour_can_be_booked_by_offset(setup: OrganizationSetUp) -> None:
    place_in(setup, "America/New_York", 0, 1440)
    first = datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    add_shift(setup, first - timedelta(hours=2), first + timedelta(hours=6))
    with clock.frozen(BEFORE):
        shown = [booked(setup, first + timedelta(hours=n), setup.consultation_id).starts_at for n in (0, 1)]
    assert [one.strftime("%H:%M%z") for one in shown] == ["01:30-0400", "01:30-0500"]


def test_a_move_over_a_change_lands_at_the_instant_asked_for(setup: OrganizationSetUp) -> None:
    place_in(setup, "America/New_York", 0, 1440)
    zone = ZoneInfo("America/New_York")
    before, after = datetime(2027, 3, 13, 10, tzinfo=zone), datetime(2027, 3, 15, 10, tzinfo=zone)
    for day in (before, after):
        add_shift(setup, day.astimezone(UTC) - timedelta(hours=1), day.astimezone(UTC) + timedelta(hours=5))
    with clock.frozen(BEFORE):
        row = booked(setup, before, setup.consultation_id)
        with unit(setup.database, setup) as session:
            row = move(session, actor_of(setup), row.id, Move.model_validate({"starts_at": after}), etag(row))
    assert row.starts_at.isoformat() == "2027-03-15T10:00:00-04:00"
    assert row.items[0].ends_at - row.items[0].starts_at == timedelta(minutes=30)


@pytest.mark.parametrize(
    "name", ["America/New_York", "America/Phoenix", "Europe/London", "Australia/Lord_Howe"]
)
def test_hours_and_shifts_run_past_midnight(setup: OrganizationSetUp, name: str) -> None:
    """Open 20:00 to 02:00; a visit from 23:45 to 00:15 belongs to the business date of the evening."""
    place_in(setup, name, 20 * 60, 26 * 60)
    zone = ZoneInfo(name)
    evening = datetime(2027, 5, 7, 20, tzinfo=zone).astimezone(UTC)
    add_shift(setup, evening, evening + timedelta(hours=8))
    with clock.frozen(BEFORE):
        row = booked(setup, evening + timedelta(hours=3, minutes=45), setup.consultation_id)
        found = slots(setup, date(2027, 5, 7), date(2027, 5, 8), setup.consultation_id)
        assert found[0].starts_at.strftime("%H:%M") == "20:00"
        assert found[-1].starts_at == datetime(2027, 5, 8, 1, 30, tzinfo=zone)
        assert row.business_date == date(2027, 5, 7)
        with pytest.raises(errors.LocationClosed):
            booked(setup, evening + timedelta(hours=5, minutes=45), setup.consultation_id)
        late = booked(setup, evening + timedelta(hours=5), setup.consultation_id)
    assert (late.starts_at.date(), late.business_date) == (date(2027, 5, 8), date(2027, 5, 7))
