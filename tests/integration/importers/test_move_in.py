"""A practice's history in the store: figures worked out by hand, nothing twice, all of it or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.settings import DSN_FILE
from operational.accounting.batches import exported_days
from operational.importers.errors import MappingRefused
from operational.importers.mapping import ServiceMapping
from operational.importers.report import LossReport, Outcome
from operational.importers.run import move_in, preview
from operational.importers.vagaro.read import read_export
from operational.ledger.close_figures import is_intact
from operational.models import BusinessDay
from tests.factories.history import (
    CARDS,
    COLLECTED,
    CREDIT,
    NOW,
    OPEN,
    OUTSTANDING,
    PEOPLE,
    RECOGNISED,
    STORY,
    bring_in,
    mapping_for,
    write,
)
from tests.factories.practice import Practice, make_practice
from tests.support.databases import Database

TABLES = text(
    "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'p') and n.nspname in ('public', 'audit') order by relname"
)


def rows(database: Database) -> dict[str, int]:
    """Rows per table of the operational schemas."""
    with database.session("owner") as session:
        names = session.execute(
            text(
                "select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c"
                " join pg_namespace n on n.oid = c.relnamespace"
                " where c.relkind = 'r' and n.nspname in ('public', 'audit', 'vault')"
            )
        ).scalars()
        return {one: session.execute(text(f"select count(*) from {one}")).scalar_one() for one in names}


def one(database: Database, sql: str) -> int:
    with database.session("owner") as session:
        found = session.execute(text(sql)).scalar_one()
    return int(found or 0)


def told(report: LossReport) -> tuple[int, ...]:
    return tuple(report.total(outcome) for outcome in Outcome)


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


def test_history_stands_as_it_was_and_is_taken_once(
    operational: Database, practice: Practice, tmp_path: Path
) -> None:
    folder = write(tmp_path, balances=OUTSTANDING)
    with clock.frozen(NOW):
        before = rows(operational)
        export = read_export(folder)
        mapping = mapping_for(folder, export)
        with session_scope(operational.engine("app"), practice.org_id) as session:
            unnamed = ServiceMapping({}, "")
            with pytest.raises(MappingRefused) as refused:
                move_in(session, practice.actor, practice.location_id, export, unnamed)
            assert "HydraFacial" in refused.value.detail
            seen = preview(session, practice.actor, practice.location_id, export, mapping)
        assert rows(operational) == before
        report = bring_in(operational, practice.actor, practice.location_id, folder)
        assert told(report) == told(seen) == (13, 0, 0, 0)
        assert report.rows_read == 13
        after = rows(operational)
        again = bring_in(operational, practice.actor, practice.location_id, folder)
        assert told(again) == (0, 0, 13, 0)
    written = rows(operational)
    assert {name for name in written if written[name] != after[name]} <= {
        "audit.access", "audit.disclosure"
    } | {name for name in written if name.startswith("audit.")}  # fmt: skip

    account = "select sum(amount_minor) from posting where account "
    assert -one(operational, account + "between '4000' and '4999'") == RECOGNISED
    assert one(operational, account + "= '1100'") == OPEN
    assert -one(operational, account + "= '2110'") == CREDIT
    assert -one(operational, account + "= '2200'") == CARDS
    for empty in ("2100", "2400", "2500"):
        assert one(operational, account + f"= '{empty}'") == 0
    assert one(operational, "select sum(amount_minor) from posting") == 0
    paid = "select sum(amount_minor) from {} where tender = 'unknown' and status = 'succeeded'"
    assert one(operational, paid.format("payment")) - one(operational, paid.format("payout")) == COLLECTED
    assert one(operational, "select count(*) from treatment_record where source = 'imported'") == 4
    assert one(operational, "select count(*) from treatment_record where intent = 'touch_up'") == 1
    assert one(operational, "select count(*) from appointment where source = 'import'") == 4
    assert one(operational, "select count(*) from occupancy") == 0
    assert one(operational, "select count(*) from signed_consent") == 0
    assert one(operational, "select count(*) from business_day where status = 'open' or not imported") == 0
    # T4 was listed as open: due on its own date.
    due = "select count(*) from invoice where number = 'one-VT4' and due_on = '2026-01-20'"
    assert one(operational, due) == 1
    _closed_for_good(operational, practice)


def _closed_for_good(operational: Database, practice: Practice) -> None:
    """Days are closed with figures that come out the same, and no accounting batch takes them."""
    with session_scope(operational.engine("app"), practice.org_id) as session:
        days = session.query(BusinessDay).all()
        assert len(days) == 8
        assert all(is_intact(session, day) for day in days)
        taken = exported_days(session, practice.legal_entity_id, "accrual")
        assert taken == {(day.location_id, day.business_date) for day in days}


def test_people_are_merged_flagged_or_kept_apart(
    operational: Database, practice: Practice, tmp_path: Path
) -> None:
    people = [
        ["Moreau, Ida", "01/15/2023", "", "", "ida@history.example", "", ""],
        ["Ida MOREAU", "01/16/2023", "", "", "IDA@history.example", "", ""],  # the same person
        ["Moreau, Max", "01/15/2023", "", "", "ida@history.example", "", ""],  # of one household
        ["Berg, Uma", "01/15/2023", "", "", "", "", ""],
        ["Berg, Uma", "05/15/2024", "", "", "", "", ""],  # the same name: somebody else
        ["Surnamefirst, Test", "01/15/2023", "", "", "client@first.test", "", ""],  # in the store already
    ]
    sale = STORY[2]
    sales = [sale, [*sale[:3], "Uma Berg", *sale[4:]], [*sale[:3], "Nobody Listed", *sale[4:]]]
    sales[1][1], sales[2][1] = "T8", "T9"  # type: ignore[index]
    with clock.frozen(NOW):
        report = bring_in(operational, practice.actor, practice.location_id, write(tmp_path, people, sales))
    customers, transactions = report.file("Customers.csv"), report.file("TransactionList.csv")
    assert [customers.outcomes[row][0] for row in range(5, 11)] == [
        Outcome.IMPORTED, Outcome.MERGED, Outcome.IMPORTED, Outcome.IMPORTED, Outcome.IMPORTED, Outcome.MERGED
    ]  # fmt: skip
    assert transactions.outcomes[6] == (Outcome.REFUSED, "customer_ambiguous")
    assert transactions.outcomes[7][0] is Outcome.IMPORTED
    assert one(operational, "select count(*) from client_duplicate where reason = 'email'") == 1
    # Ida, Max, two Umas, Nobody, and the one who was there.
    assert one(operational, "select count(*) from client") == 6


def test_what_contradicts_itself_is_refused_by_row(
    operational: Database, practice: Practice, tmp_path: Path
) -> None:
    sale, refund = STORY[2], STORY[7]
    sales = [
        sale,
        [*sale[:3], "Theo Blanc", *sale[4:]],  # the transaction of somebody else
        ["12/16/2025", *sale[1:]],  # and of another day
        ["03/10/2026", "T20", *sale[2:]],  # a day that is not over
        refund,  # of something never sold
        [*sale[:5], "Gift Card Refund", *sale[6:]],
    ]
    folder = write(tmp_path, PEOPLE, sales, [["open invoice", "Theo Blanc", "T99", "5", ""],
                                             ["package", "Theo Blanc", "", "5", ""]])  # fmt: skip
    (folder / "TransactionListB.csv").write_bytes((folder / "TransactionList.csv").read_bytes())
    # The same sale and another refund of its transaction, as a third file writes them.
    plain = [[*sale[:9], "400.00", *sale[10:]], [*refund[:9], "-98.00", *refund[10:]]]
    other = write(tmp_path / "other", PEOPLE, plain) / "TransactionList.csv"
    (folder / "TransactionListC.csv").write_bytes(other.read_bytes())
    with clock.frozen(NOW):
        report = bring_in(operational, practice.actor, practice.location_id, folder)
    known = report.file("TransactionListC.csv").outcomes
    assert [known[row] for row in (5, 6)] == [(Outcome.REFUSED, "transaction_known")] * 2
    assert one(operational, "select count(*) from invoice_line") == 1
    reasons = [report.file("TransactionList.csv").outcomes[row][1] for row in range(5, 11)]
    assert reasons == [
        "", "transaction_of_two_customers", "transaction_on_two_days", "day_in_use", "refund_without_sale",
        "refund_of_prepaid",
    ]  # fmt: skip
    assert report.file("TransactionListB.csv").outcomes[5] == (Outcome.MERGED, "told_twice")
    assert [report.file("Balances.csv").outcomes[row][1] for row in (5, 6)] == [
        "transaction_unknown", "package_not_moved",
    ]  # fmt: skip
    assert sum(told(report)) == report.rows_read


def test_an_import_killed_at_its_end_leaves_nothing_and_runs_again(
    operational: Database, practice: Practice, tmp_path: Path
) -> None:
    folder = write(tmp_path / "export")
    export = read_export(folder)
    mapping_for(folder, export)
    home = tmp_path / "var"
    (home / DSN_FILE).parent.mkdir(parents=True)
    (home / DSN_FILE).write_text(json.dumps({"operational": operational.dsns}))
    before = rows(operational)
    command = [
        sys.executable, "-m", "medspa", "import", "vagaro", str(folder), "--mapping",
        str(folder / "mapping.yaml"), "--location", "one", "--json",
    ]  # fmt: skip
    environment = {**os.environ, "MEDSPA_HOME": str(home)}
    blocker = operational.connect("owner")
    blocker.execute("lock table import_row in share mode")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
        _wait_until_blocked(operational)
        killed.send_signal(signal.SIGKILL)
        killed.wait(20)
    blocker.rollback()
    _wait_until_gone(operational)
    assert rows(operational) == before
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert (found["imported"], found["refused"], found["rows_read"]) == (10, 0, 10)
    assert b"Moreau" not in done.stdout + done.stderr


_SESSIONS = text(
    "select count(*) filter (where wait_event_type = 'Lock'), count(*) from pg_stat_activity"
    " where application_name = 'medspa-import' and datname = current_database()"
)


def _wait_until_blocked(database: Database) -> None:
    _wait(database, lambda blocked, _: blocked == 1)


def _wait_until_gone(database: Database) -> None:
    _wait(database, lambda _, sessions: sessions == 0)


def _wait(database: Database, reached: object) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with database.session("admin") as session:
            if reached(*session.execute(_SESSIONS).one()):  # type: ignore[operator]
                return
        time.sleep(0.05)
    raise AssertionError("the import did not get there in a minute")
