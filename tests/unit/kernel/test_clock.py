"""The clock: business dates on the wall clock, and local times that do not exist or happen twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspa.kernel import clock

ZONES = ["America/New_York", "America/Phoenix", "Europe/London", "Australia/Lord_Howe"]
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("2026-03-07 02:59", date(2026, 3, 6)),
        ("2026-03-07 03:00", date(2026, 3, 7)),
        ("2026-03-08 01:59", date(2026, 3, 7)),  # spring forward: 02:00 to 03:00 is missing
        ("2026-03-08 03:00", date(2026, 3, 8)),
        ("2026-11-01 01:30", date(2026, 10, 31)),  # fall back: 01:30 happens twice
        ("2026-11-01 03:00", date(2026, 11, 1)),
    ],
)
def test_the_business_date_turns_at_the_cut_over_hour_of_the_wall_clock(wall: str, expected: date) -> None:
    for fold in (0, 1):
        local = datetime.strptime(wall, "%Y-%m-%d %H:%M").replace(
            tzinfo=ZoneInfo("America/New_York"), fold=fold
        )
        assert clock.business_date(local.astimezone(UTC), "America/New_York") == expected


@given(INSTANTS, st.sampled_from(ZONES))
def test_every_business_date_is_the_local_date_or_the_day_before(instant: datetime, zone: str) -> None:
    local = instant.astimezone(ZoneInfo(zone)).date()
    assert clock.business_date(instant, zone) in (local, local - timedelta(days=1))


@given(INSTANTS, st.sampled_from(ZONES))
def test_a_local_time_with_its_fold_gives_the_instant_back(instant: datetime, zone: str) -> None:
    local = instant.astimezone(ZoneInfo(zone))
    assert clock.from_local(local.replace(tzinfo=None, fold=0), zone, fold=local.fold) == instant


def test_a_time_that_the_clocks_skip_is_refused_and_named() -> None:
    with pytest.raises(clock.LocalTimeMissing) as caught:
        clock.from_local(datetime(2026, 3, 8, 2, 30), "America/New_York")  # noqa: DTZ001
    assert "2026-03-08 02:30" in caught.value.detail


def test_a_time_that_happens_twice_asks_for_its_offset() -> None:
    twice = datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001
    with pytest.raises(clock.LocalTimeAmbiguous):
        clock.from_local(twice, "America/New_York")
    first, second = (clock.from_local(twice, "America/New_York", fold=fold) for fold in (0, 1))
    assert second - first == timedelta(hours=1)


def test_the_half_hour_change_of_lord_howe_is_known() -> None:
    with pytest.raises(clock.LocalTimeMissing):
        clock.from_local(datetime(2026, 10, 4, 2, 15), "Australia/Lord_Howe")  # noqa: DTZ001


def test_a_frozen_clock_stands_still_and_comes_back() -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.frozen(instant):
        assert clock.now() == instant
        assert not clock.uses_system_clock()
    assert clock.uses_system_clock()
