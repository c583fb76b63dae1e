"""A history that was moved in, through the whole pipeline: it ties out, past revenue and recall are right."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import psycopg
import pytest

from medspa.kernel import clock
from medspa.local.segments import evaluate
from pipelines.run import run_pipeline
from segments.catalogue import definitions
from tests.factories.history import (
    CARDS,
    COLLECTED,
    CREDIT,
    NOW,
    OPEN,
    OUTSTANDING,
    RECOGNISED,
    bring_in,
    write,
)
from tests.factories.practice import make_practice
from tests.factories.warehouse import keys_of, settings_for
from tests.support.databases import Database

AS_OF = dt.date(2026, 3, 10)
BALANCE = "select -coalesce(sum(amount_minor), 0) from marts.fct_posting where account = '{}'"


@pytest.mark.timeout(600)
def test_past_revenue_and_recall_are_right_and_everything_ties_out(
    operational: Database, built_warehouse: Database, tmp_path: Path
) -> None:
    practice = make_practice(operational)
    folder = write(tmp_path / "export", balances=OUTSTANDING)
    settings = settings_for(operational, built_warehouse, tmp_path / "var")
    with clock.frozen(NOW):
        bring_in(operational, practice.actor, practice.location_id, folder)
        # Publication is refused when a tie-out of the batch fails.
        run_pipeline(settings, keys_of(practice.org_id))
        only = definitions()["neurotoxin_due_14_days"]
        (due,) = evaluate(settings, practice.org_id, AS_OF, only)
    # Ida's second Botox of 15 December is due on 15 March; Theo's was a touch-up.
    assert due.members == 1
    with psycopg.connect(built_warehouse.dsn("owner")) as connection:

        def told(sql: str) -> object:
            row = connection.execute(sql.encode()).fetchone()
            return row[0] if row else None

        assert told("select count(*) from meta.tieout_result where not passed") == 0
        assert told("select count(*) from meta.tieout_result") != 0
        assert told("select sum(recognised_minor) from marts.agg_daily_revenue") == RECOGNISED
        year = "select sum(recognised_minor) from marts.agg_daily_revenue where business_date < '2026-01-01'"
        # 420 + 400 + 196 of goods, less the discount of 20.
        assert told(year) == 99_600
        assert told("select sum(collected_minor) from marts.agg_daily_collected") == COLLECTED
        assert told("select sum(amount_minor) from marts.fct_ar_movement") == OPEN
        assert told(BALANCE.format("2110")) == CREDIT
        assert told(BALANCE.format("2200")) == CARDS
        assert told("select count(*) from marts.client_cycle where due_on = '2026-03-15'") == 1
