"""What a command takes for today: the business date at the location, not the date in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.errors import NotFound
from medspa.local import operator
from tests.factories.organization import OrganizationSetUp
from tests.support.databases import Database

IN_THE_NIGHT = datetime(2026, 7, 2, 2, 0, tzinfo=UTC)
"""The evening of the first of July everywhere in America."""


def test_today_is_the_locations(operational_module: Database, made: OrganizationSetUp) -> None:
    engine = operational_module.engine("app")
    with clock.frozen(IN_THE_NIGHT):
        assert operator.today(engine, made.org_id) == date(2026, 7, 1)
        assert operator.today(engine, made.org_id, str(made.location_id)) == date(2026, 7, 1)


def test_without_a_place_it_says_what_to_give(operational_module: Database, made: OrganizationSetUp) -> None:
    engine = operational_module.engine("app")
    with pytest.raises(NotFound) as unknown:
        operator.places(engine, made.org_id, "nowhere")
    assert "id or code" in unknown.value.detail
    with operational_module.session("owner") as session:
        session.execute(text("update location set active = false where org_id = :org"), {"org": made.org_id})
    with pytest.raises(NotFound) as retired:
        operator.today(engine, made.org_id)
    assert "give the date" in retired.value.detail
    assert operator.places(engine, made.org_id, str(made.location_id))
