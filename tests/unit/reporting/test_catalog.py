"""Reports and metrics as declared: every amount has one definition, every declaration is whole."""

from __future__ import annotations

import pytest

from medspa.kernel.vocabulary import Permission
from reporting_api.catalog import Report, metrics, report_named, reports
from reporting_api.errors import ReportUnknown
from reporting_api.formats import as_csv, as_json, totals

DECLARED = {
    "name", "label", "description", "formula", "grain", "dimensions", "unit", "expression", "version", "mart",
    "area",
}  # fmt: skip
MAY_DECLARE = {"as_of", "date", "history", "snapshot", "buckets", "additive"}


@pytest.mark.parametrize("name", reports())
def test_every_amount_shows_a_declared_metric(name: str) -> None:
    report = report_named(name)
    amounts = [column for column in report.columns if column.type in ("minor", "ratio")]
    assert amounts or report.rollup or report.permission is not Permission.REPORT_FINANCE
    assert [column.name for column in amounts if column.metric not in metrics()] == []
    assert [one for one in report.rollup if one not in metrics()] == []


@pytest.mark.parametrize("name", metrics())
def test_a_declaration_is_whole_and_has_no_stray_words(name: str) -> None:
    declared = set(metrics()[name])
    assert declared >= DECLARED
    assert declared - DECLARED <= MAY_DECLARE


@pytest.mark.parametrize("name", reports())
def test_totals_and_links_name_columns_of_the_report(name: str) -> None:
    report = report_named(name)
    columns = {column.name: column for column in report.columns}
    assert set(report.totals_by) <= set(columns)
    assert all(column.type == "uuid" for column in report.columns if column.drill)
    assert report.statement or report.sql.lstrip().startswith("--")


def test_an_unknown_report_names_the_known_ones() -> None:
    with pytest.raises(ReportUnknown) as caught:
        report_named("profit")
    assert "ar_aging" in caught.value.detail


def small() -> Report:
    return Report.model_validate(
        {
            "name": "small",
            "title": "Small",
            "group": "Close",
            "description": "Two columns.",
            "version": 1,
            "permission": Permission.REPORT_FINANCE,
            "dates": "day",
            "totals_by": ["who"],
            "columns": [
                {"name": "who", "type": "text", "label": "Who"},
                {"name": "open_minor", "type": "minor", "label": "Open"},
                {"name": "bill", "type": "uuid", "label": "Bill", "drill": "invoice"},
            ],
        }
    )


def test_text_that_a_spreadsheet_would_run_is_quoted() -> None:
    rows = [{"who": who, "open_minor": -5, "bill": None} for who in ("=1+1", "+1", "-1", "@x", "\t=1", "a=1")]
    body = as_csv(small(), rows).decode().split("\r\n")[1:-1]
    assert body == ["'=1+1,-5,", "'+1,-5,", "'-1,-5,", "'@x,-5,", "'\t=1,-5,", "a=1,-5,"]


def test_a_token_becomes_a_link_and_nothing_has_none() -> None:
    row = {"who": "a", "open_minor": 1, "bill": "0190"}
    assert as_json(small(), row)["bill_link"] == "/v1/drill-down/invoice/0190"
    assert "bill_link" not in as_json(small(), {**row, "bill": None})


def test_totals_add_up_per_group() -> None:
    rows = [
        {"who": who, "open_minor": amount, "bill": None} for who, amount in (("a", 1), ("b", 5), ("a", None))
    ]
    assert totals(small(), rows) == [{"who": "a", "open_minor": 1}, {"who": "b", "open_minor": 5}]
