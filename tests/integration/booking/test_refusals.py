"""A refused request gives its locks back before the unit of work of its request ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from sqlalchemy import text

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Permission
from operational.app import create_app
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.routing import AreaRouter
from tests.conftest import MakeSettings
from tests.factories.organization import OrganizationSetUp
from tests.support.api import client_of
from tests.support.databases import Database

KEY = 7_204_301
Booking = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE), scope="function")]


@pytest.mark.parametrize(("router", "free"), [(AreaRouter(), True), (APIRouter(), False)])
def test_the_next_in_line_does_not_wait_for_the_end_of_a_refused_request(
    operational: Database,
    setup: OrganizationSetUp,
    make_settings: MakeSettings,
    router: APIRouter,
    free: bool,
) -> None:
    seen: list[bool] = []

    # Asked for after the unit, so it ends before it: between the refusal and the unit's own end.
    def look(_: Booking) -> Iterator[None]:
        try:
            yield
        finally:
            with operational.session("admin") as session:
                taken = session.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": KEY})
                seen.append(taken.scalar_one())

    looking: Any = Depends(look, scope="function")

    def refuse(unit: Booking, looked: None = looking) -> None:
        unit.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": KEY})
        raise Invalid("No.")

    router.post("/v1/appointments/refused-by-test")(refuse)
    settings = make_settings(operational)
    app = create_app(settings)
    app.include_router(router)
    with client_of(settings, app) as client:
        answer = client.post("/v1/appointments/refused-by-test", headers=setup.headers)
    assert (answer.status_code, seen) == (422, [free])
