"""On calendars at random, availability names the starts that generated slots with NOT EXISTS name."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import ResourceKind
from operational.booking.availability import Question, availability
from operational.booking.shape import Shape
from tests.factories.booking import actor_of, add_provider, add_resource, add_service, next_weekday
from tests.factories.generated_slots import Search, generated_slots
from tests.factories.organization import TIMEZONE, OrganizationSetUp, organization
from tests.support.databases import Database

CALENDARS = 8
DAYS = 2
SHAPES = [Shape(30, 0, 0, 0, 0), Shape(25, 0, 0, 10, 5), Shape(20, 25, 10, 5, 10), Shape(15, 40, 0, 5, 0)]

CLEAR = [text(f"delete from {table}") for table in ("occupancy", "time_off", "shift")]
SHIFT = text(
    "insert into shift (org_id, id, staff_id, location_id, starts_at, ends_at, active, created_at)"
    " values (:org, gen_random_uuid(), :subject, :location, :low, :high, :active, now())"
)
OFF = text(
    "insert into time_off (org_id, id, subject_kind, subject_id, location_id, starts_at, ends_at, status,"
    " reason, paid, created_at)"
    " values (:org, gen_random_uuid(), :kind, :subject, :location, :low, :high, :status, 'other', false,"
    " now())"
)
CLAIM = text(
    """
    insert into occupancy (org_id, id, appointment_id, hold_id, expires_at, subject_kind, subject_id, during,
        starts_at, ends_at, hard, active, created_at)
    values (:org, gen_random_uuid(), :visit, :hold, :expires, :kind, :subject, tstzrange(:low, :high), :low,
        :high, :hard, :active, now())
    on conflict do nothing
    """
)


class Calendar:
    """Shifts, time off and claims by a seed, on any minute; written past what keeps them in order."""

    def __init__(self, setup: OrganizationSetUp, seed: int) -> None:
        self.setup, self.chance = setup, random.Random(seed)
        self.zero = next_weekday(hour=12)

    def span(self, longest: int) -> dict[str, datetime]:
        low = self.zero + timedelta(minutes=self.chance.randrange(-600, DAYS * 1440))
        return {"low": low, "high": low + timedelta(minutes=self.chance.randrange(1, longest))}

    def draw(self, providers: list[uuid.UUID], rooms: list[uuid.UUID]) -> None:
        subjects = [("provider", one) for one in providers] + [("room", one) for one in rooms]
        chance, base = self.chance, {"org": self.setup.org_id, "location": self.setup.location_id}
        with self.setup.database.session("admin") as session:
            session.execute(text("set local session_replication_role = replica"))
            for statement in CLEAR:
                session.execute(statement)
            shifts = [
                {**base, **self.span(900), "subject": one, "active": chance.random() < 0.9}
                for one in providers
                for _ in range(6)
            ]
            session.execute(SHIFT, shifts)
            session.execute(OFF, [
                {**base, **self.span(300), "kind": kind, "subject": one,
                 "status": chance.choice(["approved", "requested"])}
                for kind, one in chance.sample(subjects, 3)
            ])  # fmt: skip
            claims = []
            for _ in range(110):
                kind, one = chance.choice(subjects)
                held = chance.random() < 0.2
                expires = clock.now() + timedelta(minutes=chance.choice([-5, 5]))
                claims.append({
                    **base, **self.span(120), "kind": kind, "subject": one,
                    "visit": None if held else uuid.uuid4(), "hold": uuid.uuid4() if held else None,
                    "expires": expires if held else None,
                    "hard": chance.random() < 0.7, "active": chance.random() < 0.9,
                })  # fmt: skip
            session.execute(CLAIM, claims)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_availability_lists_what_generated_slots_list(operational_module: Database, shape: Shape) -> None:
    setup = organization(operational_module, locations=1)
    providers = [setup.provider_id, *(add_provider(setup) for _ in range(2))]
    rooms = [add_resource(setup, f"Drawn {n}", tag="drawn") for n in range(2)]
    service = add_service(
        setup, "Drawn", needs=[(ResourceKind.ROOM, "drawn")], hands=shape.hands, processing=shape.processing,
        finishing=shape.finishing, before=shape.before, after=shape.after,
    )  # fmt: skip
    search = Search(setup.location_id, shape, providers, rooms)
    found = 0
    for seed in range(CALENDARS):
        calendar = Calendar(setup, seed)
        calendar.draw(providers, rooms)
        day = calendar.zero.date()
        question = Question(setup.location_id, service, day, day + timedelta(days=DAYS - 1), limit=10_000)
        with operational_module.session("app", setup.org_id) as session:
            slots, more = availability(session, actor_of(setup), question)
            midnight = clock.from_local(datetime.combine(day, time()), TIMEZONE)
            end = midnight + timedelta(days=DAYS)
            expected = generated_slots(session, search, midnight, end, clock.now())
        listed = sorted((slot.starts_at.astimezone(UTC), one) for slot in slots for one in slot.provider_ids)
        assert not more
        assert listed == [(at.astimezone(UTC), one) for at, one in expected]
        found += len(listed)
    assert found > CALENDARS * 10
