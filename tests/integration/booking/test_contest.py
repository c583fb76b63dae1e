"""Sixteen writers for each slot over HTTP: one wins, by the database's word, and nobody meets a deadlock.

How long that takes is measured by benchmarks; here nothing hangs on how busy the machine is.
The controls take the guards away and must see what they prevent.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from sqlalchemy import text

from operational.booking.claim import LOCK_BUDGET_MS
from tests.conftest import MakeSettings, StartServer
from tests.factories.booking import violations
from tests.factories.contest import CONTESTS, NO_LOCKS, WRITERS, Arena, arena
from tests.support.databases import Database
from tests.support.storm import Answer, storm

SLOTS = int(os.environ.get("CONTEST_SLOTS", "12"))
"""Per kind of contest."""
CONTROL_SLOTS = 12
DEADLOCKS = text("select deadlocks from pg_stat_database where datname = current_database()")
HOLDING = text(
    "select count(distinct coalesce(appointment_id, hold_id)) from occupancy"
    " where active and hard and starts_at >= :slot and starts_at < :slot + interval '30 min'"
)

NO_CONSTRAINT = "alter table occupancy drop constraint ex_occupancy_no_overlap"


def _contest(
    operational: Database, make_settings: MakeSettings, live_server: StartServer, name: str
) -> list[Answer]:
    place = arena(operational, CONTROL_SLOTS)
    rounds = [CONTESTS[name](place, number) for number in range(CONTROL_SLOTS)]
    return storm(live_server(make_settings(operational)).url, rounds)


def _by_the_backstop(answer: Answer) -> bool:
    """Refused by the constraint or a deadlock at it, not by the check: the check says what is taken."""
    if answer.problem is None:
        return False
    return "taken" not in answer.problem


def _in_vain(answer: Answer) -> bool:
    """Waited for the locks as long as a booking may: on a busy machine, sixteen in a row can take longer."""
    waited = answer.seconds >= LOCK_BUDGET_MS / 1000
    return waited and answer.problem is not None and answer.problem["type"] == "urn:medspa:problem:try-again"


def _deadlocks(database: Database) -> int:
    with database.session("admin") as session:
        return int(session.execute(DEADLOCKS).scalar_one())


def _holding(database: Database, place: Arena, numbers: range) -> list[int]:
    """How many visits and holds have each slot."""
    with database.session("admin") as session:
        slots = [{"slot": place.slot(number)} for number in numbers]
        return [int(session.execute(HOLDING, slot).scalar_one()) for slot in slots]


def _winners(answers: list[Answer]) -> Counter[int]:
    return Counter(one.round for one in answers if one.status in (200, 201))


@pytest.fixture(scope="module")
def place(operational_module: Database) -> Arena:
    return arena(operational_module, (SLOTS + 1) * len(CONTESTS))


@pytest.mark.parametrize("name", CONTESTS)
def test_one_writer_wins_each_slot(
    operational_module: Database,
    make_settings: MakeSettings,
    live_server: StartServer,
    place: Arena,
    name: str,
) -> None:
    # One slot apart: a visit of a partial overlap reaches into the slot after its own.
    first = list(CONTESTS).index(name) * (SLOTS + 1)
    rounds = [CONTESTS[name](place, first + number) for number in range(SLOTS)]
    before = _deadlocks(operational_module)
    answers = storm(live_server(make_settings(operational_module)).url, rounds)
    assert len(answers) == SLOTS * WRITERS
    assert {one.status for one in answers} <= {200, 201, 409}
    refused = [one for one in answers if one.problem and not _in_vain(one)]
    assert {one.problem["type"] for one in refused if one.problem} == {"urn:medspa:problem:slot-taken"}
    assert not any(_by_the_backstop(one) for one in refused)
    assert _deadlocks(operational_module) == before
    assert violations(operational_module) == (0, 0)
    won = _winners(answers)
    holding = _holding(operational_module, place, range(first, first + SLOTS))
    if name == "cancel against book":
        # Whoever cancels always may; of those who book, one may come after it.
        assert holding == [won[number] - 1 for number in range(SLOTS)]
        assert set(holding) <= {0, 1}
    else:
        assert dict(won) == dict.fromkeys(range(SLOTS), 1)
        assert holding == [1] * SLOTS


def test_without_locks_only_the_constraint_is_left(
    operational: Database, make_settings: MakeSettings, live_server: StartServer
) -> None:
    """Control: writers pass the check together, and the backstop has to refuse them."""
    with operational.session("owner") as session:
        session.execute(text(NO_LOCKS))
    answers = _contest(operational, make_settings, live_server, "same provider")
    assert violations(operational) == (0, 0)
    assert any(_by_the_backstop(one) for one in answers)


def test_without_constraint_the_locks_hold(
    operational: Database, make_settings: MakeSettings, live_server: StartServer
) -> None:
    with operational.session("owner") as session:
        session.execute(text(NO_CONSTRAINT))
    answers = _contest(operational, make_settings, live_server, "partial overlap")
    assert violations(operational) == (0, 0)
    assert dict(_winners(answers)) == dict.fromkeys(range(CONTROL_SLOTS), 1)


def test_without_locks_and_constraint_slots_are_booked_twice(
    operational: Database, make_settings: MakeSettings, live_server: StartServer
) -> None:
    """Control: the storm is strong enough to see a double booking."""
    with operational.session("owner") as session:
        session.execute(text(NO_LOCKS))
        session.execute(text(NO_CONSTRAINT))
    answers = _contest(operational, make_settings, live_server, "same provider")
    overlapping, _ = violations(operational)
    assert overlapping > 0
    assert max(_winners(answers).values()) > 1
