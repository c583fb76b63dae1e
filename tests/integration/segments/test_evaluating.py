"""Segments over hand-written marts: which clients are due, on certified data, replaced as a whole."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import psycopg
import pytest

from medspa.kernel.settings import Settings
from medspa.local.segments import evaluate
from segments.catalogue import definition, definitions
from segments.compile import compile_segment
from segments.evaluate import DataNotCertified
from segments.grammar import FIELDS, SegmentDefinition
from tests.factories.marts import Marts
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database

AS_OF = dt.date(2026, 3, 2)
ONE = dt.timedelta(days=1)
CODE = "neurotoxin_due_14_days"


@pytest.fixture
def marts(warehouse: Database) -> Marts:
    return Marts(warehouse.connect("build", autocommit=True))


@pytest.fixture
def made(operational: Database, marts: Marts) -> OrganizationSetUp:
    made = organization(operational)
    marts.publish(made.org_id, batch_id=3, certified=3)
    return made


def cycle(marts: Marts, org_id: uuid.UUID, due_on: dt.date | None, **values: Any) -> uuid.UUID:
    """A client's running neurotoxin cycle."""
    client_key: uuid.UUID = values.pop("client_key", None) or uuid.uuid4()
    row = {"category_code": "neurotoxin", "status": "running", "category_id": uuid.uuid4(), **values}
    marts.write("client_cycle", org_id, client_key=client_key, due_on=due_on, **row)
    return client_key


def members(warehouse: Database) -> list[tuple[Any, ...]]:
    connection = warehouse.connect("build", autocommit=True)
    return connection.execute(
        "select org_id, segment_code, client_key, due_on, reason, as_of, batch_id, definition_version"
        " from marts.segment_member order by due_on, client_key"
    ).fetchall()


def test_who_is_due_in_the_next_14_days(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts
) -> None:
    org = made.org_id
    today, last = cycle(marts, org, AS_OF), cycle(marts, org, AS_OF + 13 * ONE)
    for due_on in (AS_OF - ONE, AS_OF + 14 * ONE, None):
        cycle(marts, org, due_on)
    cycle(marts, org, AS_OF, status="ended")
    cycle(marts, org, AS_OF, category_code="ha_filler")
    cycle(marts, uuid.uuid4(), AS_OF)
    twice = cycle(marts, org, AS_OF + 5 * ONE)
    cycle(marts, org, AS_OF + 2 * ONE, client_key=twice)
    (done,) = evaluate(settings, org, AS_OF, definition(CODE))
    found = [(key, due_on) for _, _, key, due_on, *_ in members(warehouse)]
    assert found == [(today, AS_OF), (twice, AS_OF + 2 * ONE), (last, AS_OF + 13 * ONE)]
    assert {row[4:] for row in members(warehouse)} == {("neurotoxin_due", AS_OF, 3, 1)}
    # None of these keys is a client of the operational store, so it took none of them.
    assert (done.batch_id, done.members) == (3, 0)


def test_an_evaluation_replaces_the_one_before(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts
) -> None:
    cycle(marts, made.org_id, AS_OF)
    stays = cycle(marts, made.org_id, AS_OF + 10 * ONE)
    neighbour = uuid.uuid4()
    marts.write("segment_member", neighbour, segment_code=CODE)
    evaluate(settings, made.org_id, AS_OF, definition(CODE))
    first = members(warehouse)
    evaluate(settings, made.org_id, AS_OF, definition(CODE))
    assert members(warehouse) == first
    evaluate(settings, made.org_id, AS_OF + ONE, definition(CODE))
    rest = {row[2] for row in members(warehouse) if row[0] == made.org_id}
    assert rest == {stays}
    assert [row[0] for row in members(warehouse) if row[0] == neighbour] == [neighbour]


def sizes(warehouse: Database, code: str) -> list[tuple[Any, ...]]:
    connection = warehouse.connect("build", autocommit=True)
    return connection.execute(
        "select as_of, members, entered, left_since from marts.segment_size where segment_code = %s"
        " order by as_of",
        (code,),
    ).fetchall()


def test_how_a_segment_changes_is_kept(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts
) -> None:
    cycle(marts, made.org_id, AS_OF)
    cycle(marts, made.org_id, AS_OF + 10 * ONE)
    cycle(marts, made.org_id, AS_OF + 14 * ONE)
    for day in (AS_OF, AS_OF, AS_OF + ONE):
        evaluate(settings, made.org_id, day, definition(CODE))
    assert sizes(warehouse, CODE) == [(AS_OF, 2, 2, 0), (AS_OF + ONE, 2, 1, 1)]


def profile(marts: Marts, org_id: uuid.UUID, **values: Any) -> uuid.UUID:
    """A client who came once, a year ago, with nothing booked."""
    client_key = uuid.uuid4()
    nothing = dict.fromkeys(("next_appointment_on", "last_booked_on", "last_missed_on", "lapses_after"))
    flags = {"is_missed_since_visit": False, "is_provider_departed": False}
    seen = {"first_visit_on": AS_OF - 365 * ONE, "last_visit_on": AS_OF - 365 * ONE, "visits": 1}
    marts.write("client_profile", org_id, client_key=client_key, **{**nothing, **flags, **seen, **values})
    return client_key


