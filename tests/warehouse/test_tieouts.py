"""Tie-outs hold on an honest day and find one wrong cent, by token; publication then stops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from data_quality.run import NothingToCheck, check, failed
from data_quality.tieouts import compare
from pipelines.build.project import artifacts
from pipelines.publish.run import PublicationBlocked, publish
from tests.factories.raw_day import DAY
from tests.warehouse.conftest import Built, relations_of

SPOILT = {
    "ledger_marts": ("fct_posting", "amount_minor = amount_minor + 1"),
    "close_out_ledger": ("agg_daily_close_out", "amount_minor = 0 where measure = 'account'"),
    "close_out_frozen": ("agg_daily_close_out", "amount_minor = amount_minor - 1"),
    "ar_control": ("fct_ar_movement", "amount_minor = amount_minor + 1"),
    "ar_documents": ("fct_credit_memo_line", "total_minor = total_minor + 1"),
    "adjustment_reports": ("agg_daily_adjustment", "amount_minor = amount_minor + 1"),
    "bridge_mart": ("agg_daily_bridge", "amount_minor = amount_minor + 1 where side = 'left'"),
    "receivable_days": ("agg_daily_receivable", "receivable_minor = receivable_minor + 1"),
    "roll_forward": ("fct_liability_movement", "amount_minor = amount_minor + 1"),
    "tax_reports": ("agg_daily_tax", "tax_minor = tax_minor + 1"),
    "bridge_l0": ("fct_invoice_line", "net_minor = net_minor + 1"),
    "bridge_l1": ("fct_payment", "amount_minor = amount_minor + 1"),
    "bridge_l2": ("fct_payment", "amount_minor = amount_minor + 1 where tender = 'card'"),
    "bridge_l4": ("fct_posting", "amount_minor = amount_minor + 1 where account = '1200'"),
    "collected_reports": ("agg_daily_collected", "collected_minor = 0"),
    "cycles_due": ("agg_daily_cycle_due", "cycles = cycles + 1"),
    "documents_marts": ("fct_invoice_line", "total_minor = total_minor + 1"),
    "drawer_cash": ("fct_payout", "tender = 'cash'"),
    "cash_over_short": ("fct_drawer_session", "over_short_minor = over_short_minor + 1"),
    "drawer_session": ("fct_drawer_session", "counted_minor = counted_minor + 1"),
    "due_to_from": ("fct_posting", "account = '1900' where account = '6000'"),
    "entries_balance": ("fct_posting", "amount_minor = amount_minor * 2 where amount_minor > 0"),
    "invoices_not_negative": ("fct_ar_movement", "amount_minor = -10000000"),
    "open_balances": ("fct_receivable_span", "open_minor = open_minor + 1"),
    "liabilities": ("fct_allocation", "amount_minor = amount_minor + 1"),
    "revenue_reports": ("agg_daily_revenue", "recognised_minor = recognised_minor + 1"),
}
"""Tie-out → a built table and how it is spoilt."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def broken(built: Built) -> Iterator[Any]:
    """`broken(table, change, org_id)` spoils one organization's rows; undone at the end of the test."""
    connection = built.database.connect("build", autocommit=True)
    tables = relations_of(connection, "build")
    spoilt: set[str] = set()

    def spoil(table: str, change: str, org_id: object) -> None:
        assert table in tables
        connection.execute(f"create temporary table saved_{table} as table build.{table}".encode())
        spoilt.add(table)
        where = " and " if " where " in change else " where "
        changed = connection.execute(
            f"update build.{table} set {change}{where}org_id = %s".encode(), (org_id,)
        )
        assert changed.rowcount > 0

    yield spoil
    for table in spoilt:
        connection.execute(f"delete from build.{table}".encode())
        connection.execute(f"insert into build.{table} select * from saved_{table}".encode())
    connection.close()


def test_an_honest_day_ties_out_to_the_cent(built: Built) -> None:
    results = check(built.settings, built.store.batch_id)
    assert [(one.tieout, one.subject, one.difference_minor) for one in failed(results)] == []
    compared = {one.tieout for one in results if one.org_id == built.practice.org}
    assert compared >= set(compare.names()) - {"due_to_from"}
    assert {"suite raw.posting", "suite build.client_cycle"} <= {one.tieout for one in results}


