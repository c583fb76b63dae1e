"""Rules of services, who performs them how: what availability leaves out, booking refuses."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import SoftRule, VisitSource
from operational.booking import errors, offering
from operational.booking.availability import Question, Wanted, next_free
from operational.booking.book import book
from operational.booking.schedule_schemas import (
    PerformerIn,
    PrerequisiteIn,
    RuleIn,
)
from operational.booking.schemas import NewItem, NewVisit
from operational.booking.visit import arrive, complete
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_service,
    add_shift,
    unit,
)
from tests.factories.organization import OrganizationSetUp
from tests.integration.booking.desk import OPEN, booked, does, slots, starts


def rule(setup: OrganizationSetUp, service: uuid.UUID, **values: Any) -> None:
    does(setup, lambda s: offering.set_rule(s, actor_of(setup), service, RuleIn(**values), '"1"'))


def performs(setup: OrganizationSetUp, service: uuid.UUID, staff: uuid.UUID, **values: Any) -> None:
    how = PerformerIn(**values)
    does(setup, lambda s: offering.set_performer(s, actor_of(setup), service, staff, how, None))


def test_lead_time_horizon_and_interval_are_one_rule_for_both(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service = add_service(setup, "Ruled", hands=30)
    rule(setup, service, lead_minutes=60, horizon_days=30, slot_minutes=20)
    with clock.frozen(start):
        assert starts(setup, start, service)[:3] == [60, 80, 100]
        for minutes, broken in ((45, SoftRule.LEAD_TIME), (70, SoftRule.INTERVAL)):
            with pytest.raises(errors.NeedsOverride) as caught:
                booked(setup, start + timedelta(minutes=minutes), service)
            assert broken.value in caught.value.extra["rules"]
        anyway = booked(setup, start + timedelta(minutes=45), service, overrides=tuple(SoftRule))
        told = does(
            setup,
            lambda s: s.execute(
                text("select override from appointment_history where appointment_id = :id"), {"id": anyway.id}
            ).scalar_one(),
        )
        assert told == "interval,lead_time"
    with clock.frozen(start - timedelta(days=31)):
        assert slots(setup, start, service) == []
        with pytest.raises(errors.NeedsOverride) as far:
            booked(setup, start + timedelta(minutes=80), service)
        assert far.value.extra["rules"] == ["horizon"]
    with clock.frozen(start - timedelta(days=31)):
        rule(setup, service, online=False)
        with pytest.raises(errors.NotBookable):
            slots(setup, start, service, online=True)
        with pytest.raises(errors.NotBookable):
            booked(setup, start, service, source=VisitSource.ONLINE)


def test_ages_are_of_the_day_of_the_visit_and_nobody_overrides_them(
    setup: OrganizationSetUp, start: datetime
) -> None:
    service = add_service(setup, "Grown up")
    rule(setup, service, min_age=18)
    birthday = (start + timedelta(days=1)).date()
    young = setup.client()
    with setup.database.session("owner") as session:
        session.execute(
            text("update client set birth_date = :day where id = :id"),
            {"day": birthday.replace(year=birthday.year - 18), "id": young},
        )
    add_shift(setup, start + timedelta(days=1), start + timedelta(days=1) + OPEN)
    assert slots(setup, start, service, client_id=young) == []
    assert slots(setup, start + timedelta(days=1), service, client_id=young)
    with pytest.raises(errors.AgeLimit):
        booked(setup, start, service, client_id=young, overrides=tuple(SoftRule))
    assert booked(setup, start + timedelta(days=1), service, client_id=young).version == 1


def test_a_patch_test_comes_first_and_grows_stale(setup: OrganizationSetUp, start: datetime) -> None:
    patch, service = add_service(setup, "Patch test", hands=15), add_service(setup, "Peel")
    asked = PrerequisiteIn(required_service_id=patch, after_hours=24, within_days=7)
    does(setup, lambda s: offering.set_prerequisites(s, actor_of(setup), service, [asked]))
    client = setup.clients[0]
    for days in (1, 2, 7, 8):
        add_shift(setup, start + timedelta(days=days), start + timedelta(days=days) + OPEN)
    with pytest.raises(errors.NeedsOverride) as missing:
        booked(setup, start, service)
    assert missing.value.extra["rules"] == ["prerequisite"]
    with clock.frozen(start):
        tested = booked(setup, start, patch)
        does(setup, lambda s: arrive(s, actor_of(setup), tested.id))
        does(setup, lambda s: complete(s, actor_of(setup), tested.id))
        free = {
            days: starts(setup, start + timedelta(days=days), service, client_id=client)
            for days in (1, 2, 7, 8)
        }
    # A quarter of an hour of testing, then a day; stale seven days after its end.
    assert (free[1][0], free[2][0], free[7][-1], free[8]) == (15, 0, 15, [])
    with clock.frozen(start):
        with pytest.raises(errors.NeedsOverride):
            booked(setup, start + timedelta(days=7, minutes=30), service)
        assert booked(setup, start + timedelta(days=7, minutes=15), service).status == "booked"


def test_providers_take_their_own_time_and_the_least_booked_comes_first(
    setup: OrganizationSetUp, start: datetime
) -> None:
    slow, never = add_provider(setup), add_provider(setup)
    for one in (slow, never):
        add_shift(setup, start, start + OPEN, staff_id=one)
    service = add_service(setup, "Ruled", hands=30)
    performs(setup, service, slow, provider_minutes=60)
    performs(setup, service, never, performs=False)
    found = slots(setup, start, service)
    assert {one for slot in found for one in slot.provider_ids} == {setup.provider_id, slow}
    assert starts(setup, start, service, provider_id=slow)[-1] == 180
    with pytest.raises(errors.ProviderNotEligible):
        booked(setup, start, service, provider_id=never)
    first = booked(setup, start, service)
    second = booked(setup, start, service, client_id=setup.client())
    length = {row.items[0].provider_id: row.ends_at - row.starts_at for row in (first, second)}
    assert length == {setup.provider_id: timedelta(minutes=30), slow: timedelta(minutes=60)}
    plain = add_service(setup, "Plain", hands=30)
    fair = booked(setup, start + timedelta(hours=2), plain, client_id=setup.client())
    # `never` has nothing booked that day, the others 30 and 60 minutes.
    assert fair.items[0].provider_id == never
    performs(setup, plain, slow, rank=1)
    assert (
        booked(setup, start + timedelta(hours=3), plain, client_id=setup.client()).items[0].provider_id
        == slow
    )


def test_services_of_one_visit_follow_each_other_within_a_quarter_of_an_hour(
    setup: OrganizationSetUp, start: datetime
) -> None:
    other = add_provider(setup)
    add_shift(setup, start + timedelta(minutes=70), start + timedelta(minutes=150), staff_id=other)
    one, two = add_service(setup, "One", hands=30), add_service(setup, "Two", hands=45)
    then = (Wanted(two, other),)
    found = slots(setup, start, one, provider_id=setup.provider_id, then=then)
    # Two may begin between 70 and 105 minutes after the start, One ends 30 minutes after its own.
    assert [(s.starts_at - start) // timedelta(minutes=1) for s in found] == [30, 45, 60, 75]
    assert [(s.items[1].starts_at - s.items[0].ends_at) // timedelta(minutes=1) for s in found] == [
        10,
        0,
        0,
        0,
    ]
    for slot in found:
        items = [
            NewItem(service_id=step.service_id, provider_id=step.provider_id, starts_at=step.starts_at)
            for step in slot.items
        ]
        request = NewVisit(client_id=setup.client(), location_id=setup.location_id, items=items)
        with unit(setup.database, setup) as session:
            assert book(session, actor_of(setup), request).ends_at == slot.ends_at
            session.rollback()
    question = Question(setup.location_id, one, start.date(), start.date(), setup.provider_id, then=then)
    with unit(setup.database, setup) as session:
        assert next_free(session, actor_of(setup), question) == found[0]


def test_the_best_slots_leave_no_gap_that_nothing_fits(setup: OrganizationSetUp, start: datetime) -> None:
    service = add_service(setup, "Hour", hands=60)  # the shortest service of the provider lasts 30 minutes
    best = [(s.starts_at - start) // timedelta(minutes=1) for s in slots(setup, start, service) if s.best]
    assert best == [0, 30, 45, 60, 75, 90, 105, 120, 135, 150, 180]
