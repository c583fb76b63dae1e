"""Pages of reports over the lived day: what the store cuts is what is read whole, to the type of a figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from medspa.kernel.database import make_engine
from reporting_api.catalog import reports
from reporting_api.measures import shaped
from reporting_api.paged import Page
from reporting_api.queries import Asked, run
from reporting_api.reading import totals_of
from tests.support.lived import Lived

LENGTH = 3


@pytest.fixture(scope="module")
def engine(lived: Lived) -> Iterator[Engine]:
    made = make_engine(lived.settings.warehouse_dsn("reporting"), application_name="test-pages")
    yield made
    made.dispose()


@pytest.mark.parametrize("name", reports())
def test_pages_are_the_rows_and_totals_of_the_whole(lived: Lived, engine: Engine, name: str) -> None:
    report, day = shaped(reports()[name]), lived.day
    first = day.replace(year=day.year - 1) if report.dates == "range" else day
    asked = Asked(first, day, ())
    whole = run(engine, report, lived.made.org_id, asked, None)
    pages = [
        run(engine, report, lived.made.org_id, replace(asked, page=Page(start, LENGTH)), None)
        for start in range(0, whole.count + 1, LENGTH)
    ]
    assert [repr(row) for page in pages for row in page.rows] == [repr(row) for row in whole.rows]
    # As text: a sum of the store that were no whole number would be equal all the same.
    assert {(page.count, repr(page.totals)) for page in pages} == {
        (whole.count, repr(totals_of(report, whole)))
    }
