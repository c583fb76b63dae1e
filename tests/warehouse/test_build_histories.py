"""Any history, cut into batches anywhere: building batch by batch equals building once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medspa.kernel.settings import Settings
from pipelines.build.run import build
from tests.factories.raw import RawStore
from tests.factories.raw_practice import RawPractice
from tests.support.databases import Database
from tests.warehouse.conftest import settings_over
from tests.warehouse.test_build_incremental import build_tables

DAY = dt.date(2026, 3, 2)
pytestmark = pytest.mark.timeout(900)
Step = Callable[[RawPractice, int], None]


def sell(practice: RawPractice, number: int) -> None:
    client, place = _client(practice, number), practice.locations[number % 2]
    date = DAY - dt.timedelta(days=number % 5)
    invoice = practice.invoice(client, place, date, [("service", 1_000 + number, number % 7, number % 3)])
    session = practice.session(place, DAY)
    practice.pay(invoice, session, ("cash", "card")[number % 2], 500, tip=number % 4)


def treat(practice: RawPractice, number: int) -> None:
    intents = ("full", "touch_up", "dissolve", "review")
    date = DAY + dt.timedelta(days=number % 40)
    practice.treat(_client(practice, number), date, intent=intents[number % 4])


def book(practice: RawPractice, number: int) -> None:
    practice.appointment(_client(practice, number), DAY + dt.timedelta(days=number % 90))


def move(practice: RawPractice, number: int) -> None:
    booked = practice.all_rows("appointment")
    if booked:
        row = booked[number % len(booked)]
        status = ("cancelled", "completed", "no_show", "confirmed")[number % 4]
        practice.put("appointment", **{**row, "status": status, "business_date": DAY})


def merge(practice: RawPractice, number: int) -> None:
    clients = practice.all_rows("client")
    if len(clients) > 1:
        # Into an earlier record only: a circle of merges is not made by the operational store.
        row, into = clients[-1], clients[number % (len(clients) - 1)]
        practice.put("client", **{**row, "merged_into_id": into["id"] if number % 3 else None})


def correct(practice: RawPractice, number: int) -> None:
    lines = practice.all_rows("invoice_line")
    if lines:
        row = lines[number % len(lines)]
        there = {"location_id": practice.locations[number % 2], "business_date": DAY + dt.timedelta(days=1)}
        practice.put("invoice_line", **{**row, **there})


def remove(practice: RawPractice, number: int) -> None:
    treated = practice.all_rows("treatment_record")
    if treated:
        practice.store.remove("treatment_record", practice.org, treated[number % len(treated)]["id"])


def _client(practice: RawPractice, number: int) -> dict[str, object]:
    clients = practice.all_rows("client")
    return clients[number % len(clients)] if clients and number % 3 else practice.client()


STEPS: tuple[Step, ...] = (sell, treat, book, move, merge, correct, remove)
HISTORY = st.lists(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 500)), min_size=3, max_size=12),
    min_size=2,
    max_size=3,
)


@pytest.fixture(scope="module")
def place(warehouse_module: Database, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, RawStore]:
    folder = Path(tmp_path_factory.mktemp("histories"))
    return settings_over(warehouse_module, folder), RawStore(
        warehouse_module.connect("load", autocommit=True)
    )


@given(history=HISTORY, seed=st.integers(0, 2**32))
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
def test_batch_by_batch_equals_at_once(
    place: tuple[Settings, RawStore],
    warehouse_module: Database,
    history: list[list[tuple[Step, int]]],
    seed: int,
) -> None:
    where, store = place
    practice = RawPractice(store, seed)
    with store.batch():
        practice.open()
    for steps in history:
        with store.batch():
            for step, number in steps:
                step(practice, number)
        build(where, store.batch_id, tests=False)
    with warehouse_module.connect("build", autocommit=True) as connection:
        by_batch = build_tables(connection)
        build(where, store.batch_id, full=True, tests=False)
        at_once = build_tables(connection)
    assert {name for name in at_once if by_batch[name] != at_once[name]} == set()
    assert any(row[0] == practice.org for row in at_once["dim_organization"])
