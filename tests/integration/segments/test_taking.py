"""Membership handed to the operational store: once, only known clients, one publication shown."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from medspa.kernel import clock
from medspa.kernel.vocabulary import ClientFlag, Permission
from operational.models import (
    Appointment,
    AppointmentItem,
    Client,
    Service,
    TreatmentCategory,
    TreatmentRecord,
)
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database
from tests.support.together import together

NOW = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 3, 2)
CODE = "neurotoxin_due_14_days"
ROUNDS = 20
Take = Callable[..., int]


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


def key_of(database: Database, client_id: uuid.UUID) -> uuid.UUID:
    with database.session("owner") as session:
        return session.query(Client).filter_by(id=client_id).one().client_key


def take(
    database: Database,
    org_id: uuid.UUID,
    keys: list[uuid.UUID],
    *,
    batch: int = 1,
    as_of: dt.date = AS_OF,
    version: int = 1,
    booked: str = "any",
    categories: Sequence[str] = (),
) -> int:
    """Hand a membership over as the publishing role, on a connection of its own."""
    members = [{"client_key": str(key), "due_on": str(as_of), "reason": "neurotoxin_due"} for key in keys]
    with psycopg.connect(database.dsn("publish"), autocommit=True) as connection:
        row = connection.execute(
            "select directory.take_segment(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                org_id,
                uuid.uuid4(),
                CODE,
                version,
                as_of,
                batch,
                True,
                Jsonb(members),
                NOW,
                booked,
                list(categories),
            ),
        ).fetchone()
    assert row is not None
    return int(row[0])


def publications(database: Database, org_id: uuid.UUID) -> list[tuple[Any, ...]]:
    """(batch, as of, version, members told, members kept, shown) of every publication."""
    connection = database.connect("owner")
    rows = connection.execute(
        "select p.batch_id, p.as_of, p.definition_version, p.member_count,"
        " (select count(*) from segment_member m where m.publication_id = p.id), p.current"
        " from segment_publication p where p.org_id = %s order by p.batch_id, p.as_of, p.definition_version",
        (org_id,),
    ).fetchall()
    connection.rollback()
    return rows


def test_the_same_membership_is_taken_once(operational: Database, made: OrganizationSetUp) -> None:
    keys = [key_of(operational, made.clients[0])]
    assert [take(operational, made.org_id, keys) for _ in range(3)] == [1, 1, 1]
    assert take(operational, made.org_id, []) == 1
    assert publications(operational, made.org_id) == [(1, AS_OF, 1, 1, 1, True)]


def test_a_later_batch_date_or_definition_takes_its_place(
    operational: Database, made: OrganizationSetUp
) -> None:
    keys = [key_of(operational, made.clients[0])]
    later = AS_OF + dt.timedelta(days=1)
    take(operational, made.org_id, keys)
    take(operational, made.org_id, [], batch=2)
    take(operational, made.org_id, keys, batch=2, as_of=later)
    take(operational, made.org_id, [], batch=2, as_of=later, version=2)
    assert publications(operational, made.org_id) == [
        (1, AS_OF, 1, 1, 1, False),
        (2, AS_OF, 1, 0, 0, False),
        (2, later, 1, 1, 1, False),
        (2, later, 2, 0, 0, True),
    ]
    take(operational, made.org_id, keys, batch=2, as_of=later)
    assert [row[-1] for row in publications(operational, made.org_id)] == [False, False, True, False]


def test_keys_of_others_and_of_nobody_are_dropped(operational: Database, made: OrganizationSetUp) -> None:
    other = organization(operational)
    mine, theirs = (key_of(operational, one.clients[0]) for one in (made, other))
    assert take(operational, made.org_id, [theirs, mine, uuid.uuid4()]) == 1
    connection = operational.connect("owner")
    kept = connection.execute("select org_id, client_key, position from segment_member").fetchall()
    assert kept == [(made.org_id, mine, 2)]
    assert publications(operational, other.org_id) == []


def contest(database: Database, made: OrganizationSetUp) -> list[int]:
    """Per round, how many publications are shown after two were handed over at once."""
    keys = [key_of(database, made.clients[0])]
    shown = []
    for number in range(ROUNDS):
        batches = (2 * number + 1, 2 * number + 2)
        outcomes = together(
            [lambda batch=batch: take(database, made.org_id, keys, batch=batch) for batch in batches]  # type: ignore[misc]
        )
        assert [one for one in outcomes if isinstance(one, Exception)] == []
        shown.append(sum(row[-1] for row in publications(database, made.org_id)))
    return shown


def test_of_two_at_once_one_is_shown(operational: Database, made: OrganizationSetUp) -> None:
    assert contest(operational, made) == [1] * ROUNDS


def test_without_the_lock_two_are_shown(operational: Database, made: OrganizationSetUp) -> None:
    """Control: the same contest with the line taken out that makes one wait for the other."""
    connection = operational.connect("owner", autocommit=True)
    (function,) = connection.execute(
        "select pg_get_functiondef(oid) from pg_proc where proname = 'take_segment'"
    ).fetchone() or ("",)
    lines = [line for line in function.splitlines() if "pg_advisory_xact_lock" not in line]
    assert len(lines) == len(function.splitlines()) - 1
    connection.execute("\n".join(lines).encode())
    assert max(contest(operational, made)) > 1


@pytest.mark.parametrize(
    "statement",
    [
        "select * from client",
        "select * from segment_member",
        "select * from segment_publication",
        "insert into segment_member (org_id, id) values (gen_random_uuid(), gen_random_uuid())",
        "select directory.organizations()",
    ],
)
def test_the_publishing_role_can_do_nothing_else(operational: Database, statement: str) -> None:
    connection = operational.connect("publish")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["app", "extract", "maintenance", "backup"])
def test_no_other_role_publishes(operational: Database, made: OrganizationSetUp, role: str) -> None:
    connection = operational.connect(role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "select directory.take_segment(%s, %s, 'x', 1, %s, 1, true, '[]'::jsonb, %s)",
            (made.org_id, uuid.uuid4(), AS_OF, NOW),
        )


def test_who_may_not_be_written_to_is_marked(
    operational: Database, made: OrganizationSetUp, make_settings: Any
) -> None:
    flagged = {
        ClientFlag.DECEASED: ["deceased"], ClientFlag.DO_NOT_TREAT: ["do_not_treat"],
        ClientFlag.MINOR: ["minor"], ClientFlag.NO_RECALL: ["no_recall"], ClientFlag.VIP: [],
    }  # fmt: skip
    expected: dict[str, list[str]] = {str(made.clients[0]): ["merged"]}
    for number, (flag, reasons) in enumerate(flagged.items()):
        client = made.client("Ada", f"Example {number}")
        with operational.session("owner") as session:
            session.query(Client).filter_by(id=client).update({"flags": [flag.value]})
        expected[str(client)] = reasons
    with operational.session("owner") as session:
        session.query(Client).filter_by(id=made.clients[0]).update({"merged_into_id": made.clients[1]})
    keys = [key_of(operational, client) for client in made.clients]
    today = clock.now().date()
    assert take(operational, made.org_id, keys, as_of=today) == len(keys)
    with client_of(make_settings(operational)) as http:
        shown = http.get(f"/v1/segments/{CODE}/members", headers=made.headers).json()["items"]
        small = http.get("/v1/segments", headers=made.headers).json()["items"]
        keys += [key_of(operational, made.client()) for _ in range(11 - len(keys))]
        take(operational, made.org_id, keys, batch=2, as_of=today)
        told = http.get("/v1/segments", headers=made.headers).json()["items"]
        nobody = http.get(f"/v1/segments/{CODE}/members", headers=made.key([Permission.SEGMENT_MEMBERS]))
    assert {one["client_id"]: one["suppressed"] for one in shown} == expected
    assert [one["client_id"] for one in shown] == [str(client) for client in made.clients[: len(shown)]]
    assert (small[0]["members"], told[0]["members"]) == ("< 11", "11")
    assert nobody.status_code == 403


def visit(made: OrganizationSetUp, client: uuid.UUID, starts_at: dt.datetime, status: str) -> list[Any]:
    """An appointment of the setting's service with its item, and without the claims that a booking makes."""
    head = {"org_id": made.org_id, "id": uuid.uuid4(), "created_at": starts_at}
    times = {"starts_at": starts_at, "ends_at": starts_at + dt.timedelta(minutes=30)}
    appointment = Appointment(
        **head, **times, client_id=client, location_id=made.location_id, business_date=starts_at.date(),
        status=status, source="import", booked_at=starts_at - dt.timedelta(days=1),
    )  # fmt: skip
    item = AppointmentItem(
        **{**head, "id": uuid.uuid4()}, **times, appointment_id=appointment.id, position=1,
        service_id=made.service_id, provider_id=made.provider_id, provider_ends_at=times["ends_at"],
        performed=status == "completed",
    )  # fmt: skip
    return [appointment, item]


