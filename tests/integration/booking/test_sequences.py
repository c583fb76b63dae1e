"""No sequence of operations leaves two active claims overlapping or a visit without its claims."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import OffSubject, ResourceKind, SoftRule, TimeOffReason
from operational.booking import book, cancel, groups, hold, items, move, queries, time_off, undo, visit
from operational.booking.group_schemas import NewSeries
from operational.booking.queries import VisitRow
from operational.booking.schedule_schemas import NewTimeOff
from operational.booking.schemas import Move, MovedItem, NewHold, NewItem, NewVisit, Restore
from operational.etag import etag
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_resource,
    add_service,
    add_shift,
    next_weekday,
    unit,
    violations,
)
from tests.factories.organization import organization
from tests.support.databases import Database, Servers

Made = TypeVar("Made")
SLOTS = st.integers(0, 7)
"""Quarters of an hour after the start of a day: few, so that visits meet."""


class Practice:
    """Two providers, two rooms, one device; services with and without processing, buffers and needs."""

    def __init__(self, database: Database) -> None:
        self.setup = organization(database, locations=1)
        self.providers = [self.setup.provider_id, add_provider(self.setup)]
        self.days = itertools.count(1)
        self.rooms = [self.setup.rooms[0], add_resource(self.setup, "Room 2")]
        add_resource(self.setup, "Laser", kind=ResourceKind.DEVICE, tag="laser")
        room, laser = (ResourceKind.ROOM, "injection"), (ResourceKind.DEVICE, "laser")
        self.services = [
            add_service(self.setup, "Plain"),
            add_service(self.setup, "Roomed", needs=[room], hands=15, processing=15, finishing=15, after=10),
            add_service(self.setup, "Lasered", needs=[room, laser], hands=45, before=15),
        ]
        self.clients = [self.setup.clients[0], self.setup.client(), self.setup.client()]

    def next_day(self) -> datetime:
        """The start of a day of its own, so that a sequence runs the same when it is run again."""
        start = next_weekday() + timedelta(days=next(self.days))
        for provider in self.providers:
            add_shift(self.setup, start - timedelta(hours=1), start + timedelta(hours=5), staff_id=provider)
        return start


class Desk(RuleBasedStateMachine):
    """A desk that tries everything at once. What is refused must change nothing."""

    practice: Practice
    visits: Bundle[uuid.UUID] = Bundle("visits")

    def __init__(self) -> None:
        super().__init__()
        self.start = self.practice.next_day()

    def attempt(self, work: Callable[[TenantSession], Made], at: int = 0) -> Made | None:
        with clock.frozen(self.start + timedelta(minutes=15 * at - 60)):
            try:
                with unit(self.practice.setup.database, self.practice.setup) as session:
                    return work(session)
            except DomainError:
                return None

    @rule(
        target=visits,
        start=SLOTS,
        items=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, 0, 1])), min_size=1, max_size=2),
        parallel=st.booleans(),
        client=st.integers(0, 2),
        squeeze=st.booleans(),
    )
    def books(
        self, start: int, items: list[tuple[int, int | None]], parallel: bool, client: int, squeeze: bool
    ) -> uuid.UUID | MultipleResults[uuid.UUID]:
        at = self.start + timedelta(minutes=15 * start)
        wanted = [
            NewItem(
                service_id=self.practice.services[service],
                provider_id=None if provider is None else self.practice.providers[provider],
                starts_at=at if parallel else None,
            )
            for service, provider in items
        ]
        request = NewVisit(
            client_id=self.practice.clients[client],
            location_id=self.practice.setup.location_id,
            starts_at=at,
            items=wanted,
            overrides=tuple(SoftRule) if squeeze else (),
        )
        row = self.attempt(lambda session: book.book(session, actor_of(self.practice.setup), request))
        return multiple() if row is None else row.id

    @rule(
        target=visits,
        id_=visits,
        start=SLOTS,
        provider=st.sampled_from([None, 0, 1]),
        room=st.sampled_from([None, 0, 1]),
        by=st.sampled_from(["client", "practice"]),
        squeeze=st.booleans(),
    )
    def moves(
        self, id_: uuid.UUID, start: int, provider: int | None, room: int | None, by: str, squeeze: bool
    ) -> uuid.UUID | MultipleResults[uuid.UUID]:
        def work(session: TenantSession) -> VisitRow:
            row = queries.visit(session, id_)
            change = {
                "item_id": row.items[0].id,
                "provider_id": None if provider is None else self.practice.providers[provider],
                "resource_ids": None if room is None else [self.practice.rooms[room]],
            }
            request = Move.model_validate(
                {
                    "starts_at": self.start + timedelta(minutes=15 * start),
                    "items": [change],
                    "by": by,
                    "overrides": tuple(SoftRule) if squeeze else (),
                }
            )
            return move.move(session, actor_of(self.practice.setup), id_, request, etag(row))

        row = self.attempt(work)
        return multiple() if row is None or row.id == id_ else row.id

    @rule(id_=visits, by=st.sampled_from(["client", "practice"]))
    def cancels(self, id_: uuid.UUID, by: str) -> None:
        actor = actor_of(self.practice.setup)
        how = "client" if by == "client" else "practice"
        self.attempt(lambda session: cancel.cancel(session, actor, id_, by=how))  # type: ignore[arg-type]

    @rule(id_=visits, squeeze=st.booleans())
    def restores(self, id_: uuid.UUID, squeeze: bool) -> None:
        request = Restore(overrides=tuple(SoftRule) if squeeze else ())
        self.attempt(lambda session: move.restore(session, actor_of(self.practice.setup), id_, request))

    @rule(
        id_=visits,
        step=st.sampled_from([visit.confirm, visit.arrive, visit.complete, visit.left, cancel.no_show]),
        at=st.integers(0, 12),
    )
    def go_on(self, id_: uuid.UUID, step: Callable[..., VisitRow], at: int) -> None:
        self.attempt(lambda session: step(session, actor_of(self.practice.setup), id_), at)

    @rule(id_=visits)
    def takes_back(self, id_: uuid.UUID) -> None:
        actor = actor_of(self.practice.setup)
        self.attempt(lambda s: undo.undo(s, actor, id_, etag(queries.visit(s, id_))))

    @rule(id_=visits, service=st.integers(0, 2), minutes=st.sampled_from([None, 15, 60]))
    def gains_a_service(self, id_: uuid.UUID, service: int, minutes: int | None) -> None:
        item = NewItem(service_id=self.practice.services[service], minutes=minutes)
        actor = actor_of(self.practice.setup)
        self.attempt(lambda s: items.add_items(s, actor, id_, [item], (), etag(queries.visit(s, id_))))

    @rule(id_=visits)
    def loses_a_service(self, id_: uuid.UUID) -> None:
        def work(session: TenantSession) -> VisitRow:
            row = queries.visit(session, id_)
            return items.remove_item(session, actor_of(self.practice.setup), id_, row.items[0].id, etag(row))

        self.attempt(work)

    @rule(id_=visits, minutes=st.sampled_from([10, 20, 45, 90]))
    def lasts_longer_or_shorter(self, id_: uuid.UUID, minutes: int) -> None:
        def work(session: TenantSession) -> VisitRow:
            row = queries.visit(session, id_)
            change = Move(items=[MovedItem(item_id=row.items[-1].id, minutes=minutes)])
            return move.move(session, actor_of(self.practice.setup), id_, change, etag(row))

        self.attempt(work)

    @rule(start=SLOTS, provider=st.integers(0, 1), keep=st.booleans())
    def provider_is_away(self, start: int, provider: int, keep: bool) -> None:
        at = self.start + timedelta(minutes=15 * start)
        request = NewTimeOff(
            location_id=self.practice.setup.location_id, subject_kind=OffSubject.PROVIDER,
            subject_id=self.practice.providers[provider], starts_at=at, ends_at=at + timedelta(minutes=30),
            reason=TimeOffReason.ABSENT, keep_visits=keep,
        )  # fmt: skip

        def work(session: TenantSession) -> list[uuid.UUID]:
            rows, affected = time_off.add(session, actor_of(self.practice.setup), request)
            assert keep or not affected
            return [row.id for row in rows]

        self.attempt(work)

    @rule(start=SLOTS, service=st.integers(0, 2))
    def somebody_holds(self, start: int, service: int) -> None:
        request = NewHold(
            location_id=self.practice.setup.location_id,
            starts_at=self.start + timedelta(minutes=15 * start),
            items=[NewItem(service_id=self.practice.services[service])],
        )
        self.attempt(lambda s: hold.keep(s, actor_of(self.practice.setup), request).id)

    @rule(target=visits, start=SLOTS, service=st.integers(0, 2), client=st.integers(0, 2))
    def comes_twice(self, start: int, service: int, client: int) -> MultipleResults[uuid.UUID]:
        at = self.start + timedelta(minutes=15 * start)
        request = NewSeries(
            client_id=self.practice.clients[client], location_id=self.practice.setup.location_id,
            items=[NewItem(service_id=self.practice.services[service])],
            starts=[at, at + timedelta(minutes=45)], book_free=True,
        )  # fmt: skip

        def work(session: TenantSession) -> list[uuid.UUID]:
            return [
                row.id for row in groups.book_series(session, actor_of(self.practice.setup), request).visits
            ]

        return multiple(*(self.attempt(work) or ()))

    @invariant()
    def every_claim_is_apart_and_belongs_to_a_visit(self) -> None:
        assert violations(self.practice.setup.database) == (0, 0)


@pytest.fixture
def practice(servers: Servers) -> Iterator[Practice]:
    with servers.clone("operational") as database:
        yield Practice(database)


def test_no_sequence_breaks_the_calendar(practice: Practice) -> None:
    Desk.practice = practice
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            # Without shrinking: against a database it takes many minutes and finds no shorter sequence.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    with practice.setup.database.session("admin") as session:
        booked = session.execute(text("select count(*) from appointment")).scalar_one()
    assert booked > 10
