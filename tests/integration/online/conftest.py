"""A visitor at a location where people book for themselves, on a day of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text

from medspa.kernel.settings import Settings
from operational.checkout.processor.open import open_inprocess
from operational.online import finish
from tests.factories.booking import add_shift
from tests.factories.online import OnlineSetUp, Visitor, online
from tests.support.databases import Database

_days = iter(range(200))


@pytest.fixture(scope="module")
def setup(operational_module: Database, http: TestClient) -> OnlineSetUp:
    return online(operational_module, http)


@pytest.fixture
def visitor(http: TestClient) -> Visitor:
    return Visitor(http)


@pytest.fixture(autouse=True)
def _from_elsewhere(setup: OnlineSetUp) -> None:
    """Each test is somebody else's address: what the ones before sent is not counted."""
    with setup.database.session("admin") as session:
        session.execute(text("delete from directory.attempt"))


@pytest.fixture
def start(setup: OnlineSetUp) -> datetime:
    """A time on a day of its own, on which one provider works."""
    at = setup.start + timedelta(days=1 + next(_days))
    add_shift(setup.made, at - timedelta(hours=1), at + timedelta(hours=3))
    return at


@pytest.fixture
def work(http: TestClient) -> finish.Work:
    services = http.app.state.services  # type: ignore[attr-defined]
    return finish.Work(services.engine, services.vault, open_inprocess(services.settings))


@pytest.fixture
def settings(http: TestClient) -> Settings:
    kept: Settings = http.app.state.services.settings  # type: ignore[attr-defined]
    return kept


@pytest.fixture
def statements(http: TestClient) -> Iterator[Callable[[], int]]:
    engine: Engine = http.app.state.services.engine  # type: ignore[attr-defined]
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield lambda: len(seen)
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def nobody_waits(setup: OnlineSetUp) -> None:
    with setup.database.session("admin") as session:
        session.execute(text("truncate task, client_duplicate, notification, waitlist_entry cascade"))
