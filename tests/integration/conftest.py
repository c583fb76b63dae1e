"""Fixtures of tests at a shop. A file that needs another one (a fresh database, other settings) says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from medspa.kernel.settings import Settings
from operational.checkout.processor.inprocess import InProcessProcessor
from tests.factories.checkout import Shop, open_shop
from tests.support.api import client_of
from tests.support.databases import Database


@pytest.fixture
def shop(operational_module: Database) -> Shop:
    """A new organization in the database of the file."""
    return open_shop(operational_module)


@pytest.fixture
def processor(tmp_path: Path) -> InProcessProcessor:
    """One whose books are empty."""
    return InProcessProcessor(tmp_path / "books.sqlite")


@pytest.fixture(scope="module")
def http(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application over the database of the file."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), operational=operational_module.dsns)
    with client_of(settings) as client:
        yield client
