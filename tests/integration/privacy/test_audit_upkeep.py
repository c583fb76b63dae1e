"""Upkeep of the trail: months, clocks, durability, the gate's sweep, migrating again."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from medspa.kernel import clock
from medspa.kernel.vocabulary import Purpose
from medspa.local.stamp import ensure_mode
from operational.migrations.runner import migrate
from operational.models import Client
from operational.privacy.audit import open_audit
from tests.factories.practice import STARTED, Practice
from tests.integration.privacy.conftest import OPEN, bind, clients
from tests.support.databases import Database


def test_both_clocks_are_kept(operational: Database, practice: Practice) -> None:
    with clock.frozen(STARTED), operational.session("app", practice.org_id) as session:
        header = open_audit(session, practice.actor, Purpose.TREATMENT)
    with operational.session("owner") as session:
        row = session.execute(
            text(
                "select app_time, written_at > now() - interval '1 hour', at <= written_at"
                " from audit.access where id = :id"
            ),
            {"id": header},
        ).one()
    assert tuple(row) == (STARTED, True, True)


def test_a_month_without_a_partition_loses_no_row_and_is_moved_later(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    with operational.session("owner") as session:
        names = session.execute(
            text(
                "select inhrelid::regclass::text from pg_inherits where inhparent in"
                " ('audit.access'::regclass, 'audit.disclosure'::regclass)"
            )
        ).scalars()
        for name in names:
            if not name.endswith("_default"):
                session.execute(text(f"drop table {name}"))
    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        assert session.scalars(select(Client.id)).all() == [practice.client_id]
    with operational.session("admin") as session:
        assert session.execute(text("select count(*) from audit.access_default")).scalar() == 1
    with operational.session("maintenance") as session:
        assert session.execute(text("select audit.ensure_partitions(2)")).scalar() == 6
        assert session.execute(text("select audit.ensure_partitions(2)")).scalar() == 0
    with operational.session("admin") as session:
        assert session.execute(text("select count(*) from audit.access_default")).scalar() == 0
        assert session.execute(text("select count(*) from audit.disclosure_default")).scalar() == 0
        assert session.execute(text("select count(*) from audit.access")).scalar() == 1
        assert session.execute(text("select count(*) from audit.disclosure")).scalar() == 1
    with pytest.raises(DBAPIError, match="never changed"), operational.session("owner") as session:
        session.execute(text("delete from audit.access"))


def test_durable_even_where_the_server_is_set_not_to_wait(
    raw: psycopg.Connection, practice: Practice
) -> None:
    raw.execute("set local synchronous_commit = off")
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    row = raw.execute("show synchronous_commit").fetchone()
    assert row == ("on",)


def test_only_a_demonstration_may_choose_not_to_wait(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    found = {}
    for mode in ("live", "demo"):
        with operational.session("owner") as session:
            session.execute(text("drop function if exists public.medspa_mode()"))
        ensure_mode(operational.dsns["owner"], mode)
        raw.execute("set local synchronous_commit = off")
        bind(raw, practice)
        raw.execute(OPEN, (practice.staff_id,))
        (found[mode],) = raw.execute("show synchronous_commit").fetchone() or ("",)
        raw.rollback()
    assert found == {"live": "on", "demo": "off"}


def test_the_schema_of_the_trail_is_not_readable_by_other_roles(
    operational: Database, practice: Practice
) -> None:
    for role in ("extract", "publish"):
        for table in ("access", "disclosure", "gate", "block"):
            connection = operational.connect(role)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("select * from audit.{}").format(sql.Identifier(table)))


def test_the_gate_is_swept_of_ended_transactions_only(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    ended = operational.connect("app")
    bind(ended, practice)
    ended.execute(OPEN, (uuid.uuid4(),))
    ended.commit()
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    with operational.session("maintenance") as session:
        assert session.execute(text("select audit.sweep_gate()")).scalar() == 1
    assert clients(raw) == 1


def test_migrating_again_keeps_every_row_and_the_guards(
    operational: Database, raw: psycopg.Connection, practice: Practice
) -> None:
    bind(raw, practice)
    raw.execute(OPEN, (practice.staff_id,))
    raw.commit()
    migrate(operational.dsn("owner"))
    with operational.session("maintenance") as session:
        assert session.execute(text("select count(*) from audit.access")).scalar() == 1
        assert session.execute(text("select count(*) from audit.epoch")).scalar() == 1
    with pytest.raises(DBAPIError, match="never changed"), operational.session("owner") as session:
        session.execute(text("delete from audit.access"))
    bind(raw, practice)
    assert clients(raw) == 0
