"""Two desks and the last session of a package, a hundred times, and the guards shown by their absence."""

from __future__ import annotations

import uuid
from functools import partial

import pytest
from sqlalchemy import text

from operational.checkout.invoices import Issued
from operational.checkout.queries import found
from operational.models import Package
from operational.prepaid import entitlements
from operational.prepaid.errors import NothingLeft
from tests.factories.checkout import Shop, open_shop
from tests.factories.prepaid import carried, holds, owed, plan, sell, use_visit
from tests.support.databases import Database
from tests.support.together import ROUNDS, together

CONTROL_ROUNDS = 25


def last_session(shop: Shop, plan_id: uuid.UUID) -> tuple[uuid.UUID | None, list[Issued | Exception]]:
    package = sell(shop, plan_id).lines[0].package_id
    (sessions,) = holds(shop, package)
    visits = [shop.visit(), shop.visit(location_id=shop.south)]
    places = [shop.north, shop.south]
    desks = [
        partial(use_visit, shop, visit, sessions, location_id=place)
        for visit, place in zip(visits, places, strict=True)
    ]
    return package, together(desks)


@pytest.mark.timeout(300)
def test_the_last_session_is_used_by_one_of_two_desks(operational_module: Database) -> None:
    shop = open_shop(operational_module)
    plan_id = plan(shop, 8_000, sessions=1)
    for _ in range(ROUNDS):
        package, answers = last_session(shop, plan_id)
        assert sum(isinstance(one, Issued) for one in answers) == 1
        assert [type(one) for one in answers if isinstance(one, Exception)] == [NothingLeft]
        assert owed(shop, package) == carried(shop, package) == 0


def test_without_locks_and_guards_both_desks_use_it(
    operational: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(operational)
    with operational.session("owner") as session:
        for table, guard in (
            ("entitlement_movement", "guard_movement"),
            ("posting", "check_postings"),
            ("posting", "check_balance"),
        ):
            session.execute(text(f"alter table {table} disable trigger {guard}"))
    monkeypatch.setattr(
        entitlements, "lock_package", lambda session, package: found(session, Package, package, "package")
    )
    plan_id = plan(shop, 8_000, sessions=1)
    doubled = False
    for _ in range(CONTROL_ROUNDS):
        package, answers = last_session(shop, plan_id)
        doubled |= sum(isinstance(one, Issued) for one in answers) == 2 and owed(shop, package) < 0
    assert doubled
