"""What Dagster keeps of its runs, a failed one too: no identifying value, no key, no connection."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import psycopg
import pytest

from operational.privacy.token_keys import export_token_keys
from operational.privacy.vault import load_master_key
from pipelines.definitions import defs
from tests.support import leaks
from tests.support.canary import WORDS
from tests.support.lived import Lived

# Dagster and dagster-dbt warn of their own deprecated calls.
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
]

BROKEN = """
create or replace function deid.birth_month(p date) returns date language sql stable
as $$ select (p::text || 'x')::date $$
"""
FULL = dg.RunConfig(ops={"land": {"config": {"full": True}}})


def test_events_hold_no_value_no_key_and_no_connection(
    lived: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSPA_HOME", str(lived.settings.home))
    with psycopg.connect(lived.operational.dsn("admin"), autocommit=True) as admin:
        identifying = leaks.harvest(admin)
        row = admin.execute("select pg_get_functiondef('deid.birth_month(date)'::regprocedure)").fetchone()
        assert row is not None
        with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
            job = defs().resolve_job_def("refresh")
            assert job.execute_in_process(instance=instance).success
            try:
                admin.execute(BROKEN)
                failed = job.execute_in_process(instance=instance, run_config=FULL, raise_on_error=False)
            finally:
                admin.execute(row[0].encode())
            assert not failed.success
            # A value planted where Dagster keeps its events is found, so finding none means something.
            places = list(leaks.files(tmp_path, "dagster"))
            assert leaks.search({failed.run_id}, places)
    keys = [load_master_key(lived.settings), *(one.key for one in export_token_keys(lived.settings).values())]
    secret = {spelling for key in keys for spelling in (key.hex(), key.decode("latin-1"))}
    dsns = {*lived.operational.dsns.values(), *lived.warehouse.dsns.values()}
    values = set(WORDS.values()).union(*identifying.values()) | secret | dsns | {lived.made.api_key}
    assert leaks.search(values, places) == {}


def test_results_of_checks_reach_the_operational_store(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDSPA_HOME", str(lived.settings.home))
    with psycopg.connect(lived.operational.dsn("admin"), autocommit=True) as admin:
        admin.execute("delete from tieout_result")
        with dg.DagsterInstance.ephemeral() as instance:
            assert defs().resolve_job_def("refresh").execute_in_process(instance=instance).success
        row = admin.execute("select count(*), bool_and(passed) from tieout_result").fetchone()
    assert row is not None
    assert row[0] > 0
    assert row[1]
