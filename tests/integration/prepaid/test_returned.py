"""The use of a session or a credit, given back after its day was closed (row 7 the other way)."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, Permission
from operational.checkout import invoices
from operational.checkout.errors import AlreadyInvoiced, NotVoidable
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.ledger.close_blockers import blockers_of, warnings_of
from operational.packages.returned import return_use
from tests.factories.checkout import Shop
from tests.factories.members import Club, offer
from tests.factories.prepaid import (
    carried,
    close,
    count_drawers,
    holds,
    movements,
    owed,
    plan,
    sell,
    use,
    use_visit,
)
from tests.support.together import together


def send(http: TestClient, line_id: uuid.UUID, headers: dict[str, str]) -> Any:
    sent = {**headers, "Idempotency-Key": uuid.uuid4().hex}
    return http.post(f"/v1/invoice-lines/{line_id}/return-use", headers=sent)


def booked(shop: Shop, since: date) -> set[tuple[str, uuid.UUID, date, int]]:
    """Account, location, date and amount of postings after a day."""
    with shop.database.session("owner") as session:
        rows = session.execute(
            text(
                "select account, location_id, business_date, amount_minor from posting"
                " where org_id = :org and business_date > :day and account not in ('2309', '4090')"
            ),
            {"org": shop.made.org_id, "day": since},
        )
        return {(row[0], row[1], row[2], row[3]) for row in rows}


def test_a_session_used_elsewhere_comes_back_once_and_with_its_time(shop: Shop, http: TestClient) -> None:
    sale = sell(shop, plan(shop, breakage_ppm=200_000, expires_after_days=1))
    package = sale.lines[0].package_id
    (sessions,) = holds(shop, package)
    used = use(shop, sessions, location_id=shop.south)
    count_drawers(shop)
    for place in (shop.north, shop.south):
        close(shop, location_id=place)
    later = shop.today + timedelta(days=3)
    with clock.frozen(shop.opened_at + timedelta(days=3)):
        close(shop, later - timedelta(days=1))
        assert owed(shop, package) == 0
        line = used.lines[0].id
        assert send(http, sale.lines[0].id, shop.made.headers).status_code == 409
        stranger = shop.made.key([Permission.PAYMENT_REFUND], location_id=shop.north)
        assert send(http, line, stranger).status_code in (403, 404)
        answers: list[Any] = list(together([partial(send, http, line, shop.made.headers)] * 4))
        assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
        (told,) = (one.json() for one in answers if one.status_code == 200)
        assert (told["remaining_milli"], told["remaining_minor"]) == (1_000, 8_000)
        assert told["expires_on"] == str(later + timedelta(days=1))
        assert booked(shop, shop.today + timedelta(days=2)) == {
            ("4000", shop.south, later, 8_000), ("2900", shop.south, later, -8_000),
            ("1900", shop.north, later, 8_000), ("2300", shop.north, later, -8_000),
        }  # fmt: skip
        assert owed(shop, package) == carried(shop, package) == 8_000
        assert shop.balance(Account.SERVICE_REVENUE) == 0
        # It is used again, at home.
        assert use(shop, sessions).lines[0].covered_by == sessions
        assert owed(shop, package) == carried(shop, package) == 0


def test_what_was_given_back_is_not_voided_too(shop: Shop) -> None:
    package = sell(shop, plan(shop)).lines[0].package_id
    (sessions,) = holds(shop, package)
    used = use(shop, sessions)
    with shop.transaction() as session:
        return_use(session, shop.actor, used.lines[0].id)
    with shop.transaction() as session, pytest.raises(NotVoidable):
        invoices.void_invoice(session, shop.actor, used.invoice.id)
    assert owed(shop, package) == carried(shop, package) == 40_000


def test_a_visit_whose_use_was_given_back_is_billed_again_and_once(shop: Shop) -> None:
    """A session, and units of which the package held a part: only what came back is billed."""
    package = sell(shop, plan(shop, sessions=1, units=15)).lines[0].package_id
    sessions, units = holds(shop, package)
    for entitlement, charted, again in ((sessions, None, 10_000), (units, 20_000, 15 * 1_400)):
        visit = shop.visit(units_milli=charted)
        used = use_visit(shop, visit, entitlement)
        with pytest.raises(AlreadyInvoiced):
            use_visit(shop, visit, entitlement)
        with shop.transaction() as session:
            return_use(session, shop.actor, used.lines[0].id)
        billed = shop.invoice(appointment_id=visit, retail=[])
        assert [one.list_minor for one in billed.lines] == [again]
        with pytest.raises(AlreadyInvoiced):
            use_visit(shop, visit, entitlement)
    with shop.transaction() as session:
        assert [one.code for one in blockers_of(session, shop.north, shop.today, ())] == ["session_uncounted"]


def test_what_was_given_back_of_a_visit_is_warned_of_until_it_is_billed_again(shop: Shop) -> None:
    """40 units, 30 of them from a package; and a visit paid for by a session alone."""
    package = sell(shop, plan(shop, sessions=1, units=30)).lines[0].package_id
    sessions, units = holds(shop, package)
    visits = {shop.visit(units_milli=40_000): units, shop.visit(): sessions}
    used = {visit: use_visit(shop, visit, held) for visit, held in visits.items()}

    def told() -> tuple[list[str], set[str]]:
        with shop.transaction() as session:
            codes = [one.code for one in blockers_of(session, shop.north, shop.today, ())]
            warned = warnings_of(session, shop.north, shop.today)
        assert {one.code for one in warned} <= {"use_given_back"}
        return codes, {one.rsplit("/", 1)[-1] for warning in warned for one in warning.links}

    assert told() == (["session_uncounted"], set())
    with shop.transaction() as session:
        for one in used.values():
            (line,) = [line for line in one.lines if line.covered_by is not None]
            return_use(session, shop.actor, line.id)
    assert told() == (["session_uncounted"], {str(visit) for visit in visits})
    first, second = visits
    again = shop.invoice(appointment_id=first, retail=[])
    assert [one.list_minor for one in again.lines] == [30 * 1_400]
    assert told() == (["session_uncounted"], {str(second)})
    count_drawers(shop)
    close(shop)


def test_a_members_credit_comes_back(shop: Shop, tmp_path: Path) -> None:
    club = Club(shop, InProcessProcessor(tmp_path / "books.sqlite"), offer(shop))
    member = club.join()
    club.bill()
    (credit,) = club.credits(member)
    used = use(shop, credit.id)
    count_drawers(shop)
    close(shop)
    before = owed(shop, member, Account.DEFERRED_MEMBERSHIPS)
    with shop.transaction() as session:
        return_use(session, shop.actor, used.lines[0].id)
    assert owed(shop, member, Account.DEFERRED_MEMBERSHIPS) == before + 6_000
    assert movements(shop, credit.id) == [("used", 1_000, 6_000), ("reversed", -1_000, -6_000)]
    assert shop.balance(Account.SERVICE_REVENUE) == 0
