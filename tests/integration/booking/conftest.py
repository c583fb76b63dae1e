"""A practice with one provider on shift, and the slot most tests ask for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories.booking import add_shift, next_weekday
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database


@pytest.fixture
def setup(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def start(setup: OrganizationSetUp) -> datetime:
    """A slot in the middle of the provider's shift (two hours before it to six after)."""
    start = next_weekday()
    add_shift(setup, start - timedelta(hours=2), start + timedelta(hours=6))
    return start
