"""Soft rules: refused by default, broken with a permission, and written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import Permission, SoftRule
from operational.booking.book import book
from operational.booking.errors import NeedsOverride, SlotTaken
from operational.booking.schemas import NewItem, NewVisit
from tests.factories.booking import (
    actor_of,
    add_provider,
    add_service,
    add_shift,
    book_visit,
    unit,
    violations,
)
from tests.factories.organization import OrganizationSetUp

ALL_BUT_OVERRIDE = [one for one in Permission if one is not Permission.BOOKING_OVERRIDE]


def ask(
    setup: OrganizationSetUp,
    start: datetime,
    service: object,
    *overrides: SoftRule,
    fresh_client: bool = True,
    permissions: Sequence[Permission] = tuple(Permission),
    provider: object = None,
) -> str | None:
    """Book and return what the history says was overridden."""
    request = NewVisit.model_validate(
        {
            "client_id": setup.client() if fresh_client else setup.clients[0],
            "location_id": setup.location_id,
            "starts_at": start,
            "items": [NewItem.model_validate({"service_id": service, "provider_id": provider})],
            "overrides": overrides,
        }
    )
    actor = actor_of(setup, permissions)
    with unit(setup.database, setup) as session:
        visit = book(session, actor, request)
        found: str | None = session.execute(
            text("select override from appointment_history where appointment_id = :id"), {"id": visit.id}
        ).scalar_one()
    return found


def test_a_buffer_of_the_visit_before(setup: OrganizationSetUp, start: datetime) -> None:
    buffered = add_service(setup, "Buffered", after=10)
    ask(setup, start, buffered)
    with pytest.raises(NeedsOverride) as refused:
        ask(setup, start + timedelta(minutes=30), setup.consultation_id)
    assert refused.value.problem()["rules"] == ["buffer"]
    assert ask(setup, start + timedelta(minutes=30), setup.consultation_id, SoftRule.BUFFER) == "buffer"
    assert violations(setup.database) == (0, 0)


def test_a_buffer_of_its_own(setup: OrganizationSetUp, start: datetime) -> None:
    buffered = add_service(setup, "Buffered", before=10)
    ask(setup, start, setup.consultation_id)
    with pytest.raises(NeedsOverride):
        ask(setup, start + timedelta(minutes=35), buffered)
    assert ask(setup, start + timedelta(minutes=40), buffered) is None


def test_the_end_of_a_buffer_touches_nothing(setup: OrganizationSetUp, start: datetime) -> None:
    buffered = add_service(setup, "Buffered", after=10)
    ask(setup, start, buffered)
    assert ask(setup, start + timedelta(minutes=40), setup.consultation_id) is None


def test_finishing_of_the_visit_before(setup: OrganizationSetUp, start: datetime) -> None:
    long = add_service(setup, "Finished later", hands=20, processing=20, finishing=20)
    ask(setup, start, long)
    ask(setup, start + timedelta(minutes=20), add_service(setup, "Short", hands=20))
    with pytest.raises(NeedsOverride):
        ask(setup, start + timedelta(minutes=40), setup.consultation_id)
    assert ask(setup, start + timedelta(minutes=60), setup.consultation_id) is None


def test_an_override_never_breaks_a_hard_claim(setup: OrganizationSetUp, start: datetime) -> None:
    ask(setup, start, setup.consultation_id)
    with pytest.raises(SlotTaken):
        ask(setup, start + timedelta(minutes=15), setup.consultation_id, *SoftRule)


def test_an_override_that_was_not_needed_is_not_recorded(setup: OrganizationSetUp, start: datetime) -> None:
    assert ask(setup, start, setup.consultation_id, *SoftRule) is None


def test_an_override_needs_its_permission(setup: OrganizationSetUp, start: datetime) -> None:
    with pytest.raises(Forbidden):
        ask(setup, start, setup.consultation_id, SoftRule.BUFFER, permissions=ALL_BUT_OVERRIDE)


def test_a_client_in_two_visits_at_once(setup: OrganizationSetUp, start: datetime) -> None:
    provider = add_provider(setup)
    add_shift(setup, start, start + timedelta(hours=1), staff_id=provider)
    with unit(setup.database, setup) as session:
        book_visit(session, setup, start, provider_id=setup.provider_id)
    with pytest.raises(NeedsOverride) as refused:
        ask(setup, start, setup.consultation_id, fresh_client=False, provider=provider)
    assert refused.value.problem()["rules"] == ["client_overlap"]
    found = ask(
        setup,
        start,
        setup.consultation_id,
        SoftRule.CLIENT_OVERLAP,
        fresh_client=False,
        provider=provider,
    )
    assert found == "client_overlap"
