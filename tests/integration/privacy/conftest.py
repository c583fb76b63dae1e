"""Raw connections of the app's role and a sealed trail, as an attacker would find them."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from operational.privacy.audit import open_audit, record_disclosure
from operational.privacy.sealing import seal
from operational.privacy.verifying import verify
from tests.conftest import MakeSettings
from tests.factories.practice import Practice, make_practice
from tests.support.databases import Database

OPEN = "select audit.open('staff', %s, 'treatment', 'http')"


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


@pytest.fixture
def raw(operational: Database, practice: Practice) -> psycopg.Connection:
    """A raw connection of the app's role, as an attacker with SQL would hold it."""
    return operational.connect("app")


def bind(connection: psycopg.Connection, practice: Practice) -> None:
    connection.execute("select set_config('medspa.org_id', %s, true)", (str(practice.org_id),))
    connection.execute("select set_config('medspa.location_scope', '*', true)")


def clients(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from client").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def trail(operational: Database, practice: Practice, make_settings: MakeSettings) -> Settings:
    """Nine reads sealed in three blocks."""
    settings = make_settings(operational)
    for _ in range(3):
        for _ in range(3):
            read(operational, practice)
        seal(settings)
    return settings


def read(database: Database, practice: Practice) -> None:
    with database.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        record_disclosure(session, practice.actor, "client.card", [practice.client_id])


def tamper(database: Database, *statements: str) -> None:
    """As a superuser who also switches the triggers off."""
    with database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def kinds(settings: Settings) -> set[tuple[str, int]]:
    return {(one.kind, one.block) for one in verify(settings).findings}