def test_what_happened_since_keeps_a_member_from_being_written_to(
    operational: Database, made: OrganizationSetUp, make_settings: Any
) -> None:
    now = clock.now()
    booked, cancelled, seen, treated = (made.client("Ada", f"Example {number}") for number in range(4))
    with operational.session("owner") as session:
        service = session.query(Service).filter_by(id=made.service_id).one()
        category = session.query(TreatmentCategory).filter_by(id=service.category_id).one()
        code = category.code
        rows = [
            *visit(made, booked, now + dt.timedelta(days=3), "booked"),
            *visit(made, cancelled, now + dt.timedelta(days=3), "cancelled"),
            *visit(made, seen, now - dt.timedelta(hours=1), "completed"),
        ]
        for row in rows:
            session.add(row)
            session.flush()
        session.add(
            TreatmentRecord(
                org_id=made.org_id,
                id=uuid.uuid4(),
                created_at=now,
                client_id=treated,
                location_id=made.location_id,
                provider_id=made.provider_id,
                category_id=category.id,
                intent="full",
                source="imported",
                performed_at=now,
                business_date=now.date(),
                status="signed",
                signed_at=now,
            )
        )
    keys = [key_of(operational, client) for client in (booked, cancelled, seen, treated)]
    yesterday = now.date() - dt.timedelta(days=1)
    asked: dict[str, dict[str, Any]] = {
        "its category": {"booked": "same_category", "categories": [code]},
        "another category": {"booked": "same_category", "categories": ["another"]},
        "any": {"booked": "any"},
        "none": {"booked": "none"},
        "long ago": {"booked": "none", "as_of": yesterday - dt.timedelta(days=7), "categories": ["another"]},
    }
    found = {}
    with client_of(make_settings(operational)) as http:
        for batch, (name, rules) in enumerate(asked.items(), start=1):
            take(operational, made.org_id, keys, batch=batch, **{"as_of": yesterday, **rules})
            shown = http.get(f"/v1/segments/{CODE}/members", headers=made.headers).json()["items"]
            found[name] = [one["suppressed"] for one in shown]
    assert found == {
        "its category": [["future_booking"], [], [], ["treated_since"]],
        "another category": [[], [], [], []],
        "any": [["future_booking"], [], ["treated_since"], []],
        "none": [[], [], ["treated_since"], []],
        "long ago": [["stale_segment"]] * 4,
    }
