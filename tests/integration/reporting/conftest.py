"""An organization whose marts hold one row each, and the whole web side over them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from medspa.kernel.settings import Settings
from medspa.local.web import create_web_app
from tests.factories.marts import Marts
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database


@pytest.fixture
def marts(warehouse: Database) -> Marts:
    return Marts(warehouse.connect("build", autocommit=True))


@pytest.fixture
def made(operational: Database, marts: Marts) -> OrganizationSetUp:
    """An organization whose key is known to the operational store, with a row in every mart."""
    made = organization(operational)
    marts.fill(made.org_id)
    marts.publish(made.org_id)
    return made


@pytest.fixture
def http(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_web_app(settings), raise_server_exceptions=False) as client:
        yield client
