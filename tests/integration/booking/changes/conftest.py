"""An organization of its own for each test, in one database for each file, and a provider on shift."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.factories.booking import add_shift, next_weekday
from tests.factories.organization import OrganizationSetUp, organization
from tests.integration.booking.desk import OPEN
from tests.support.databases import Database


@pytest.fixture
def setup(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module, locations=1)


@pytest.fixture
def start(setup: OrganizationSetUp) -> datetime:
    """When the shift begins."""
    start = next_weekday()
    add_shift(setup, start, start + OPEN)
    return start
