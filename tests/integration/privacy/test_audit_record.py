"""What was read and who was returned is in the trail, and PHI cannot be rendered without an open audit."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import bindparam, event, func, select, text
from sqlalchemy.orm import aliased

from medspa.kernel.database import TenantSession, bind_organization, new_session
from medspa.kernel.errors import Forbidden
from medspa.kernel.ids import new_client_key, new_id
from medspa.kernel.vocabulary import Permission, Purpose
from operational.models import Client, GoodFaithExam, Location
from operational.privacy.audit import open_audit, read_trail, record_disclosure
from operational.privacy.errors import AuditClosed
from operational.privacy.schemas import PhiSchema, render, render_many
from tests.factories.practice import Practice, actor_of, make_client, make_practice
from tests.support.databases import Database
from tests.support.web import serving


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


class Card(PhiSchema):
    client_id: uuid.UUID
    last_name: str


class ClientRow(PhiSchema):
    __client_field__ = "id"

    id: uuid.UUID
    email: str | None


def recorded(database: Database) -> list[tuple[str | None, list[str], list[uuid.UUID]]]:
    with database.session("maintenance") as session:
        rows = session.execute(
            text("select view, columns, client_ids from audit.disclosure order by written_at, view")
        )
        return [(row.view, row.columns, row.client_ids) for row in rows]


def read(database: Database, practice: Practice, statement: Any, **parameters: Any) -> list[str]:
    """The columns recorded for one statement in a transaction of its own."""
    with database.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        session.execute(statement, parameters).all()
    rows = recorded(database)
    assert len(rows) == 1
    return rows[0][1]


OTHER = aliased(Client)
STATEMENTS = {
    "orm": (select(Client), ["client.*"]),
    "columns": (select(Client.email, Client.phone), ["client.email", "client.phone"]),
    "function of a column": (select(func.lower(Client.last_name)), ["client.last_name"]),
    "core": (select(Client.__table__.c.city), ["client.city"]),
    "alias": (select(OTHER.street), ["client.street"]),
    "subquery": (select(select(Client.email).subquery().c.email), ["client.email"]),
    "join": (
        select(GoodFaithExam.valid_until, Client.last_name).join(
            Client, GoodFaithExam.client_id == Client.id
        ),
        ["client.last_name", "good_faith_exam.valid_until"],
    ),
    "filter only": (select(func.count()).select_from(Client).where(Client.phone == "+1"), ["client"]),
    "exists": (select(Location.id).where(select(Client.id).exists()), ["client"]),
    "text": (text("select first_name from client"), ["client.*"]),
    "text column": (select(text("first_name")).select_from(Client.__table__), ["client.*"]),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_columns_read_are_recorded(operational: Database, practice: Practice, name: str) -> None:
    statement, expected = STATEMENTS[name]
    assert read(operational, practice, statement) == expected


def test_returning_is_a_read(operational: Database, practice: Practice) -> None:
    statement = (
        Client.__table__.update()  # type: ignore[attr-defined]
        .where(Client.id == bindparam("one"))
        .values(city="Reno")
        .returning(Client.email)
    )
    assert read(operational, practice, statement, one=practice.client_id) == ["client.email"]


def test_unaudited_tables_are_not_recorded(operational: Database, practice: Practice) -> None:
    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        session.scalars(select(Location)).all()
    assert recorded(operational) == []


def test_a_lazy_load_and_a_refresh_are_recorded(operational: Database, practice: Practice) -> None:
    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        client = session.get_one(Client, (practice.org_id, practice.client_id))
        session.refresh(client, ["email"])
    assert recorded(operational) == [(None, ["client.*", "client.email"], [])]


def test_which_clients_were_returned_is_one_row_and_one_round_trip(
    operational: Database, practice: Practice
) -> None:
    second = make_client(operational, practice.org_id, "Second")
    statements: list[str] = []
    engine = operational.engine("app")
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        open_audit(session, practice.actor, Purpose.TREATMENT)
        rows = session.execute(select(Client.id, Client.email).order_by(Client.last_name)).all()
        record_disclosure(session, practice.actor, "client.list", [row.id for row in rows])
        record_disclosure(session, practice.actor, "client.list", [second])
    assert len([s for s in statements if "audit." in s]) == 2
    (row,) = recorded(operational)
    assert row[0] == "client.list"
    assert row[1] == ["client.email", "client.id"]
    assert sorted(row[2]) == sorted([practice.client_id, second])


def test_a_long_list_becomes_several_rows(operational: Database, practice: Practice) -> None:
    many = [new_id() for _ in range(2500)]
    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.OPERATIONS)
        record_disclosure(session, practice.actor, "segment.members", many)
    rows = recorded(operational)
    assert sorted(len(row[2]) for row in rows) == [500, 1000, 1000]
    assert {one for row in rows for one in row[2]} == set(many)


def test_reads_before_a_savepoint_rollback_stay_in_the_record(
    operational: Database, practice: Practice
) -> None:
    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.TREATMENT)
        with session.begin_nested() as nested:
            session.execute(select(Client.email)).all()
            nested.rollback()
    assert recorded(operational) == [(None, ["client.email"], [])]


def test_nothing_read_in_one_transaction_is_recorded_in_the_next(
    operational: Database, practice: Practice
) -> None:
    with new_session(operational.engine("app")) as session:
        bind_organization(session, practice.org_id)
        open_audit(session, practice.actor, Purpose.TREATMENT)
        session.execute(select(Client.email)).all()
        session.rollback()
        open_audit(session, practice.actor, Purpose.TREATMENT)
        session.execute(select(Client.phone)).all()
        session.commit()
        with pytest.raises(AuditClosed):
            record_disclosure(session, practice.actor, "client.card", [practice.client_id])
    assert recorded(operational) == [(None, ["client.phone"], [])]


def test_rendering_records_and_needs_an_open_audit(operational: Database, practice: Practice) -> None:
    row = {"client_id": practice.client_id, "last_name": "Surname"}
    with operational.session("app", practice.org_id) as session:
        with pytest.raises(AuditClosed):
            render(session, practice.actor, "client.card", Card, row)
        open_audit(session, practice.actor, Purpose.TREATMENT)
        assert render(session, practice.actor, "client.card", Card, row).last_name == "Surname"
        client = session.get_one(Client, (practice.org_id, practice.client_id))
        assert render(session, practice.actor, "client.row", ClientRow, client).id == practice.client_id
        assert render_many(session, practice.actor, "client.search", Card, []) == []
    views = {view: ids for view, _, ids in recorded(operational)}
    assert views == {
        "client.card": [practice.client_id],
        "client.row": [practice.client_id],
        "client.search": [],
    }


@pytest.mark.parametrize(
    "build",
    [Card, Card.model_construct, lambda **values: Card.model_validate(values)],
    ids=["init", "construct", "validate"],
)
def test_a_phi_schema_built_around_the_audit_is_refused(build: Any) -> None:
    with pytest.raises(AuditClosed):
        build(client_id=new_id(), last_name="x")


def test_an_endpoint_returns_phi_schemas_as_they_are_documented(
    operational: Database, practice: Practice
) -> None:
    app = FastAPI()

    @app.get("/card")
    def card() -> list[Card]:
        with operational.session("app", practice.org_id) as session:
            open_audit(session, practice.actor, Purpose.TREATMENT)
            row = {"client_id": practice.client_id, "last_name": "Surname"}
            return render_many(session, practice.actor, "client.card", Card, [row])

    with serving(lambda: app) as server, server.client() as http:
        assert http.get("/card").json() == [{"client_id": str(practice.client_id), "last_name": "Surname"}]
        schemas = http.get("/openapi.json").json()["components"]["schemas"]
    assert sorted(schemas["Card"]["properties"]) == ["client_id", "last_name"]


def test_the_trail_is_read_by_permission_audited_and_within_the_organization(
    operational: Database, practice: Practice
) -> None:
    second = make_practice(operational, "second")
    for one in (practice, second):
        with operational.session("app", one.org_id) as session:
            open_audit(session, one.actor, Purpose.TREATMENT)
            session.execute(select(Client.email)).all()
            record_disclosure(session, one.actor, "client.card", [one.client_id])
    since, until = _hour(operational)
    with operational.session("app", practice.org_id) as session:
        with pytest.raises(AuditClosed):
            read_trail(session, practice.actor, since, until)
        open_audit(session, practice.actor, Purpose.OPERATIONS)
        nobody = actor_of(practice.org_id, practice.staff_id, Permission.CHART_READ)
        with pytest.raises(Forbidden):
            read_trail(session, nobody, since, until)
        rows = read_trail(session, practice.actor, since, until, client_id=practice.client_id)
        assert [(row.views, row.columns, row.client_ids) for row in rows] == [
            (["client.card"], ["client.email"], [practice.client_id])
        ]
        everything = read_trail(session, practice.actor, since, until)
        assert {row.purpose for row in everything} == {"treatment", "operations"}
        assert second.client_id not in {one for row in everything for one in row.client_ids or []}
        page = read_trail(session, practice.actor, since, until, limit=1)
        rest = read_trail(session, practice.actor, since, until, before=(page[0].at, page[0].access_id))
        assert [*page, *rest] == everything


def _hour(database: Database) -> tuple[Any, Any]:
    with database.session("maintenance") as session:
        row = session.execute(text("select now() - interval '1 hour', now() + interval '1 hour'")).one()
        return row[0], row[1]


def test_an_insert_is_not_a_read_of_anybody(operational: Database, practice: Practice) -> None:
    def add(session: TenantSession) -> None:
        session.add(
            Client(
                org_id=practice.org_id, client_key=new_client_key(), first_name="A", last_name="B", flags=[]
            )
        )

    with operational.session("app", practice.org_id) as session:
        open_audit(session, practice.actor, Purpose.OPERATIONS)
        add(session)
    assert all(columns in ([], ["client"]) for _, columns, _ in recorded(operational))
