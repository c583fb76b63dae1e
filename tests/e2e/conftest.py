"""The demonstration's day, lived once for every test of what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from medspa.local.web import create_web_app
from tests.support import lived as living
from tests.support.databases import Servers
from tests.support.exported import Exported, export_all
from tests.support.lived import Lived
from tests.support.web import LiveServer, serving

Read = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def lived(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with living.lived_once(servers, tmp_path_factory.mktemp("lived")) as done:
        yield done


@pytest.fixture(scope="session")
def web(lived: Lived) -> Iterator[LiveServer]:
    """The whole web side over the lived day."""
    with serving(lambda: create_web_app(lived.settings)) as server:
        yield server


@pytest.fixture
def http(web: LiveServer) -> Iterator[httpx.Client]:
    with web.client() as client:
        yield client


@pytest.fixture
def read(http: httpx.Client, lived: Lived) -> Read:
    """`read(report, **parameters)` as the owner; a parameter `first` is sent as `from`."""

    def get(report: str, headers: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
        sent = {{"first": "from"}.get(name, name): str(value) for name, value in parameters.items()}
        answer = http.get(f"/v1/reports/{report}", params=sent, headers=headers or lived.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return get


@pytest.fixture(scope="session")
def exported(lived: Lived) -> Exported:
    """Every closed day of the lived practice in a numbered batch, most of them contested."""
    return export_all(lived)
