"""Generalising functions of the de-identified views: the census rule, and that they never raise."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.databases import Database

RESTRICTED = frozenset(
    re.findall(
        "[0-9]{3}",
        "036 059 063 102 202 203 204 205 369 556 692 753 772 790 821 823 830 831 878 879 884 890 893",
    )
)
"""Union of the 2000 and 2010 census lists (164.514(b)(2)(i)(B))."""


@pytest.fixture(scope="module")
def generalise(operational_module: Database) -> Iterator[psycopg.Connection]:
    connection = operational_module.connect("extract", autocommit=True)
    yield connection
    connection.close()


def one(connection: psycopg.Connection, statement: bytes, value: object) -> object:
    row = connection.execute(statement, (value,)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("prefix", sorted(RESTRICTED))
def test_restricted_zip_areas_are_masked(generalise: psycopg.Connection, prefix: str) -> None:
    assert one(generalise, b"select deid.zip3(%s::text)", prefix + "12") == "000"
    assert one(generalise, b"select deid.zip3(%s::text)", prefix + "12-3456") == "000"


@pytest.mark.parametrize(
    ("given_zip", "shown"),
    [("90210", "902"), ("90210-1234", "902"), ("902101234", "902"), (None, None), ("", "000"), ("90", "000"),
     ("9021", "000"), ("9021O", "000"), ("K1A 0B1", "000"), ("90210 ", "000"), ("00000", "000"),
     ("９０２１０", "000"), ("90210-12", "000")],
)  # fmt: skip
def test_zip_vectors(generalise: psycopg.Connection, given_zip: str | None, shown: str | None) -> None:
    assert one(generalise, b"select deid.zip3(%s::text)", given_zip) == shown


@pytest.mark.parametrize(
    ("born", "shown"),
    [("1980-05-17", "1980-05-01"), ("2000-02-29", "2000-02-01"), ("1900-01-01", "1900-01-01"), (None, None),
     ("infinity", None), ("-infinity", None), ("0044-03-15 BC", None), ("5874897-12-31", None)],
)  # fmt: skip
def test_birth_vectors(generalise: psycopg.Connection, born: str | None, shown: str | None) -> None:
    assert one(generalise, b"select deid.birth_month(%s::text::date)::text", born) == shown


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_generalising_a_zip_never_raises_and_never_shows_more(
    generalise: psycopg.Connection, text_: str
) -> None:
    shown = one(generalise, b"select deid.zip3(%s::text)", text_)
    assert isinstance(shown, str)
    assert shown == "000" or (shown == text_[:3] and shown.isdigit() and shown not in RESTRICTED)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dates())
def test_generalising_a_birth_date_never_raises_and_never_shows_the_day(
    generalise: psycopg.Connection, born: dt.date
) -> None:
    shown = one(generalise, b"select deid.birth_month(%s::date)", born)
    assert shown is None or shown == born.replace(day=1)
