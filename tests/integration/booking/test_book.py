"""Booking a visit: what it holds, what it refuses, and that it is all or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories.booking import add_shift, book_visit, next_weekday, unit, violations
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database


@pytest.fixture
def setup(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def start(setup: OrganizationSetUp) -> datetime:
    start = next_weekday()
    add_shift(setup, start - timedelta(hours=2), start + timedelta(hours=6))
    return start


def test_books(operational: Database, setup: OrganizationSetUp, start: datetime) -> None:
    with unit(operational, setup) as session:
        visit = book_visit(session, setup, start)
    assert visit.starts_at == start
    assert visit.items[0].resources[0].resource_id == setup.rooms[0]
    assert violations(operational) == (0, 0)
