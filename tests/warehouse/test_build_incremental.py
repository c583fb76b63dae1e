"""An incremental build gives what a build from nothing gives: late, corrected, moved, removed rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from data_quality.run import check, failed
from medspa.kernel.settings import Settings
from pipelines.build import standing
from pipelines.build.run import build
from pipelines.publish.contracts import load_contracts
from tests.factories.raw import RawStore
from tests.factories.raw_practice import RawPractice
from tests.support.databases import Database

DAY = dt.date(2026, 3, 2)
pytestmark = pytest.mark.timeout(600)


def build_tables(connection: psycopg.Connection[Any]) -> dict[str, set[tuple[Any, ...]]]:
    """Every build table without the columns that only tell when a row was written."""
    tables = {}
    for contract in load_contracts().values():
        columns = ", ".join(f'"{one.name}"' for one in contract.columns)
        tables[contract.name] = set(
            connection.execute(f"select {columns} from build.{contract.name}").fetchall()
        )
    return tables


def test_incremental_builds_equal_a_build_from_nothing(
    warehouse: Database, store: RawStore, practice: RawPractice, warehouse_settings: Settings
) -> None:
    a, b = practice.locations
    with store.batch():
        anna, bela = practice.client(), practice.client(flags=["vip"])
        session = practice.session(a, DAY)
        invoice = practice.invoice(anna, a, DAY, [("service", 56_000, 6_000, 0), ("retail", 4_000, 0, 355)])
        practice.pay(invoice, session, "cash", 30_000)
        held = practice.package(anna, a, DAY, 30_000)
        member = practice.join(bela, a, DAY, practice.plan(2_000))
        period = practice.bill_dues(member, 1, "paid")
        practice.treat(anna, DAY)
        practice.treat(bela, DAY, product_id=practice.slow_product)
        visit = practice.appointment(anna, DAY, "completed")
        kept = practice.appointment(bela, DAY, "completed")
        practice.claim(kept)
        practice.shift(a, DAY)
        later = practice.appointment(bela, DAY + dt.timedelta(days=80))
    first = build(warehouse_settings, store.batch_id)
    assert not first.full

    with store.batch():
        # Late: yesterday's sale. Corrected: an appointment moves and is cancelled. A second payment; a merge.
        practice.invoice(bela, b, DAY - dt.timedelta(days=1), [("service", 28_000, 0, 0)])
        practice.put(
            "appointment", **{**later, "status": "cancelled", "business_date": DAY, "cancelled_by": "client"}
        )
        card = practice.pay(invoice, session, "card", 24_355, tip=500)
        # The processor told of it the day before, and of one that is not booked yet.
        practice.report(a, DAY - dt.timedelta(days=1), 24_355, payment_id=card["id"])
        early = practice.pay(None, session, "card", 900, client=anna)
        practice.put("payment", **{**early, "status": "pending"})
        practice.report(a, DAY - dt.timedelta(days=4), 900, payment_id=early["id"])
        # And of a refund that came back, which is not booked so.
        memo = practice.credit(invoice, practice.lines_of(invoice)[0], DAY, 1_000, 0)
        back = practice.pay_out(memo, session, card, 1_000)
        practice.report_refund(back, DAY - dt.timedelta(days=2))
        practice.use_session(anna, held, DAY, 3_000)
        cara = practice.client()
        practice.put("client", **{**cara, "merged_into_id": bela["id"]})
        practice.treat(cara, DAY + dt.timedelta(days=5))
        again = practice.appointment(anna, DAY + dt.timedelta(days=90))
        # Told late: it was in the book when her first visit's day was over.
        practice.happened(again, "booked", visit["starts_at"], again["starts_at"])
        practice.shift(a, DAY, hours=2)
    second = build(warehouse_settings, store.batch_id)
    assert not second.full

    with store.batch():
        # Removed rows, a line that moves to another day and location, a parted merge, a cycle rule.
        store.remove("appointment", practice.org, visit["id"])
        line = practice.lines_of(invoice)[1]
        practice.put(
            "invoice_line", **{**line, "location_id": b, "business_date": DAY + dt.timedelta(days=1)}
        )
        practice.put("client", **{**anna, "merged_into_id": bela["id"]})
        practice.put("client", **{**cara, "merged_into_id": None})
        category = store.tables["treatment_category"][practice.org, practice.category]
        practice.put("treatment_category", **{**category, "cycle_days": 100})
        practice.put("appointment", **{**kept, "location_id": b, "business_date": DAY - dt.timedelta(days=3)})
        provider = store.tables["staff_member"][practice.org, practice.provider]
        practice.put("staff_member", **{**provider, "active": False})
        practice.put("payment", **{**early, "status": "succeeded"})
        practice.fail_refund(back, DAY)
        payout = practice.pay_out_card(early, DAY, 30)
        practice.arrive(b, DAY + dt.timedelta(days=3), 870, "processor_payout", payout)
        practice.count_drawer(session, over_short=-200)
        # Over to another plan; the terms before change late; what is left of the dues goes back.
        dearer = practice.plan(4_000)
        practice.go_over(member, DAY + dt.timedelta(days=9), dearer)
        ended = {"ended_on": DAY + dt.timedelta(days=9), "ended_as": "changed", "access_returned_minor": 50}
        practice.put("membership_period", **{**period, **ended})
    middle = build(warehouse_settings, store.batch_id)
    assert not middle.full

    with store.batch():
        terms = practice.all_rows("membership_plan_version")[0]
        practice.put("membership_plan_version", **{**terms, "price_minor": 3_000})
        # A provider renamed, a refund dated before its sale, a visit that makes a cohort an earlier one.
        practice.put("staff_member", **{**provider, "label": "Provider renamed"})
        practice.credit(invoice, practice.lines_of(invoice)[0], DAY - dt.timedelta(days=2), 1_000, 0)
        practice.appointment(bela, DAY - dt.timedelta(days=70), "completed")
        practice.close(a, DAY)
        practice.time_off(a, DAY, paid=False)
    third = build(warehouse_settings, store.batch_id)
    assert not third.full

    connection = warehouse.connect("build", autocommit=True)
    incremental = build_tables(connection)
    values = {"build_id": third.build_id, "from_batch": 0, "merges": False}
    assert standing.run(warehouse_settings, values, (), whole=True).failed == ()
    whole = build_tables(connection)
    assert {name for name in whole if incremental[name] != whole[name]} == set()

    with store.batch():
        # A reference row that facts of any age carry moves: every row is written anew, over what stands.
        location = store.tables["location"][practice.org, b]
        practice.put("location", **{**location, "cutover_hour": 5})
    moved = build(warehouse_settings, store.batch_id)
    assert (moved.full, moved.tests) == (True, 0)
    over_what_stood = build_tables(connection)
    assert over_what_stood["dim_location"] != whole["dim_location"]
    assert build(warehouse_settings, store.batch_id, full=True).tests > 0
    whole = build_tables(connection)
    assert {name for name in whole if over_what_stood[name] != whole[name]} == set()
    filled = (
        "fct_posting", "client_cycle", "agg_daily_close_out", "fct_drawer_session", "fct_visit",
        "fct_appointment_event", "agg_daily_utilization", "fct_cycle_due", "client_series", "client_profile",
        "fct_package", "fct_membership", "fct_membership_period", "fct_membership_movement", "client_balance",
    )  # fmt: skip
    assert all(whole[name] for name in filled)

    # A location that another legal entity takes over: all is built anew, the books stay whose they were.
    with store.batch():
        taken_over = practice.put("legal_entity", name="Other entity", currency="USD")["id"]
        place = store.tables["location"][practice.org, b]
        practice.put("location", **{**place, "legal_entity_id": taken_over})
    assert build(warehouse_settings, store.batch_id).full
    for table, entity in (("fct_invoice", taken_over), ("fct_posting", practice.entity)):
        found = connection.execute(
            f"select distinct legal_entity_id from build.{table} where location_id = %s".encode(), (b,)
        )
        assert found.fetchall() == [(entity,)]

    # The control: a batch that the models never read differs, and the check of every publication sees it.
    with store.batch():
        practice.invoice(bela, b, DAY + dt.timedelta(days=2), [("service", 100, 0, 0)])
    connection.execute(
        "insert into meta.build_run (batch_id, from_batch, is_full, project_sha256, started_at, completed_at)"
        " select batch_id + 1, batch_id, false, project_sha256, completed_at, completed_at"
        " from meta.build_run order by build_id desc limit 1"
    )
    assert build(warehouse_settings, store.batch_id).skipped
    missed = failed(check(warehouse_settings, store.batch_id, level="batch"))
    assert {one.tieout for one in missed} >= {"ledger_marts", "documents_marts", "close_out_ledger"}