def test_the_visits_segments_hold_whom_they_describe(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts
) -> None:
    org = made.org_id
    profile(marts, org)
    yesterday = {"last_visit_on": AS_OF - ONE, "visits": 4}
    left = profile(marts, org, **yesterday)
    booked = profile(marts, org, **yesterday, last_booked_on=AS_OF + ONE)
    # A booking whose day is over is no booking any more.
    stale = profile(marts, org, **yesterday, last_booked_on=AS_OF - ONE)
    once = profile(marts, org, first_visit_on=AS_OF - 60 * ONE, last_visit_on=AS_OF - 60 * ONE)
    profile(marts, org, first_visit_on=AS_OF - 59 * ONE, last_visit_on=AS_OF - 59 * ONE)
    missed = {"last_missed_on": AS_OF - 14 * ONE}
    away = profile(marts, org, **missed, is_missed_since_visit=True)
    profile(marts, org, **missed)
    orphan = profile(marts, org, is_provider_departed=True, last_visit_on=AS_OF - 100 * ONE, visits=9)
    lapsed = profile(marts, org, lapses_after=AS_OF - ONE)
    profile(marts, org, lapses_after=AS_OF)
    evaluate(settings, org, AS_OF)
    found: dict[str, set[uuid.UUID]] = {}
    for _, code, key, *_ in members(warehouse):
        found.setdefault(code, set()).add(key)
    assert found == {
        "left_without_next": {left, stale},
        "review_request": {left, stale, booked},
        "new_without_second_visit": {once},
        "missed_not_rebooked": {away},
        "departed_provider": {orphan},
        "lapsed": {lapsed},
    }


def test_neurotoxin_bands_by_months_past_due(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts
) -> None:
    past = {"contact_from": AS_OF - 900 * ONE, "contact_until": AS_OF - 800 * ONE}
    past["last_full_on"] = past["contact_from"]
    due = (dt.date(2026, 2, 3), dt.date(2026, 2, 2), dt.date(2025, 10, 3), dt.date(2025, 10, 2))
    keys = [
        cycle(marts, made.org_id, one, **past) for one in (*due, dt.date(2024, 8, 2), dt.date(2020, 1, 1))
    ]
    evaluate(settings, made.org_id, AS_OF)
    found = {key: code for _, code, key, *_ in members(warehouse)}
    assert [found.get(key) for key in keys] == [
        None,
        "neurotoxin_lapsed_1_4",
        "neurotoxin_lapsed_1_4",
        "neurotoxin_lapsed_5_8",
        "neurotoxin_lapsed_19_up",
        "neurotoxin_lapsed_19_up",
    ]


@pytest.mark.parametrize("certified", [None, 2])
def test_only_certified_data_is_evaluated(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts, certified: int | None
) -> None:
    cycle(marts, made.org_id, AS_OF)
    marts.publish(made.org_id, batch_id=3, certified=certified)
    with pytest.raises(DataNotCertified):
        evaluate(settings, made.org_id, AS_OF)
    assert members(warehouse) == []
    with pytest.raises(DataNotCertified):
        evaluate(settings, uuid.uuid4(), AS_OF)


@pytest.mark.parametrize("code", definitions())
def test_every_shipped_definition_runs(warehouse: Database, code: str) -> None:
    compiled = compile_segment(definition(code), uuid.uuid4(), AS_OF)
    connection = warehouse.connect("build")
    assert connection.execute(compiled.sql.encode(), compiled.parameters).fetchall() == []


@pytest.mark.parametrize(("mart", "field"), [(mart, field) for mart in FIELDS for field in FIELDS[mart]])
def test_every_field_that_can_be_asked_for_is_in_its_mart(warehouse: Database, mart: str, field: str) -> None:
    asked = SegmentDefinition.model_validate(
        {
            "code": "any_field", "version": 1, "group": "cycle", "label": "Any field", "mart": mart,
            "description": "Asks for one field only.", "reason": "any_reason",
            "where": [{"field": field, "known": True}],
        }
    )  # fmt: skip
    compiled = compile_segment(asked, uuid.uuid4(), AS_OF)
    connection = warehouse.connect("build")
    assert connection.execute(compiled.sql.encode(), compiled.parameters).fetchall() == []


def test_what_is_asked_for_is_bound_never_pasted(warehouse: Database) -> None:
    poison = "x'; drop table marts.segment_member; --"
    asked = definition(CODE).model_dump()
    asked["where"][0]["one_of"] = [poison]
    compiled = compile_segment(SegmentDefinition.model_validate(asked), uuid.uuid4(), AS_OF)
    assert poison not in compiled.sql
    with psycopg.connect(warehouse.dsn("build")) as connection:
        assert connection.execute(compiled.sql.encode(), compiled.parameters).fetchall() == []
        assert connection.execute("select to_regclass('marts.segment_member')").fetchone() != (None,)
