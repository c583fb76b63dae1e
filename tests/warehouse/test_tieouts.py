"""Every tie-out holds on an honest day, and finds one cent that is wrong, by token; publication then stops."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from data_quality.run import NothingToCheck, check, failed
from data_quality.tieouts import compare
from pipelines.publish.run import PublicationBlocked, publish
from tests.warehouse.conftest import Built


@pytest.fixture
def broken(built: Built) -> Iterator[Any]:
    """`broken(statement, *parameters)` spoils a built table; undone at the end of the test."""
    connection = built.database.connect("build", autocommit=True)
    tables = [row[0] for row in connection.execute("select relname from pg_class where relnamespace = 'build'::regnamespace and relkind = 'r'")]  # fmt: skip
    spoilt: set[str] = set()

    def spoil(table: str, statement: str, *parameters: Any) -> None:
        assert table in tables
        if table not in spoilt:
            connection.execute(f"create temporary table saved_{table} as table build.{table}".encode())
            spoilt.add(table)
        connection.execute(statement.encode(), parameters)

    yield spoil
    for table in spoilt:
        connection.execute(f"delete from build.{table}".encode())
        connection.execute(f"insert into build.{table} select * from saved_{table}".encode())
    connection.close()


def test_an_honest_day_ties_out_to_the_cent(built: Built) -> None:
    settings, store, practice = built.settings, built.store, built.practice
    results = check(settings, store.batch_id)
    assert [(one.tieout, one.subject, one.difference_minor) for one in failed(results)] == []
    compared = {one.tieout for one in results if one.org_id == practice.org and one.groups}
    assert compared >= set(compare.names()) - {"due_to_from"}
    assert {"suite raw.posting", "suite build.client_cycle"} <= {one.tieout for one in results}


@pytest.mark.parametrize(
    ("tieout", "table", "spoil"),
    [
        ("ledger_marts", "fct_posting", "update build.fct_posting set amount_minor = amount_minor + 1"),
        ("close_out_frozen", "agg_daily_close_out", "update build.agg_daily_close_out set amount_minor = amount_minor - 1"),
        ("ar_control", "fct_ar_movement", "delete from build.fct_ar_movement"),
        ("bridge_l0", "fct_invoice_line", "update build.fct_invoice_line set net_minor = net_minor + 1"),
        ("bridge_l1", "fct_payment", "update build.fct_payment set amount_minor = amount_minor + 1"),
        ("drawer_session", "fct_drawer_session", "update build.fct_drawer_session set counted_minor = counted_minor + 1"),
        ("drawer_cash", "fct_payout", "update build.fct_payout set tender = 'cash'"),
        ("liabilities", "fct_allocation", "update build.fct_allocation set amount_minor = amount_minor + 1"),
        ("ar_documents", "fct_credit_memo_line", "update build.fct_credit_memo_line set total_minor = total_minor + 1"),
        ("revenue_reports", "agg_daily_revenue", "update build.agg_daily_revenue set recognised_minor = recognised_minor + 1"),
        ("collected_reports", "agg_daily_collected", "update build.agg_daily_collected set collected_minor = 0"),
        ("documents_marts", "fct_invoice_line", "update build.fct_invoice_line set total_minor = total_minor + 1"),
        ("entries_balance", "fct_posting", "update build.fct_posting set amount_minor = amount_minor * 2 where amount_minor > 0"),
        ("invoices_not_negative", "fct_ar_movement", "update build.fct_ar_movement set amount_minor = -10000000"),
        ("close_out_ledger", "agg_daily_close_out", "delete from build.agg_daily_close_out where measure = 'account'"),
    ],
)  # fmt: skip
def test_a_tie_out_finds_what_is_wrong(
    built: Built, broken: Any, tieout: str, table: str, spoil: str
) -> None:
    practice, other = built.practice, built.other
    where = " and " if " where " in spoil else " where "
    broken(table, spoil + where + "org_id = %s", practice.org)
    query = (compare.HERE / f"{tieout}.sql").read_text()
    with psycopg.connect(built.database.dsn("build")) as connection:
        wrong = [one for one in compare.run_one(connection, tieout, query) if not one.passed]
    assert wrong
    assert {one.org_id for one in wrong} == {practice.org}
    assert other.org not in {one.org_id for one in wrong}


def test_a_failing_organization_is_not_published_and_its_rows_are_named(built: Built, broken: Any) -> None:
    settings, store, practice, other = built.settings, built.store, built.practice, built.other
    posting = store.rows("posting")[0]
    assert posting["org_id"] == practice.org
    broken(
        "fct_posting",
        "update build.fct_posting set amount_minor = amount_minor + 1 where posting_id = %s",
        posting["id"],
    )
    results = check(settings, store.batch_id, level="batch")
    named = [one for one in failed(results) if one.tieout == "ledger_marts"]
    assert [one.rows for one in named] == [(str(posting["id"]),)]
    with pytest.raises(PublicationBlocked) as blocked:
        publish(settings, store.batch_id)
    assert blocked.value.extra["organizations"] == [str(practice.org)]
    admin = built.database.connect("admin", autocommit=True)
    assert [row[0] for row in admin.execute("select org_id from marts.publication_state")] == [other.org]
    assert admin.execute(
        "select count(*) from marts.fct_posting where org_id = %s", (practice.org,)
    ).fetchone() == (0,)
    assert admin.execute(
        "select count(*) > 0 from marts.fct_posting where org_id = %s", (other.org,)
    ).fetchone() == (True,)


def test_once_mended_and_checked_in_full_it_is_published_as_certified(
    built: Built,
) -> None:
    settings, store, practice, other = built.settings, built.store, built.practice, built.other
    kept: list[tuple[int, int]] = []
    check(settings, store.batch_id, sink=lambda batch, results: kept.append((batch, len(results))))
    assert kept[0][0] == store.batch_id
    assert publish(settings, store.batch_id).state == "certified"
    reporting = built.database.connect("reporting")
    reporting.execute("select set_config('medspa.org_id', %s, true)", (str(practice.org),))
    state = reporting.execute(
        "select org_id, live_batch_id, certified_batch_id from marts.publication_state"
    ).fetchall()
    assert state == [(practice.org, store.batch_id, store.batch_id)]
    assert {row[0] for row in reporting.execute("select distinct org_id from marts.fct_posting")} == {
        practice.org
    }
    reporting.rollback()
    assert reporting.execute("select count(*) from marts.fct_posting").fetchone() == (0,)
    assert other.org != practice.org


def test_only_what_was_built_last_can_be_checked(built: Built) -> None:
    settings, store = built.settings, built.store
    with pytest.raises(NothingToCheck):
        check(settings, store.batch_id + 1, level="batch")
    assert isinstance(store.batch_id, int)


def test_a_row_of_the_ledger_that_is_in_no_mart_is_found(built: Built) -> None:
    practice = built.practice
    admin = built.database.connect("admin")
    admin.execute(
        "update meta.control_total set value = value + 1 where table_name = 'posting' and org_id = %s"
        " and measure = 'amount_minor' and key = '1100'", (practice.org,)
    )  # fmt: skip
    query = (compare.HERE / "ar_control.sql").read_text()
    wrong = [one for one in compare.run_one(admin, "ar_control", query) if not one.passed]
    admin.rollback()
    assert {one.difference_minor for one in wrong} == {-1}
    assert {one.org_id for one in wrong} == {practice.org}
    assert uuid.UUID(int=0) not in {one.org_id for one in wrong}
