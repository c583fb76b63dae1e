"""The dbt project agrees with the models, the contracts with their rules, and each rule does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from medspa.kernel import vocabulary
from pipelines.build import dbt, sources
from pipelines.build.outcome import FAILURES
from pipelines.build.project import PROJECT, artifacts, logs
from pipelines.publish.contracts import load_contracts
from tests.warehouse.conftest import Built

WORDS = {
    ("fct_posting", "event"): vocabulary.LedgerEvent,
    ("fct_appointment", "status"): vocabulary.AppointmentStatus,
    ("fct_appointment", "source"): vocabulary.VisitSource,
    ("fct_appointment_event", "event"): vocabulary.AppointmentEvent,
    ("agg_daily_utilization", "subject_kind"): vocabulary.SubjectKind,
    ("fct_freed_time", "subject_kind"): vocabulary.SubjectKind,
    ("fct_waitlist_offer", "status"): vocabulary.OfferStatus,
    ("fct_treatment", "intent"): vocabulary.Intent,
    ("fct_lead", "source"): vocabulary.LeadSource,
    ("fct_lead", "status"): vocabulary.LeadStatus,
    ("fct_lead", "lost_reason"): vocabulary.LostReason,
    ("fct_invoice_line", "kind"): vocabulary.LineKind,
    ("fct_invoice_line", "discount_reason"): vocabulary.DiscountReason,
    ("fct_credit_memo_line", "reason"): vocabulary.CreditReason,
    ("fct_payment", "tender"): vocabulary.Tender,
    ("fct_payment", "status"): vocabulary.PaymentStatus,
    ("fct_payment", "purpose"): vocabulary.PaymentPurpose,
    ("fct_allocation", "source"): vocabulary.AllocationSource,
    ("fct_drawer_session", "drawer_kind"): vocabulary.DrawerKind,
    ("fct_business_day", "status"): vocabulary.DayStatus,
}
METRIC_KEYS = {
    "name", "label", "description", "formula", "expression", "unit", "grain", "dimensions", "version",
}  # fmt: skip

pytestmark = pytest.mark.timeout(600)


@cache
def declared_models() -> list[dict[str, Any]]:
    return [
        model
        for path in sorted((PROJECT / "models").rglob("_*.yml"))
        for model in yaml.safe_load(path.read_text()).get("models", [])
    ]


def test_the_sources_are_those_of_the_tagged_models() -> None:
    assert sources.SOURCES.read_text() == sources.render(), "run: python -m pipelines.build.sources"


def test_every_mart_has_a_contract_a_grain_test_and_a_line_that_says_its_grain() -> None:
    files = {path.stem: path for path in (PROJECT / "models" / "marts").rglob("*.sql")}
    assert set(files) == set(load_contracts())
    assert [name for name, path in files.items() if not path.read_text().startswith("-- Grain: ")] == []
    ungrained = [
        one["name"]
        for one in declared_models()
        if not any(isinstance(test, dict) and "grain" in test for test in one.get("data_tests", []))
    ]
    assert ungrained == []


@pytest.mark.parametrize(("model", "column"), sorted(WORDS))
def test_accepted_values_are_the_vocabulary(model: str, column: str) -> None:
    (found,) = [one for one in declared_models() if one["name"] == model]
    (described,) = [one for one in found["columns"] if one["name"] == column]
    (test,) = described["data_tests"]
    assert test["accepted_values"]["arguments"]["values"] == [one.value for one in WORDS[model, column]]


def test_every_metric_is_declared_once_and_in_full() -> None:
    metrics = [
        metric for contract in load_contracts().values() for metric in contract.meta.get("metrics", [])
    ]
    assert [one["name"] for one in metrics if not set(one) >= METRIC_KEYS] == []
    names = [one["name"] for one in metrics]
    assert len(names) == len(set(names))
    assert {"gross_billed", "net_billed", "recognised_revenue", "collected", "ar_aging"} <= set(names)


def test_no_model_asks_the_clock_or_joins_by_using() -> None:
    asked = re.compile(r"\b(now\(\)|current_date|current_timestamp|getdate\(\))|\busing\s*\(", re.IGNORECASE)
    found = [path.name for path in (PROJECT / "models").rglob("*.sql") if asked.search(path.read_text())]
    assert found == []


def test_a_full_build_passes_its_data_tests(built: Built) -> None:
    assert built.result.full
    assert built.result.tests > 100
    assert set(load_contracts()) <= set(built.result.models)


def test_the_rules_of_the_models_hold(built: Built) -> None:
    outcome = dbt.unit_tests(built.settings)
    assert outcome.failed == (), (logs(built.settings) / FAILURES).read_text()
    assert outcome.tests >= 13


def test_artifacts_hold_neither_password_nor_row(built: Built) -> None:
    manifest = json.loads(dbt.manifest_file(built.settings).read_text())
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    password = built.settings.warehouse_dsn("build").split(":")[2].split("@")[0]
    written = [
        path
        for folder in (artifacts(built.settings), logs(built.settings))
        for path in folder.rglob("*")
        if path.is_file() and password.encode() in path.read_bytes()
    ]
    assert written == []


def test_a_process_that_parsed_nothing_has_the_manifest_of_its_database(built: Built, tmp_path: Path) -> None:
    """What another process has kept is enough."""
    program = (
        "import sys; from pathlib import Path; from medspa.kernel.settings import Settings;"
        "from pipelines.build import dbt;"
        "print(dbt.manifest_file(Settings(home=Path(sys.argv[1]), parsed_project=Path(sys.argv[2]),"
        " warehouse={'build': 'postgresql://nobody@127.0.0.1:1/elsewhere'})))"
    )
    kept = built.settings.parsed_folder
    assert list(kept.glob("*.msgpack"))
    command = [sys.executable, "-c", program, str(tmp_path), str(kept)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    nodes = json.loads(Path(said.strip()).read_text())["nodes"]
    assert {one["database"] for one in nodes.values()} == {"elsewhere"}
    assert nodes["model.medspa.fct_payment"]["relation_name"] == '"elsewhere"."build"."fct_payment"'
