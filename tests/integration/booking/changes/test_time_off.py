"""Time off and shifts: what availability leaves out, booking refuses by name."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.vocabulary import OffSubject, ResourceKind, SoftRule, TimeOffReason
from operational.booking import errors, shifts, time_off
from operational.booking.schedule_schemas import (
    NewPattern,
    Repeat,
)
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_resource,
    add_service,
    add_shift,
    next_weekday,
    violations,
)
from tests.factories.organization import OrganizationSetUp, organization
from tests.integration.booking.desk import OPEN, booked, does, off, slots, starts
from tests.support.databases import Database

ROOM = ResourceKind.ROOM


@pytest.mark.parametrize(
    ("kind", "error"),
    [("provider", errors.ProviderAway), ("room", errors.ResourceDown), ("location", errors.LocationClosed)],
)
def test_time_off_is_left_out_and_refused_by_name(
    setup: OrganizationSetUp, start: datetime, kind: str, error: type[DomainError]
) -> None:
    room = add_resource(setup, "Only", tag="only")
    service = add_service(setup, "Roomed", needs=[(ROOM, "only")], hands=30)
    subject = {"provider": setup.provider_id, "room": room, "location": setup.location_id}[kind]
    before = booked(setup, start + timedelta(minutes=60), service)
    with pytest.raises(time_off.VisitsInTheWay) as caught:
        off(setup, subject, start + timedelta(minutes=60), 60, subject_kind=kind)
    assert caught.value.extra["appointments"] == [str(before.id)]
    rows, affected = off(
        setup, subject, start + timedelta(minutes=60), 60, subject_kind=kind, keep_visits=True
    )
    assert affected == [before.id]
    assert starts(setup, start, service) == [0, 15, 30, *range(120, 211, 15)]
    with pytest.raises(error) as refused:
        booked(
            setup, start + timedelta(minutes=75), service, client_id=setup.client(), overrides=tuple(SoftRule)
        )
    if kind == "location":
        assert refused.value.extra["reason"] == "meeting"
    does(setup, lambda s: time_off.end(s, actor_of(setup), rows[0].id, '"1"'))
    assert 90 in starts(setup, start, service)
    assert violations(setup.database) == (0, 0)


def test_a_weekly_pattern_with_a_split_day_keeps_the_wall_clock(
    setup: OrganizationSetUp, start: datetime
) -> None:
    spans = [(2, "09:00", "12:00"), (2, "13:00", "17:00"), (4, "20:00", "02:00")]
    first = start.date() + timedelta(days=1)
    request = NewPattern.model_validate(
        {
            "staff_id": setup.provider_id, "location_id": setup.location_id, "first": first,
            "last": first + timedelta(days=180), "every_weeks": 2,
            "spans": [{"weekday": day, "starts": since, "ends": until} for day, since, until in spans],
        }
    )  # fmt: skip
    made = does(setup, lambda s: shifts.add_pattern(s, actor_of(setup), request))
    zone = ZoneInfo("America/New_York")
    walls = {
        (
            one.starts_at.astimezone(zone).strftime("%a %H:%M"),
            one.ends_at.astimezone(zone).strftime("%a %H:%M"),
        )
        for one in made
    }
    assert walls == {("Wed 09:00", "Wed 12:00"), ("Wed 13:00", "Wed 17:00"), ("Fri 20:00", "Sat 02:00")}
    assert len(made) == 39
    with pytest.raises(errors.ShiftOverlaps):
        does(setup, lambda s: shifts.add_pattern(s, actor_of(setup), request))


def test_a_request_counts_once_it_is_approved_and_blocks_repeat_on_the_wall_clock(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service = add_service(setup, "Plain")
    rows, _ = off(setup, setup.provider_id, start, 60, request=True)
    assert starts(setup, start, service)[0] == 0
    does(setup, lambda s: time_off.approve(s, actor_of(setup), rows[0].id, '"1"', keep_visits=False))
    assert starts(setup, start, service)[0] == 60
    lunch, _ = off(
        setup, setup.provider_id, start + timedelta(hours=2), 30, reason=TimeOffReason.BREAK,
        repeat=Repeat(times=30),
    )  # fmt: skip
    assert len(lunch) == 30
    walls = {
        row.starts_at.astimezone(slots(setup, start, service)[0].starts_at.tzinfo).time() for row in lunch
    }
    assert len(walls) == 1, "half a year crosses a clock change"
    does(setup, lambda s: time_off.end(s, actor_of(setup), lunch[3].id, '"1"', following=True))
    left = does(setup, lambda s: time_off.listed(
        s, actor_of(setup), setup.location_id, start, start + timedelta(weeks=40)))  # fmt: skip
    assert [row.status for row in left].count("approved") == 4
    assert OffSubject.PROVIDER in {row.subject_kind for row in left}


def test_a_request_that_comes_again_is_decided_at_once_or_one_by_one(
    setup: OrganizationSetUp, start: datetime
) -> None:
    actor = actor_of(setup)

    def asked() -> list[uuid.UUID]:
        rows, _ = off(setup, setup.provider_id, start, 60, request=True, repeat=Repeat(times=4))
        return [row.id for row in rows]

    def states(ids: list[uuid.UUID]) -> list[str]:
        found: list[str] = does(setup, lambda s: [time_off.get(s, actor, one).status.value for one in ids])
        return found

    ids = asked()
    does(setup, lambda s: time_off.decline(s, actor, ids[3], '"1"'))
    does(setup, lambda s: time_off.approve(s, actor, ids[1], '"1"', keep_visits=False, following=True))
    assert states(ids) == ["requested", "approved", "approved", "declined"]
    does(setup, lambda s: time_off.end(s, actor, ids[0], '"1"', following=True))
    assert states(ids) == ["ended", "approved", "approved", "declined"], "withdrawing ends no approved time"
    again = asked()
    does(setup, lambda s: time_off.decline(s, actor, again[1], '"1"', following=True))
    assert states(again) == ["requested", "declined", "declined", "declined"]


def test_a_provider_is_away_only_where_they_work(operational_module: Database) -> None:
    setup, start = organization(operational_module), next_weekday()
    other = add_provider(setup, setup.locations[1])
    with pytest.raises(Invalid) as caught:
        off(setup, other, start, 60)
    assert caught.value.detail.startswith("The provider does not work at this location.")
    add_shift(setup, start, start + OPEN, staff_id=other)
    assert off(setup, other, start, 60)[1] == []
    with pytest.raises(Invalid):
        off(setup, other, start + OPEN, 60)
    assert off(setup, other, start + OPEN, 60, location_id=setup.locations[1])[1] == []
