"""The doctor in front of real databases, and the preparation of somebody else's servers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.local import roles
from medspa.local.doctor import databases, live
from medspa.local.doctor.finding import Finding, Level
from medspa.local.environment import external_clusters
from medspa.local.external import initialize
from medspa.local.stamp import ModeMismatch, ensure_mode, read_mode
from tests.support.databases import Database, Servers


@pytest.fixture
def pair(servers: Servers) -> Iterator[tuple[Database, Database]]:
    """Two databases without migrations."""
    with servers.empty("operational") as operational, servers.empty("warehouse") as warehouse:
        yield operational, warehouse


@pytest.fixture
def settings(pair: tuple[Database, Database], tmp_path: Any) -> Settings:
    return Settings(home=tmp_path, operational=pair[0].dsns, warehouse=pair[1].dsns)


def _problems(settings: Settings) -> list[Finding]:
    return [finding for finding in databases.check(settings) if finding.level is Level.PROBLEM]


def test_embedded_databases_are_in_order(settings: Settings) -> None:
    findings = list(databases.check(settings))
    assert _problems(settings) == []
    subjects = {finding.subject for finding in findings}
    assert {"operational app", "warehouse dagster", "operational version", "extension btree_gist"} <= subjects


def test_a_superuser_in_the_apps_place_is_a_problem(settings: Settings) -> None:
    settings.operational["app"] = settings.operational["admin"]
    found = _problems(settings)
    assert [finding.subject for finding in found] == ["operational app"]
    assert "is a superuser" in found[0].seen
    assert "connects as postgres" in found[0].seen


def test_the_owner_in_the_apps_place_is_a_problem(settings: Settings) -> None:
    settings.operational["app"] = settings.operational["owner"]
    found = _problems(settings)
    assert found[0].seen == "owns the database, connects as medspa_owner"


def test_a_role_that_bypasses_row_security_is_a_problem(servers: Servers, settings: Settings) -> None:
    with psycopg.connect(servers.dsns["warehouse"]["admin"], autocommit=True) as admin:
        admin.execute("alter role medspa_reporting bypassrls")
        try:
            found = _problems(settings)
        finally:
            admin.execute("alter role medspa_reporting nobypassrls")
    assert [(finding.subject, finding.seen) for finding in found] == [
        ("warehouse reporting", "bypasses row security")
    ]


def test_a_wrong_password_is_said_without_the_password(settings: Settings) -> None:
    settings.operational["extract"] = settings.operational["extract"].replace(
        "medspa_extract:", "medspa_extract:hunter2"
    )
    found = _problems(settings)
    assert [finding.subject for finding in found] == ["operational extract"]
    assert "password authentication failed" in found[0].remedy
    assert "hunter2" not in found[0].remedy


def test_a_missing_connection_names_its_variable(settings: Settings) -> None:
    del settings.warehouse["build"]
    found = _problems(settings)
    assert "MEDSPA_WAREHOUSE_BUILD_DSN" in found[0].remedy


def test_clocks_that_are_apart_are_a_warning(settings: Settings) -> None:
    with clock.frozen(datetime(2030, 1, 1, tzinfo=UTC)):
        apart = [finding for finding in databases.check(settings) if finding.level is Level.WARNING]
    assert [finding.subject for finding in apart] == ["operational clock", "warehouse clock"]


def test_live_mode_refuses_servers_without_fsync(settings: Settings) -> None:
    seen = [finding.seen for finding in live.refusals(settings.model_copy(update={"mode": "live"}))]
    assert "the operational server runs with fsync off" in seen
    assert "the warehouse server runs with fsync off" in seen


def test_a_database_keeps_the_mode_it_was_made_in(pair: tuple[Database, Database]) -> None:
    owner = pair[0].dsn("owner")
    with psycopg.connect(owner) as connection:
        assert read_mode(connection) is None

    ensure_mode(owner, "demo")
    ensure_mode(owner, "demo")

    with psycopg.connect(owner) as connection:
        assert read_mode(connection) == "demo"
    with pytest.raises(ModeMismatch, match="made in demo mode and MEDSPA_MODE is live"):
        ensure_mode(owner, "live")


def test_the_app_may_read_the_stamp_and_not_change_it(pair: tuple[Database, Database]) -> None:
    ensure_mode(pair[0].dsn("owner"), "live")
    app = pair[0].connect("app", autocommit=True)
    assert app.execute("select medspa_mode()").fetchone() == ("live",)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(
            "create or replace function medspa_mode() returns text language sql as $$ select 'demo' $$"
        )


def test_the_doctor_reports_the_other_modes_stamp(
    settings: Settings, pair: tuple[Database, Database]
) -> None:
    ensure_mode(pair[0].dsn("owner"), "live")
    found = _problems(settings)
    assert [finding.subject for finding in found] == ["operational mode"]
    assert "MEDSPA_HOME" in found[0].remedy


def test_somebody_elses_server_is_prepared_from_its_dsns(servers: Servers, tmp_path: Any) -> None:
    """The operational roles are made on the warehouse server, which never had them."""
    cluster = servers.environment.clusters["warehouse"]
    variables = {"MEDSPA_OPERATIONAL_ADMIN_DSN": cluster.admin_dsn} | {
        f"MEDSPA_OPERATIONAL_{role.short.upper()}_DSN": cluster.dsn(role.name, f"own-{role.short}", "medspa")
        for role in roles.OPERATIONAL.logins
    }
    dsns = {name.split("_")[2].lower(): dsn for name, dsn in variables.items()}
    settings = Settings(home=tmp_path, operational=dsns)
    try:
        assert external_clusters(variables) == {"operational"}
        assert list(initialize(settings, variables)) == ["operational"]
        assert _problems(settings) == []

        settings.operational["app"] = settings.operational["app"].replace("medspa_app", "someone")
        with pytest.raises(
            roles.UnsuitableServer, match="MEDSPA_OPERATIONAL_APP_DSN must connect as medspa_app"
        ):
            list(initialize(settings, variables))
        del settings.operational["app"]
        with pytest.raises(roles.UnsuitableServer, match="Set MEDSPA_OPERATIONAL_APP_DSN"):
            list(initialize(settings, variables))
    finally:
        with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
            admin.execute("drop database if exists medspa with (force)")
            for role in roles.OPERATIONAL.roles:
                admin.execute(f"drop role if exists {role.name}")


def test_empty_variables_leave_the_embedded_servers_in_place() -> None:
    assert external_clusters({"MEDSPA_WAREHOUSE_LOAD_DSN": "", "MEDSPA_HOME": "var"}) == frozenset()
