"""The fixtures' own promises: clones are apart, roles are who they say, nothing is left behind."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from medspa.local import roles
from tests.support.databases import Servers, on_database


def test_every_role_reaches_its_own_database_under_its_own_name(servers: Servers) -> None:
    for cluster in roles.CLUSTERS.values():
        with servers.empty(cluster.name) as database:
            for role in cluster.logins:
                with psycopg.connect(database.dsn(role.short)) as connection:
                    row = connection.execute("select current_user").fetchone()
                assert row == (role.name,)


def test_two_databases_do_not_see_each_other(servers: Servers) -> None:
    with servers.empty("operational") as one, servers.empty("operational") as other:
        with one.session("owner") as session:
            session.execute(text("create table only_here (id int)"))
        with other.session("owner") as session:
            assert session.execute(text("select to_regclass('only_here')")).scalar() is None
        with one.session("owner") as session:
            assert session.execute(text("select to_regclass('only_here')")).scalar() == "only_here"


def test_a_role_without_a_grant_may_not_connect(servers: Servers) -> None:
    with servers.empty("warehouse") as database:
        foreign = on_database(database.dsn("dagster"), database.name)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(foreign)
