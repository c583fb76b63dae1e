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
from segments.grammar import FIELDS, FieldKind, SegmentDefinition
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


def holder(marts: Marts, org_id: uuid.UUID, mart: str, **values: Any) -> uuid.UUID:
    """A client with one row of a mart of balances; dates that are not given are unknown."""
    client_key = uuid.uuid4()
    dates = {name: None for name, kind in FIELDS[mart].items() if kind is FieldKind.DATE}
    required: dict[str, dict[str, Any]] = {
        "fct_package": {"sold_on": AS_OF, "idle_since": AS_OF, "package_id": uuid.uuid4()},
        "fct_membership": {"joined_on": AS_OF, "membership_id": uuid.uuid4(), "status": "active"},
        "client_balance": {"gift_cards_held": 0},
    }
    row = {**dates, **required[mart], **values}
    marts.write(mart, org_id, client_key=client_key, **row)
    return client_key


def test_the_balances_segments_hold_whom_they_describe(
    settings: Settings, warehouse: Database, made: OrganizationSetUp, marts: Marts
) -> None:
    org, old = made.org_id, AS_OF - 61 * ONE
    left = {"left_milli": 1_000, "sessions_left": 1, "units_left_milli": 0}
    last = holder(marts, org, "fct_package", **left)
    expiring = holder(marts, org, "fct_package", **left, expires_on=AS_OF + 29 * ONE)
    holder(marts, org, "fct_package", **left, expires_on=AS_OF - ONE)
    holder(marts, org, "fct_package", **{**left, "sessions_left": 2})
    units = {"left_milli": 9_000, "sessions_left": 1, "units_left_milli": 8_000}
    idle = holder(marts, org, "fct_package", **units, idle_since=AS_OF - 90 * ONE)
    holder(marts, org, "fct_package", **units, idle_since=AS_OF - 89 * ONE, expires_on=AS_OF + 30 * ONE)
    nothing = {"left_milli": 0, "sessions_left": 0, "units_left_milli": 0}
    holder(marts, org, "fct_package", **nothing, idle_since=old, expires_on=AS_OF)
    renewing = holder(marts, org, "fct_membership", next_bill_on=AS_OF + 6 * ONE)
    holder(marts, org, "fct_membership", next_bill_on=AS_OF + 7 * ONE)
    failed = holder(marts, org, "fct_membership", status="past_due", unpaid_since=AS_OF - ONE)
    holder(marts, org, "fct_membership", status="cancelled", unpaid_since=AS_OF - ONE)
    banked = holder(marts, org, "fct_membership", credits_left_milli=1, credits_expire_on=AS_OF)
    carded = holder(marts, org, "client_balance", gift_cards_held=1, gift_card_idle_since=AS_OF - 30 * ONE)
    holder(marts, org, "client_balance", gift_cards_held=1, gift_card_idle_since=AS_OF - 29 * ONE)
    credited = holder(marts, org, "client_balance", credit_idle_since=old)
    unseen = holder(marts, org, "client_balance", member_since=AS_OF - 60 * ONE)
    away = holder(marts, org, "client_balance", member_since=old, last_visit_on=AS_OF - 60 * ONE)
    holder(
        marts, org, "client_balance", member_since=old, last_visit_on=AS_OF - 59 * ONE, dues_spent_since=old
    )
    lapsed = holder(marts, org, "client_balance", membership_ended_on=AS_OF - ONE, dues_spent_since=old)
    holder(marts, org, "client_balance", membership_ended_on=AS_OF, dues_spent_since=AS_OF)
    paying = holder(marts, org, "client_balance", dues_spent_since=AS_OF - 365 * ONE)
    evaluate(settings, org, AS_OF)
    found: dict[str, set[uuid.UUID]] = {}
    for _, code, key, *_ in members(warehouse):
        found.setdefault(code, set()).add(key)
    assert found == {
        "package_last_session": {last, expiring},
        "package_expiring_30_days": {expiring},
        "package_unused_90_days": {idle},
        "membership_renewing_7_days": {renewing},
        "membership_dues_failed": {failed},
        "membership_credits_expiring": {banked},
        "gift_card_unused": {carded},
        "account_credit_unused": {credited},
        "member_not_seen_60_days": {unseen, away},
        "membership_lapsed": {lapsed},
        "membership_would_pay": {lapsed, paying},
    }
    assert set(found) == {one.code for one in definitions().values() if one.group == "balances"}


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
