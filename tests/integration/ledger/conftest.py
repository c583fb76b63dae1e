"""Fixtures of the ledger's tests. A file that needs books per test says so itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medspa.kernel import clock
from tests.factories.ledger import NOON, Books, make_books
from tests.support.databases import Database


@pytest.fixture
def at_noon() -> Iterator[None]:
    """The clock stands at noon of the books' day."""
    with clock.frozen(NOON):
        yield


@pytest.fixture(scope="module")
def database(operational_module: Database) -> Database:
    return operational_module


@pytest.fixture(scope="module")
def books(operational_module: Database) -> Books:
    """One organization for all tests of a file."""
    with operational_module.session("owner") as session:
        return make_books(session)
