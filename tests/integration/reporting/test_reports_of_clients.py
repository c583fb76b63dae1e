"""Reports of the book and of clients over hand-written marts: the worked figures, and what stays empty."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from reporting_api.catalog import metrics, report_named
from reporting_api.errors import NotMeasured
from reporting_api.measures import shaped
from reporting_api.metric_endpoints import report_of
from reporting_api.queries import Asked, run
from tests.factories.marts import PLACE, Marts
from tests.support.databases import Database

ORG = uuid.UUID(int=1)
HERE, THERE = PLACE, uuid.UUID(int=78)
JANUARY = dt.date(2026, 1, 1)
TODAY = dt.date(2026, 6, 15)


@pytest.fixture
def marts(warehouse: Database) -> Marts:
    """Two locations, and business days until TODAY."""
    marts = Marts(warehouse.connect("build", autocommit=True))
    marts.publish(ORG)
    for place, name in ((HERE, "Here"), (THERE, "There")):
        marts.write("dim_location", ORG, location_id=place, name=name, currency="USD")
    marts.write("fct_business_day", ORG, business_date=TODAY, status="open")
    return marts


def read(
    warehouse: Database, name: str, first: dt.date, until: dt.date, *group_by: str, places: Any = ()
) -> list[dict[str, Any]]:
    report = shaped(report_named(name), group_by or None, None)
    return run(warehouse.engine("reporting"), report, ORG, Asked(first, until, places), None).rows


def value(warehouse: Database, metric: str, first: dt.date, until: dt.date) -> Any:
    """A metric of the whole organization by its own expression."""
    report = shaped(report_of(metrics()[metric], []))
    ((one),) = run(warehouse.engine("reporting"), report, ORG, Asked(first, until, ()), None).rows
    return one[metric]


def write_appointments(marts: Marts, count: int, **values: Any) -> None:
    marts.write("fct_appointment", ORG, appointment_id=uuid.uuid4(), **NEVER, **values)
    columns = [one.name for one in marts.contracts["fct_appointment"].columns if one.name != "appointment_id"]
    marts.connection.execute(
        f"insert into marts.fct_appointment (appointment_id, {', '.join(columns)})"
        f" select gen_random_uuid(), {', '.join(columns)} from marts.fct_appointment, generate_series(2, %s)"
        " where appointment_id = (select max(appointment_id::text)::uuid from marts.fct_appointment"
        " where lead_minutes = %s)".encode(),
        (count, values["lead_minutes"]),
    )


NEVER = dict.fromkeys(
    ("is_cancelled_by_client", "is_late_cancelled", "is_cancelled_by_practice", "is_rescheduled"), False
)


def test_45_no_shows_of_600_scheduled_are_seven_and_a_half_per_cent(
    warehouse: Database, marts: Marts
) -> None:
    base = {"business_date": JANUARY, "is_booked": True}
    seen = {**base, "is_scheduled": True, "is_no_show": False, "is_completed": True}
    write_appointments(marts, 555, **seen, lead_minutes=1440)
    missed = {**base, "is_scheduled": True, "is_no_show": True, "is_completed": False}
    write_appointments(marts, 45, **missed, lead_minutes=2880)
    walked_in = {**base, "is_booked": False, "is_scheduled": False, "is_no_show": False, "is_completed": True}
    write_appointments(marts, 100, **walked_in, lead_minutes=0)
    (row,) = read(warehouse, "appointments", JANUARY, JANUARY)
    assert (row["no_shows"], row["appointments_scheduled"], row["no_show_rate"]) == (45, 600, 0.075)
    assert (row["appointments_completed"], row["cancellation_rate"]) == (655, 0)
    assert (row["lead_time_median_days"], row["lead_time_p90_days"]) == (1, 1)


def test_nothing_scheduled_has_no_rate(warehouse: Database, marts: Marts) -> None:
    alone = {"is_booked": False, "is_scheduled": False, "is_no_show": False, "is_completed": True}
    marts.write("fct_appointment", ORG, business_date=JANUARY, **alone, **NEVER)
    (row,) = read(warehouse, "appointments", JANUARY, JANUARY)
    rates = [name for name in row if name.endswith("_rate") or name.startswith("lead_time")]
    assert len(rates) == 6
    assert [row[name] for name in rates] == [None] * 6


def test_32_of_40_hours_are_eighty_per_cent(warehouse: Database, marts: Marts) -> None:
    marts.write("dim_bookable", ORG, name="Provider 1", kind="provider")
    minutes = {
        "available_minutes": 480,
        "paid_off_minutes": 0,
        "outside_minutes": 15,
        "delivered_minutes": 300,
    }
    for day, booked in enumerate((480, 480, 480, 480, 0)):
        date = JANUARY + dt.timedelta(days=day)
        row = {"business_date": date, "subject_kind": "provider", "booked_minutes": booked, **minutes}
        marts.write("agg_daily_utilization", ORG, **row)
    (week,) = read(warehouse, "utilization", JANUARY, JANUARY + dt.timedelta(days=6))
    assert (week["available_minutes"], week["booked_minutes"], week["utilization"]) == (2400, 1920, 0.8)
    assert (week["subject"], week["outside_minutes"], week["delivered_utilization"]) == (
        "Provider 1",
        75,
        0.625,
    )
    # 75 minutes outside the shifts: (1 920 + 75) ÷ 2 400.
    assert value(warehouse, "utilization_boulevard", JANUARY, JANUARY + dt.timedelta(days=6)) == 0.83125


def visit(
    marts: Marts, client: uuid.UUID, date: dt.date, first: dt.date, place: uuid.UUID = HERE, **values: Any
) -> None:
    row = {
        "client_key": client,
        "location_id": place,
        "business_date": date,
        "first_visit_on": first,
        "cohort_month": first.replace(day=1),
        "cohort_age": 12 * (date.year - first.year) + date.month - first.month,
        "is_new": date == first,
        "is_core": True,
        "next_visit_on": None,
        "next_core_visit_on": None,
        "next_core_visit_here_on": None,
        "is_rebooked": False,
        "is_rebooked_same_category": False,
        "is_rebooked_on_the_day": False,
        "is_rebooked_within_a_day": False,
        "last_booked_on": None,
    }
    marts.write("fct_visit", ORG, **{**row, **values})


def test_who_returns_within_days_and_who_cannot_be_judged_yet(warehouse: Database, marts: Marts) -> None:
    soon, elsewhere, recent = (uuid.UUID(int=number) for number in (11, 12, 13))
    back = JANUARY + dt.timedelta(days=30)
    visit(marts, soon, JANUARY, JANUARY, next_core_visit_on=back, next_core_visit_here_on=back)
    visit(marts, soon, back, JANUARY)
    later = JANUARY + dt.timedelta(days=60)
    visit(marts, elsewhere, JANUARY, JANUARY, next_core_visit_on=later)
    visit(marts, elsewhere, later, JANUARY, THERE)
    visit(marts, recent, dt.date(2026, 5, 20), dt.date(2026, 5, 20))
    rows = read(warehouse, "return_retention", JANUARY, TODAY)
    found = {
        (row["location"], row["days"]): (row["clients"], row["matured"], row["returned"], row["retention"])
        for row in rows
    }
    # 20 May and 30 days are 19 June, which is not over; whoever has time left is on neither side.
    assert found["All locations", "30"] == (3, 2, 1, 0.5)
    assert found["All locations", "60"] == (3, 2, 2, 1)
    assert found["Here", "60"] == (3, 2, 1, 0.5)
    # The first visit There was on 2 March: its 120 days have not passed.
    assert found["There", "120"] == (1, 0, 0, None)


def test_a_cohort_is_empty_until_its_month_is_over(warehouse: Database, marts: Marts) -> None:
    one, two = uuid.UUID(int=11), uuid.UUID(int=12)
    april = dt.date(2026, 4, 10)
    visit(marts, one, april, april)
    visit(marts, one, dt.date(2026, 6, 1), april)
    visit(marts, two, april, april)
    rows = read(warehouse, "cohort_retention", dt.date(2026, 4, 1), dt.date(2026, 4, 30))
    assert [(row["age"], row["clients"], row["active"], row["retention"]) for row in rows] == [
        ("0", 2, 2, 1),
        ("1", 2, 0, 0),
        ("2", 2, None, None),
    ]
    line, membership = uuid.uuid4(), uuid.uuid4()
    marts.write("fct_invoice_line", ORG, invoice_line_id=line, client_key=one)
    marts.write("fct_membership", ORG, membership_id=membership, client_key=two)
    earned: list[tuple[int, dt.date, dict[str, uuid.UUID]]] = [
        (-30_000, april, {"invoice_line_id": line}),
        (-10_001, april, {"contract_id": membership}),
        (-500, dt.date(2026, 5, 2), {"contract_id": membership}),
    ]
    for amount, day, on in earned:
        marts.write(
            "fct_posting", ORG, posting_id=uuid.uuid4(), business_date=day, amount_minor=amount,
            account_kind="revenue", currency="USD", **on,
        )  # fmt: skip
    brought = read(warehouse, "revenue_to_date", dt.date(2026, 4, 1), dt.date(2026, 4, 30))
    assert [(row["age"], row["revenue_minor"]) for row in brought] == [
        ("0", 20_001),
        ("1", 20_251),
        ("2", None),
    ]


def test_who_stayed_over_a_period(warehouse: Database, marts: Marts) -> None:
    stayed, left, new = (uuid.UUID(int=number) for number in (11, 12, 13))
    old = dt.date(2025, 2, 1)
    visit(marts, stayed, dt.date(2025, 12, 1), old)
    visit(marts, stayed, dt.date(2026, 4, 1), old)
    visit(marts, left, dt.date(2025, 3, 1), old)
    visit(marts, new, dt.date(2026, 2, 1), dt.date(2026, 2, 1))
    everywhere, here = read(warehouse, "period_retention", JANUARY, dt.date(2026, 3, 31))
    assert here == {**everywhere, "location": "Here"}
    assert (everywhere["active_at_start"], everywhere["active_at_end"], everywhere["stayed"]) == (2, 2, 1)
    assert (everywhere["retention"], everywhere["retention_by_heads"]) == (0.5, 0.5)
    unfinished = read(warehouse, "period_retention", JANUARY, TODAY)[0]
    assert (unfinished["retention"], unfinished["active_at_start"]) == (None, 2)


def test_lapsed_by_band_and_adherence(warehouse: Database, marts: Marts) -> None:
    cycle = {"category_code": "neurotoxin", "next_full_on": None, "closed_on": None, "is_stopped": False}
    due = {"two months": dt.date(2026, 4, 15), "five months": JANUARY + dt.timedelta(days=14)}
    for number, due_on in enumerate(due.values()):
        client = uuid.UUID(int=11 + number)
        visit(marts, client, dt.date(2025, 12, 1), dt.date(2025, 12, 1))
        treated = due_on - dt.timedelta(days=90)
        window = {"window_from": due_on, "window_until": due_on + dt.timedelta(days=30)}
        marts.write(
            "fct_cycle_due", ORG, client_key=client, treatment_id=uuid.uuid4(), business_date=treated,
            due_on=due_on, outcome="open", **window, **cycle,
        )  # fmt: skip
        ended = {"window_until": window["window_until"], "outcome": "open"}
        marts.write("agg_daily_cycle_due", ORG, due_on=due_on, cycles=1, **ended)
    rows = read(warehouse, "lapsed_clients", TODAY, TODAY)
    clients = {(row["definition"], row["band"]): row["clients"] for row in rows if row["location"] == "Here"}
    assert clients["past every window", "lapsed"] == 2
    bands = [clients["neurotoxin, months past due", band] for band in ("1-4", "5-8", "9-12", "19 or more")]
    assert bands == [1, 1, 0, 0]
    assert [clients["days without a visit", days] for days in ("90", "180", "365")] == [2, 2, 0]
    marts.write("dim_treatment_category", ORG, name="Neurotoxin")
    (adherence,) = read(warehouse, "cycle_adherence", JANUARY, TODAY)
    assert (adherence["cycles"], adherence["overdue"], adherence["adherence"]) == (2, 2, 0)


def test_rebooked_new_and_returning(warehouse: Database, marts: Marts) -> None:
    one, two = uuid.UUID(int=11), uuid.UUID(int=12)
    visit(marts, one, JANUARY, JANUARY, is_rebooked=True)
    later: dict[str, Any] = {"last_booked_on": dt.date(2026, 3, 1)}
    visit(marts, one, dt.date(2026, 2, 1), JANUARY, is_rebooked_on_the_day=True, **later)
    visit(marts, one, dt.date(2026, 2, 2), JANUARY, is_rebooked_within_a_day=True, **later)
    visit(
        marts, two, dt.date(2026, 2, 1), dt.date(2026, 2, 1), is_rebooked=True, is_rebooked_within_a_day=True
    )
    february = (dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    (row,) = read(warehouse, "visits", *february)
    assert (row["completed_visits"], row["new_clients"], row["returning_clients"]) == (3, 1, 1)
    assert row["rebooking_rate"] == pytest.approx(1 / 3)
    # Booked on the day: one visit of three; held a day later: two; a client of two has one in March.
    variants = ("rebooking_rate_zenoti", "rebooking_rate_kitomba", "rebooked_clients_fresha")
    assert [value(warehouse, one, *february) for one in variants] == pytest.approx([1 / 3, 2 / 3, 1 / 2])
    often = read(warehouse, "visit_frequency", JANUARY, TODAY)
    assert [(row["visits"], row["clients"], row["share"]) for row in often] == [("1", 1, 0.5), ("3", 1, 0.5)]


def test_members_lost_as_a_share_of_those_at_the_start(warehouse: Database, marts: Marts) -> None:
    """Of forty at the start of January one leaves and one cannot be charged; another joins in it."""
    told = [
        (dt.date(2025, 12, 1), 40, "new", None), (dt.date(2025, 12, 5), -1, "paused", None),
        (dt.date(2025, 12, 9), 1, "reactivated", None), (JANUARY, 1, "new", None),
        (dt.date(2026, 1, 9), -1, "churned", "moved_away"),
        (dt.date(2026, 1, 20), -1, "churned", "failed_payment"),
        (dt.date(2026, 2, 1), -5, "churned", "price"),
    ]  # fmt: skip
    for day, members, movement, reason in told:
        row = {"business_date": day, "members": members, "movement": movement, "reason": reason}
        marts.write("fct_membership_movement", ORG, membership_event_id=uuid.uuid4(), location_id=HERE, **row)
    rates = ("churn_rate", "churn_rate_voluntary", "churn_rate_failed_payment")
    january = (JANUARY, dt.date(2026, 1, 31))
    assert [value(warehouse, one, *january) for one in rates] == [0.05, 0.025, 0.025]
    assert value(warehouse, "churn_rate", dt.date(2025, 1, 1), dt.date(2025, 12, 31)) is None
    with pytest.raises(NotMeasured):
        shaped(report_of(metrics()["churn_rate"], []), None, "month")


def test_the_variants_of_return_retention(warehouse: Database, marts: Marts) -> None:
    """A touch-up after ten days is a return in one variant, a visit in the month after in the other."""
    one, two = uuid.UUID(int=11), uuid.UUID(int=12)
    touched_up, back = dt.date(2026, 1, 15), dt.date(2026, 2, 20)
    visit(
        marts,
        one,
        dt.date(2026, 1, 5),
        dt.date(2026, 1, 5),
        next_visit_on=touched_up,
        next_core_visit_on=None,
    )
    visit(marts, one, touched_up, dt.date(2026, 1, 5), is_core=False)
    visit(marts, two, dt.date(2026, 1, 6), dt.date(2026, 1, 6), next_visit_on=back, next_core_visit_on=back)
    rows = read(warehouse, "return_retention", JANUARY, dt.date(2026, 1, 31))
    found = {(row["location"], row["days"]): row for row in rows}
    shares = ("retention", "retention_all_visits", "retention_after_range")
    assert [found["All locations", "30"][one] for one in shares] == [0, 0.5, 0.5]
    assert [found["All locations", "60"][one] for one in shares] == [0.5, 1, 0.5]
    # Until the days after the range have passed nothing is said of them.
    assert found["All locations", "150"]["retention_after_range"] is None
