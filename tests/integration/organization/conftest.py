"""An organization and its owner over HTTP, one a test, in one database a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.conftest import MakeSettings
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture
def made(operational_module: Database) -> OrganizationSetUp:
    return organization(operational_module)


@pytest.fixture
def api(
    operational_module: Database, make_settings: MakeSettings, made: OrganizationSetUp
) -> Iterator[TestClient]:
    with client_of(make_settings(operational_module)) as client:
        client.headers.update(made.headers)
        yield client