def test_a_refund_that_came_back_is_collected_again_until_it_is_given_back(built: Built) -> None:
    """By card 100.00; 40.00 go back, come back and are given in cash: drawer and card have 60.00."""
    bound = (built.practice.locations[1], DAY + dt.timedelta(days=1))
    held = "where location_id = %s and business_date = %s"
    with psycopg.connect(built.database.dsn("build")) as connection:
        money = connection.execute(
            f"select sum(amount_minor) from build.fct_posting {held} and account in ('1000', '1020')", bound
        ).fetchone()
        tenders = connection.execute(
            "select tender, received_minor, payouts, paid_out_minor, collected_minor"
            f" from build.agg_daily_collected {held} order by tender",
            bound,
        ).fetchall()
    assert money == (6_000,)
    assert tenders == [("card", 10_000, 1, 0, 10_000), ("cash", 0, 1, 4_000, -4_000)]


def test_every_tie_out_is_shown_to_fail() -> None:
    assert set(SPOILT) == set(compare.names())


@pytest.mark.parametrize("tieout", sorted(SPOILT))
def test_a_tie_out_finds_what_is_wrong(built: Built, broken: Any, tieout: str) -> None:
    table, change = SPOILT[tieout]
    broken(table, change, built.practice.org)
    query = (compare.HERE / f"{tieout}.sql").read_text()
    with psycopg.connect(built.database.dsn("build")) as connection:
        wrong = [one for one in compare.run_one(connection, tieout, query) if not one.passed]
    assert {one.org_id for one in wrong} == {built.practice.org}


SPOILT_LEGS = {
    "L1": "delete from build.fct_payment where tender = 'card'",
    "L2": "delete from raw.processor_line_history where event = 'paid_out'",
    "L2 pending": "update raw.processor_line set amount_minor = amount_minor + 1"
    " where processor_payout_id is null and payment_id is not null",
    "L3 cash": "delete from build.fct_payment where tender = 'cash'",
    "L3 bags": "delete from raw.bank_deposit where kind = 'cash'",
    "L3 checks": "delete from raw.bank_deposit where kind = 'checks'",
    "L3 disputed": "delete from raw.dispute where status = 'opened'",
    "L3 third party": "delete from build.fct_payment where tender = 'third_party'",
    "L4": "delete from raw.processor_line where processor_payout_id is not null",
    "L4 bank file": "update raw.bank_line set amount_minor = amount_minor + 1 where match_id is not null",
}
"""Leg → what one of its tables loses or tells otherwise, so that it adds up no more."""


@pytest.mark.parametrize("leg", sorted(SPOILT_LEGS))
def test_each_leg_adds_up_until_a_table_tells_otherwise(built: Built, leg: str) -> None:
    """What dbt compiled of the mart, run again on the spoilt table: a mart that was built would not tell."""
    compiled = next((artifacts(built.settings) / "compiled").rglob("agg_daily_bridge.sql")).read_text()
    query = (
        "select count(*) filter (where residual <> 0), count(*) from (select"
        " sum(case side when 'left' then amount_minor else -amount_minor end) as residual"
        f" from ({compiled}) as bridge where leg = %s and org_id = %s group by location_id, business_date)"
        " as day"
    )
    admin = built.database.connect("admin")
    bound = (leg, built.practice.org)
    open_days, days = admin.execute(query.encode(), bound).fetchone() or (None, 0)
    assert (open_days, days > 0) == (0, True)
    assert admin.execute(SPOILT_LEGS[leg].encode()).rowcount > 0
    assert (admin.execute(query.encode(), bound).fetchone() or (0,))[0] > 0
    admin.rollback()


UNMATCHED = """
create temporary table day as select * from build.fct_payment
    where org_id = %(org)s and purpose = 'deposit' and status = 'succeeded' limit 1;
create temporary table given as select * from build.fct_payout where org_id = %(org)s limit 1;
update given set payout_id = gen_random_uuid(), credit_memo_id = null, cashes_out = false,
    status = 'succeeded', tender = 'card',
    amount_minor = 3000, tip_minor = 0, rounding_minor = 0, payment_id = day.payment_id,
    location_id = day.location_id, business_date = day.business_date from day;
insert into build.fct_payout select * from given;
create temporary table line as select posting.* from build.fct_posting as posting
    join day using (org_id, location_id, business_date) where posting.account = '1100' limit 1;
"""
POSTED = """
insert into build.fct_posting
select (jsonb_populate_record(line, jsonb_build_object('posting_id', gen_random_uuid(), 'event', %s::text,
    'account', %s::text, 'account_kind', %s::text, 'amount_minor', %s::bigint))).* from line
"""
LEFT = [("deposit_returned", "1020", "asset", -3_000), ("deposit_returned", "1290", "asset", 3_000)]
RESOLVED = [
    ("unmatched_resolved", "1290", "asset", -3_000),
    ("unmatched_resolved", "6020", "expense", 2_000),
    ("unmatched_resolved", "2100", "liability", 1_000),
]


