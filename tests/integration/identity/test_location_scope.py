"""An actor who works at some locations is bound to them by the database, all through a request."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.database import OrganizationSwitch, bind_organization, narrow_locations, new_session
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import ActorKind, Permission
from operational.identity.access import Actor
from operational.identity.credentials import Presented, recognise
from operational.identity.unit import Services, open_unit
from operational.models.staff import Shift
from operational.privacy.vault import Vault, load_master_key
from tests.conftest import MakeSettings
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.databases import Database


@pytest.fixture
def made(operational: Database) -> OrganizationSetUp:
    return organization(operational)


@pytest.fixture
def services(operational: Database, make_settings: MakeSettings) -> Services:
    settings = make_settings(operational)
    return Services(settings, operational.engine(), Vault(load_master_key(settings)))


def _shifts(made: OrganizationSetUp) -> None:
    start = clock.now()
    with made.database.session("owner") as session:
        session.add_all(
            Shift(
                org_id=made.org_id,
                staff_id=made.provider_id,
                location_id=place,
                starts_at=start + timedelta(days=number),
                ends_at=start + timedelta(days=number, hours=8),
            )
            for number, place in enumerate(made.locations)
        )


def _seen(services: Services, headers: dict[str, str]) -> list[list[uuid.UUID]]:
    """Locations of the shifts that are seen, before and after a checkpoint."""
    bearer = headers["Authorization"].removeprefix("Bearer ")
    known = recognise(services.engine, Presented("GET", bearer=bearer), timedelta(minutes=15))
    found = []
    with open_unit(services, new_id(), known.org_id, known.load) as unit:
        for _ in range(2):
            found.append(list(unit.session.scalars(text("select location_id from shift order by starts_at"))))
            unit.checkpoint()
    return found


def test_rows_of_other_locations_are_not_seen(made: OrganizationSetUp, services: Services) -> None:
    _shifts(made)
    here, there = made.locations
    assert _seen(services, made.headers) == [[here, there]] * 2
    assert _seen(services, made.key([Permission.BOOKING_READ], location_id=there)) == [[there]] * 2
    assert _seen(services, made.key([])) == [[]] * 2


def test_a_scope_never_widens_and_an_organization_never_changes(
    made: OrganizationSetUp, operational: Database
) -> None:
    with new_session(operational.engine()) as session:
        bind_organization(session, made.org_id)
        narrow_locations(session, [made.location_id])
        with pytest.raises(OrganizationSwitch):
            narrow_locations(session, made.locations)
        with pytest.raises(OrganizationSwitch):
            bind_organization(session, new_id())


def test_connections_go_back_to_the_pool_unbound(made: OrganizationSetUp, operational: Database) -> None:
    other = organization(operational)
    engine = operational.engine()
    for bound in (made, other, made):
        with operational.session(org_id=bound.org_id) as session:
            assert session.execute(text("select distinct org_id from location")).scalars().all() == [
                bound.org_id
            ]
        with engine.connect() as connection:
            assert connection.execute(text("select count(*) from location")).scalar_one() == 0


def test_a_write_to_another_location_is_refused(made: OrganizationSetUp, services: Services) -> None:
    here, there = made.locations
    actor = Actor(
        org_id=made.org_id,
        kind=ActorKind.STAFF,
        id=made.owner_id,
        staff_id=made.owner_id,
        origin="test",
        permissions={here: frozenset({Permission.SCHEDULE_MANAGE})},
    )
    now = clock.now()
    insert = text(
        "insert into shift (org_id, id, staff_id, location_id, starts_at, ends_at, created_at)"
        " values (:org, :id, :staff, :place, :start, :end, :start)"
    )
    values = {"org": made.org_id, "staff": made.provider_id, "start": now, "end": now + timedelta(hours=1)}
    with open_unit(services, new_id(), made.org_id, lambda _: actor) as unit:
        unit.session.execute(insert, {**values, "id": new_id(), "place": here})
    with (
        pytest.raises(Exception, match="row-level security"),
        open_unit(services, new_id(), made.org_id, lambda _: actor) as unit,
    ):
        unit.session.execute(insert, {**values, "id": new_id(), "place": there})
