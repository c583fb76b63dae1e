"""Times of day as they are told: by one clock wherever they stand, that of the place they are about."""

from __future__ import annotations

import datetime as dt

from medspa.ui.values import clock_of, clock_time, hours_of, minute_of_day, wall_time
from operational.messaging.claim import said_time


def test_clocks_have_as_many_hours_as_where_one_pays_in_the_currency() -> None:
    told = [clock_time(dt.time(hour, 5)) for hour in (0, 9, 12, 23)]
    assert told == ["12:05\u00a0am", "9:05\u00a0am", "12:05\u00a0pm", "11:05\u00a0pm"]
    with clock_of(hours_of("GBP")):
        assert [clock_time(dt.time(hour, 5)) for hour in (0, 9, 23)] == ["00:05", "09:05", "23:05"]
        assert (wall_time("2026-03-02T14:30"), minute_of_day(810)) == ("14:30", "13:30")
    assert (hours_of("USD"), minute_of_day(810), minute_of_day(1440)) == (12, "1:30\u00a0pm", "midnight")


def test_messages_tell_times_as_pages_do_without_a_sign_that_makes_a_text_longer() -> None:
    instant = dt.datetime(2026, 7, 1, 14, 30, tzinfo=dt.UTC)
    assert said_time(instant, "America/New_York", "USD") == {"date": "Wed, Jul 1", "time": "10:30 am"}
    assert said_time(instant, "Europe/London", "GBP")["time"] == "15:30"
