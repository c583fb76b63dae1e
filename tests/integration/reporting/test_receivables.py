"""AR aging over hand-written movements: only what was dated on or before the date counts, for ever."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from reporting_api.catalog import report_named
from reporting_api.queries import Answer, Asked, run
from tests.factories.marts import PLACE, Marts
from tests.support.databases import Database

ORG, OTHER_PLACE = uuid.UUID(int=1), uuid.UUID(int=88)
INVOICED = dt.date(2026, 1, 10)
DUE = dt.date(2026, 1, 24)
ONE = dt.timedelta(days=1)
SPANS = """
insert into marts.fct_receivable_span
select org_id, invoice_id, location_id, business_date, lead(business_date) over invoice, client_key,
    invoice_date, due_on, currency, sum(amount_minor) over invoice
from (
    select org_id, invoice_id, location_id, business_date, client_key, invoice_date, due_on, currency,
        sum(amount_minor) as amount_minor
    from marts.fct_ar_movement group by 1, 2, 3, 4, 5, 6, 7, 8
) as days
window invoice as (partition by org_id, invoice_id, location_id order by business_date)
"""
"""The balances between the movements written by hand, as the build makes them."""


@pytest.fixture
def marts(warehouse: Database) -> Marts:
    marts = Marts(warehouse.connect("build", autocommit=True))
    marts.publish(ORG)
    for place, name in ((PLACE, "Here"), (OTHER_PLACE, "There")):
        marts.write("dim_location", ORG, location_id=place, name=name)
    return marts


def move(marts: Marts, invoice: int, amount_minor: int, day: dt.date, **values: Any) -> None:
    row = {"invoice_date": INVOICED, "due_on": DUE, "location_id": PLACE, **values}
    marts.write(
        "fct_ar_movement", ORG, posting_id=uuid.uuid4(), invoice_id=uuid.UUID(int=invoice),
        amount_minor=amount_minor, business_date=day, **row,
    )  # fmt: skip
    marts.connection.execute("delete from marts.fct_receivable_span")
    marts.connection.execute(SPANS)
    marts.connection.execute("delete from marts.fct_receivable_span where open_minor = 0")


def aging(warehouse: Database, as_of: dt.date) -> Answer:
    engine = warehouse.engine("reporting")
    return run(engine, report_named("ar_aging"), ORG, Asked(as_of, as_of, ()), None)


def shown(warehouse: Database, as_of: dt.date) -> list[tuple[int, int, str, int]]:
    """(invoice, days past due, bucket, open) of every row."""
    return [
        (row["invoice_id"].int, row["age_days"], row["bucket"], row["open_minor"])
        for row in aging(warehouse, as_of).rows
    ]


def test_what_happens_later_changes_no_earlier_answer(warehouse: Database, marts: Marts) -> None:
    move(marts, 1, 10_000, INVOICED)
    dates = [INVOICED - ONE, INVOICED, DUE, DUE + ONE, DUE + 45 * ONE]
    before = [shown(warehouse, day) for day in dates]
    assert before == [
        [],
        [(1, -14, "Current", 10_000)],
        [(1, 0, "Current", 10_000)],
        [(1, 1, "1-30", 10_000)],
        [(1, 45, "31-60", 10_000)],
    ]
    move(marts, 1, -4_000, DUE + 46 * ONE)
    move(marts, 1, -6_000, DUE + 47 * ONE)
    assert [shown(warehouse, day) for day in dates] == before
    assert shown(warehouse, DUE + 46 * ONE) == [(1, 46, "31-60", 6_000)]
    assert shown(warehouse, DUE + 47 * ONE) == []


@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (-300, "Current"), (0, "Current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"),
        (61, "61-90"), (90, "61-90"), (91, "91+"), (4_000, "91+"),
    ],
)  # fmt: skip
def test_the_edges_of_the_buckets(warehouse: Database, marts: Marts, age: int, bucket: str) -> None:
    move(marts, 1, 1, DUE - 400 * ONE)
    assert shown(warehouse, DUE + age * ONE) == [(1, age, bucket, 1)]


def test_what_is_settled_within_its_day_is_not_open(warehouse: Database, marts: Marts) -> None:
    move(marts, 1, -5_000, INVOICED)
    move(marts, 1, 5_000, INVOICED)
    assert shown(warehouse, INVOICED) == []


def test_locations_stand_apart_and_add_up(warehouse: Database, marts: Marts) -> None:
    move(marts, 1, 700, INVOICED)
    move(marts, 2, 300, INVOICED, location_id=OTHER_PLACE)
    engine, report = warehouse.engine("reporting"), report_named("ar_aging")
    amounts = {}
    for allowed in (None, {PLACE}, {OTHER_PLACE}, set()):
        rows = run(engine, report, ORG, Asked(DUE, DUE, ()), allowed).rows
        amounts[str(allowed)] = {row["location"]: row["open_minor"] for row in rows}
    assert list(amounts.values()) == [{"Here": 700, "There": 300}, {"Here": 700}, {"There": 300}, {}]


def test_an_open_day_up_to_the_date_makes_it_provisional(warehouse: Database, marts: Marts) -> None:
    move(marts, 1, 700, INVOICED)
    marts.write("fct_business_day", ORG, business_date=INVOICED, status="closed", location_id=PLACE)
    marts.write("fct_business_day", ORG, business_date=DUE, status="open", location_id=PLACE)
    assert [aging(warehouse, day).provisional for day in (INVOICED, DUE - ONE, DUE, DUE + ONE)] == [
        False, False, True, True,
    ]  # fmt: skip
