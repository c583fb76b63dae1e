"""Any history, cut into batches anywhere: building batch by batch equals building once."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from medspa.kernel.settings import Settings
from pipelines.build import standing
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


def prepay(practice: RawPractice, number: int) -> None:
    client = _client(practice, number)
    held = practice.package(client, practice.locations[number % 2], DAY, 1_000 + number)
    practice.use_session(client, held, DAY + dt.timedelta(days=number % 9), 100)


def belong(practice: RawPractice, number: int) -> None:
    """Somebody joins, is billed, leaves, or the plan changes."""
    members, versions = practice.all_rows("membership"), practice.all_rows("membership_plan_version")
    if not members or number % 4 == 0:
        version = versions[number % len(versions)] if versions and number % 3 else practice.plan(900 + number)
        client, date = _client(practice, number), DAY + dt.timedelta(days=number % 9)
        practice.join(client, practice.locations[number % 2], date, version)
    elif number % 4 < 3:
        status = ("paid", "failed", "due")[number % 3]
        practice.bill_dues(members[number % len(members)], number, status)
    elif number % 8 == 3:
        ended = {"status": "cancelled", "cancelled_on": DAY, "ends_on": DAY, "next_bill_on": DAY}
        member = practice.put("membership", **{**members[number % len(members)], **ended})
        told = ("frozen", "cancelled", "unfrozen")[number % 3]
        practice.happened_to(member, told, DAY + dt.timedelta(days=10))
    else:
        changed = practice.put(
            "membership_plan_version", **{**versions[number % len(versions)], "price_minor": 10}
        )
        practice.go_over(members[number % len(members)], DAY + dt.timedelta(days=number % 5), changed)


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


def visit(practice: RawPractice, number: int) -> None:
    """A visit that was completed, with its claim, what happened to it and a charted treatment."""
    date, place = DAY - dt.timedelta(days=number % 60), practice.locations[number % 2]
    row = practice.appointment(_client(practice, number), date, "completed", location_id=place)
    (item,) = [one for one in practice.all_rows("appointment_item") if one["appointment_id"] == row["id"]]
    practice.claim(row)
    if number % 4:
        intent = ("full", "touch_up", "full")[number % 3]
        client = {"id": row["client_id"]}
        practice.treat(client, date, intent=intent, appointment_item_id=item["id"], location_id=place)


def work(practice: RawPractice, number: int) -> None:
    practice.shift(practice.locations[number % 2], DAY - dt.timedelta(days=number % 60), hours=1 + number % 9)


def happen(practice: RawPractice, number: int) -> None:
    """An event that arrives alone and late."""
    booked = practice.all_rows("appointment")
    if booked:
        row = booked[number % len(booked)]
        event = ("moved", "cancelled", "confirmed", "restored")[number % 4]
        at = row["booked_at"] + dt.timedelta(hours=number % 100)
        practice.happened(row, event, at, row["starts_at"] + dt.timedelta(days=number % 30))


def leave(practice: RawPractice, number: int) -> None:
    """The provider, a room or a shift goes out of use, or comes back."""
    table = ("staff_member", "resource", "shift")[number % 3]
    rows = practice.all_rows(table)
    if rows:
        practice.put(table, **{**rows[number % len(rows)], "active": bool(number % 2)})


def settle(practice: RawPractice, number: int) -> None:
    """The processor and the bank tell of a card payment, perhaps before it is booked, or of another thing."""
    cards = [one for one in practice.all_rows("payment") if one["tender"] == "card"]
    date = DAY + dt.timedelta(days=number % 3)
    if not cards or number % 4 == 0:
        practice.report(practice.locations[number % 2], date, 10, kind="adjustment")
        return
    card = cards[number % len(cards)]
    if number % 4 == 1:
        practice.put("payment", **{**card, "status": ("succeeded", "pending")[number % 3 == 0]})
    elif number % 4 == 2:
        practice.report(card["location_id"], date, card["amount_minor"], payment_id=card["id"])
    else:
        payout = practice.pay_out_card(card, date, number % 9)
        practice.arrive(card["location_id"], date, payout["net_minor"], "processor_payout", payout)


def undo(practice: RawPractice, number: int) -> None:
    """An item turns out not to be performed, or its claim is released."""
    table, change = (("appointment_item", {"performed": False}), ("occupancy", {"active": False}))[number % 2]
    rows = practice.all_rows(table)
    if rows:
        practice.put(table, **{**rows[number % len(rows)], **change})


STEPS: tuple[Step, ...] = (
    sell, prepay, belong, treat, book, move, merge, correct, remove, visit, visit, work, happen, leave, undo,
    settle,
)  # fmt: skip
HISTORY = st.lists(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 500)), min_size=6, max_size=20),
    min_size=2,
    max_size=3,
)


TOLD_LATE = [
    [(visit, 500), (undo, 223)],
    [(happen, 100)],
]
"""A claim was given back; the event that gave it back comes alone, in the next batch."""

# Hypothesis draws a seed again and again: with the same ids a practice would write over what never changes.
PRACTICES = itertools.count()


@pytest.fixture(scope="module")
def place(warehouse_module: Database, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, RawStore]:
    folder = Path(tmp_path_factory.mktemp("histories"))
    return settings_over(warehouse_module, folder), RawStore(
        warehouse_module.connect("load", autocommit=True)
    )


PARTED = [
    [(visit, 30), (visit, 60), (visit, 90), (merge, 4)],
    [(merge, 3), (merge, 5)],
]
"""The third of three people is merged into the first; in one batch parted, and merged into the second."""


@example(history=PARTED, seed=0)
@example(history=TOLD_LATE, seed=0)
@given(history=HISTORY, seed=st.integers(0, 2**32))
@settings(
    max_examples=int(os.environ.get("HISTORIES", "2")),
    deadline=None,
    derandomize=True,
    # Shrinking costs five minutes and leaves a history that is hardly shorter.
    phases=[Phase.explicit, Phase.generate],
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
    practice = RawPractice(store, (seed << 16) + next(PRACTICES))
    with store.batch():
        practice.open()
    for steps in history:
        with store.batch():
            for step, number in steps:
                step(practice, number)
        last = build(where, store.batch_id)
    with warehouse_module.connect("build", autocommit=True) as connection:
        by_batch = build_tables(connection)
        # What dbt makes from nothing is compared with these statements in test_build_incremental.
        values = {"build_id": last.build_id, "from_batch": 0, "merges": False}
        assert standing.run(where, values, (), whole=True).failed == ()
        at_once = build_tables(connection)
    assert {name for name in at_once if by_batch[name] != at_once[name]} == set()
    assert any(row[0] == practice.org for row in at_once["dim_organization"])