def test_a_refund_that_no_deposit_covers_ties_out(built: Built) -> None:
    """When it is booked, and when it is matched in part with another deposit and written off in part."""
    with psycopg.connect(built.database.dsn("build")) as connection:
        for statement in UNMATCHED.split(";\n")[:-1]:
            changed = connection.execute(statement.encode(), {"org": built.practice.org})
            assert changed.rowcount > 0, statement
        for lines in (LEFT, RESOLVED):
            for line in lines:
                connection.execute(POSTED.encode(), line)
            for tieout in ("bridge_l1", "liabilities"):
                query = (compare.HERE / f"{tieout}.sql").read_text()
                results = list(compare.run_one(connection, tieout, query))
                assert results
                assert [one for one in results if not one.passed] == []
        connection.rollback()


def test_a_failing_organization_is_not_published_and_its_rows_are_named(built: Built, broken: Any) -> None:
    settings, store, practice = built.settings, built.store, built.practice
    posting = next(one for one in store.rows("posting") if one["org_id"] == practice.org)
    broken(
        "fct_posting", f"amount_minor = amount_minor + 1 where posting_id = '{posting['id']}'", practice.org
    )
    results = check(settings, store.batch_id, level="batch")
    named = [one for one in failed(results) if one.tieout == "ledger_marts"]
    assert [one.rows for one in named] == [(str(posting["id"]),)]
    with pytest.raises(PublicationBlocked) as blocked:
        publish(settings, store.batch_id)
    assert blocked.value.extra["organizations"] == [str(practice.org)]
    admin = built.database.connect("admin", autocommit=True)
    states = admin.execute("select org_id, certified_batch_id from marts.publication_state").fetchall()
    assert states == [(built.other.org, None)]
    seen = {row[0] for row in admin.execute("select distinct org_id from marts.fct_posting")}
    assert seen == {built.other.org}


def test_once_mended_and_checked_in_full_everything_is_certified(built: Built) -> None:
    settings, store, practice = built.settings, built.store, built.practice
    kept: list[tuple[int, int]] = []
    results = check(settings, store.batch_id, sink=lambda batch, all_: kept.append((batch, len(all_))))
    assert kept == [(store.batch_id, len(results))]
    assert publish(settings, store.batch_id).state == "certified"
    reporting = built.database.connect("reporting")
    reporting.execute("select set_config('medspa.org_id', %s, true)", (str(practice.org),))
    states = reporting.execute(
        "select org_id, live_batch_id, certified_batch_id from marts.publication_state"
    ).fetchall()
    assert states == [(practice.org, store.batch_id, store.batch_id)]
    seen = {row[0] for row in reporting.execute("select distinct org_id from marts.fct_posting")}
    assert seen == {practice.org}
    reporting.rollback()
    assert reporting.execute("select count(*) from marts.fct_posting").fetchone() == (0,)


def test_only_what_was_built_last_can_be_checked(built: Built) -> None:
    with pytest.raises(NothingToCheck):
        check(built.settings, built.store.batch_id + 1, level="batch")


def test_a_total_of_the_source_that_the_marts_miss_is_found(built: Built) -> None:
    admin = built.database.connect("admin")
    admin.execute(
        "update meta.control_total set value = value + 1 where table_name = 'posting' and org_id = %s"
        " and measure = 'amount_minor' and key = '1100'",
        (built.practice.org,),
    )
    query = (compare.HERE / "ar_control.sql").read_text()
    wrong = [one for one in compare.run_one(admin, "ar_control", query) if not one.passed]
    admin.rollback()
    assert {(one.org_id, one.difference_minor) for one in wrong} == {(built.practice.org, -1)}
