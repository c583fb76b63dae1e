"""Fixtures shared by all tests. Builders of records live in tests/factories/."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import argon2
import pytest
from xdist.scheduler import LoadFileScheduling

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.identity import passwords
from tests.support.databases import Database, Servers
from tests.support.web import LiveServer, serving

_OVER_THE_BUILT_DAY = {f"tests/warehouse/test_{name}.py" for name in ("dbt_project", "tieouts")}


class _ByFileOrDay(LoadFileScheduling):  # type: ignore[misc]
    """A worker takes a file of tests at a time, or all files that share the lived day or the built one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        lives = file.startswith("tests/e2e/") and not file.endswith("test_up_and_down.py")
        if file in _OVER_THE_BUILT_DAY:
            return "tests/warehouse"
        return "tests/e2e" if lives else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """With `--dist loadfile` the lived day, which costs a minute, is lived once and not once per worker."""
    # xdist would begin with the files of most tests and leave one worker alone with the long ones at the end.
    config.option.loadscopereorder = False
    return _ByFileOrDay(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests may take longest come first."""
    longest: dict[Path, float] = {}
    for item in items:
        marker = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), marker.args[0] if marker else 0)
    items.sort(key=lambda item: -longest[item.path])


@pytest.fixture(scope="session", autouse=True)
def _plain_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the developer's shell reaches a test. The dbt project is parsed once for all of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("MEDSPA_", "PG", "DAGSTER_", "DBT_")):
                patch.delenv(name)
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        patch.setenv("GX_ANALYTICS_ENABLED", "false")
        shared = tmp_path_factory.getbasetemp()
        shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
        patch.setenv("MEDSPA_PARSED_PROJECT", str(shared / "parsed"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Every organization has an owner with a password: to hash it as for people took half of making one.

    How it is done for people is test_sign_in.py's.
    """
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "_NOBODY", cheap.hash("no account has this password"))
        yield


@pytest.fixture(autouse=True)
def _time_goes_on() -> Iterator[None]:
    """A test that was cut short while it held the clock leaves the next one the system's."""
    source = clock.source()
    yield
    clock.install(source)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The two clusters of this test process, not durable, gone at its end."""
    running = Servers()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def operational(servers: Servers) -> Iterator[Database]:
    """A fresh migrated operational database."""
    with servers.clone("operational") as database:
        yield database


@pytest.fixture(scope="module")
def operational_module(servers: Servers) -> Iterator[Database]:
    """An operational database shared by the tests of one module."""
    with servers.clone("operational") as database:
        yield database


@pytest.fixture
def warehouse(servers: Servers) -> Iterator[Database]:
    """A fresh migrated warehouse database."""
    with servers.clone("warehouse") as database:
        yield database


@pytest.fixture
def built_warehouse(servers: Servers) -> Iterator[Database]:
    """A fresh warehouse whose models dbt has built over nothing: a run adds to them."""
    with servers.clone("warehouse", built=True) as database:
        yield database


@pytest.fixture(scope="module")
def warehouse_module(servers: Servers) -> Iterator[Database]:
    """A warehouse database shared by the tests of one module."""
    with servers.clone("warehouse") as database:
        yield database


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings over given databases: `make_settings(operational, warehouse, **overrides)`."""

    def make(operational: Database, warehouse: Database | None = None, **overrides: Any) -> Settings:
        values: dict[str, Any] = {
            "home": tmp_path / "var",
            "mode": "demo",
            "operational": operational.dsns,
            "warehouse": warehouse.dsns if warehouse else {},
            **overrides,
        }
        settings = Settings(**values)
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o711)
        return settings

    return make


@pytest.fixture
def settings(operational: Database, warehouse: Database, make_settings: MakeSettings) -> Settings:
    """Settings over a fresh pair of databases."""
    return make_settings(operational, warehouse)


StartServer = Callable[..., LiveServer]


@pytest.fixture
def live_server() -> Iterator[StartServer]:
    """`live_server(settings)` serves operational.app over real HTTP; stopped at the end of the test.

    `live_server(app=app)` serves any other ASGI app.
    """
    with contextlib.ExitStack() as stack:

        def start(settings: Settings | None = None, *, app: Any = None) -> LiveServer:
            if settings is not None:
                served = stack.enter_context(importlib.import_module("tests.support.api").lent(settings))
            else:
                served = app
            return stack.enter_context(serving(lambda: served))

        yield start
