"""Roles and databases: made by an administrator that is no superuser, repaired, refused when too strong."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from medspa.local import roles
from medspa.local.environment import LocalEnvironment
from medspa.local.roles import OPERATIONAL, UnsuitableServer
from tests.support.databases import Servers

PASSWORDS = {role.name: f"first-{role.short}" for role in OPERATIONAL.logins}


class Managed:
    """A server as a cloud vendor gives it: its administrator may create roles and databases, no more."""

    def __init__(self, environment: LocalEnvironment) -> None:
        self.cluster = environment.clusters["warehouse"]
        with psycopg.connect(self.cluster.admin_dsn, autocommit=True) as admin:
            admin.execute("create role vendor login createrole createdb password 'vendor'")
        self.admin_dsn = self.cluster.dsn("vendor", "vendor", "postgres")

    def dsn(self, role: str, password: str) -> str:
        return self.cluster.dsn(role, password, "medspa")

    def remove(self) -> None:
        with psycopg.connect(self.cluster.admin_dsn, autocommit=True) as admin:
            admin.execute("drop database if exists medspa with (force)")
            for role in OPERATIONAL.roles:
                admin.execute(f"drop role if exists {role.name}")
            admin.execute("drop role vendor")


@pytest.fixture
def managed(servers: Servers) -> Iterator[Managed]:
    """The warehouse cluster without any of the operational roles, behind a weak administrator."""
    vendor = Managed(servers.environment)
    try:
        yield vendor
    finally:
        vendor.remove()


def test_an_administrator_without_superuser_sets_everything_up(managed: Managed) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)

    for role in OPERATIONAL.logins:
        with psycopg.connect(managed.dsn(role.name, PASSWORDS[role.name])) as connection:
            row = connection.execute(
                "select current_user, "
                "rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication "
                "from pg_roles where rolname = current_user"
            ).fetchone()
        assert row == (role.name, False)


def test_the_owner_makes_views_as_deid_and_installs_btree_gist(managed: Managed) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)

    with psycopg.connect(managed.dsn("medspa_owner", PASSWORDS["medspa_owner"])) as owner:
        owner.execute("create extension btree_gist")
        owner.execute("create schema deid; grant usage, create on schema deid to medspa_deid")
        owner.execute("set role medspa_deid")
        owner.execute("create view deid.one as select 1 as value")
        owner.execute("reset role")
        row = owner.execute("select viewowner from pg_views where viewname = 'one'").fetchone()
    assert row == ("medspa_deid",)


def test_the_owner_does_not_inherit_what_deid_may(managed: Managed) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)

    with psycopg.connect(managed.dsn("medspa_owner", PASSWORDS["medspa_owner"])) as owner:
        row = owner.execute(
            "select pg_has_role('medspa_deid', 'usage'), pg_has_role('medspa_deid', 'set')"
        ).fetchone()
    assert row == (False, True)


def test_setting_up_again_renews_passwords_and_keeps_the_data(managed: Managed) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)
    with psycopg.connect(managed.dsn("medspa_owner", "first-owner")) as owner:
        owner.execute("create table kept (id int)")

    roles.set_up(managed.admin_dsn, OPERATIONAL, {**PASSWORDS, "medspa_owner": "second"})

    with psycopg.connect(managed.dsn("medspa_owner", "second")) as owner:
        assert owner.execute("select to_regclass('kept')").fetchone() == ("kept",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(managed.dsn("medspa_owner", "first-owner"))


def test_strangers_may_not_connect(managed: Managed) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)
    with psycopg.connect(managed.cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("create role stranger login password 'stranger'")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(managed.dsn("stranger", "stranger"))
    finally:
        with psycopg.connect(managed.cluster.admin_dsn, autocommit=True) as admin:
            admin.execute("drop role stranger")


@pytest.mark.parametrize("right", ["superuser", "bypassrls", "createrole", "replication"])
def test_a_role_with_too_many_rights_is_refused_by_name(managed: Managed, right: str) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)
    with psycopg.connect(managed.cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(f"alter role medspa_app {right}")

    with pytest.raises(UnsuitableServer, match=r"medspa_app .* alter role medspa_app nosuperuser"):
        roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)


def test_an_administrator_without_createrole_is_told_what_it_needs(managed: Managed) -> None:
    with psycopg.connect(managed.cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("alter role vendor nocreaterole")

    with pytest.raises(UnsuitableServer, match="CREATEROLE"):
        roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)


def test_a_forgotten_password_is_named(managed: Managed) -> None:
    with pytest.raises(UnsuitableServer, match="medspa_extract"):
        roles.set_up(managed.admin_dsn, OPERATIONAL, {**PASSWORDS, "medspa_extract": ""})


def test_a_request_that_hangs_in_a_transaction_is_ended(managed: Managed) -> None:
    roles.set_up(managed.admin_dsn, OPERATIONAL, PASSWORDS)

    with psycopg.connect(managed.dsn("medspa_app", "first-app")) as app:
        row = app.execute(
            "select current_setting('idle_in_transaction_session_timeout'), current_setting('timezone')"
        ).fetchone()
    assert row == ("1min", "UTC")
