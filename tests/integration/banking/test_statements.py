"""A statement is of the legal entity's account: whichever location imports a line, it is taken once."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial

from sqlalchemy import select

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, ActorKind, BankMatch, Permission
from operational.banking import deposits, lines
from operational.banking.statement import StatementLine
from operational.checkout.desk import open_desk
from operational.identity.access import Actor
from operational.models import BankLine, ProcessorPayout
from tests.factories.checkout import Shop
from tests.integration.banking.test_bank import bag, check, deposited, dropped, take
from tests.support.together import together


def take_at(shop: Shop, place: uuid.UUID, *told: StatementLine) -> lines.Taken:
    """As the manager of one location, who sees nothing of the others."""
    manager = Actor(
        shop.made.org_id, ActorKind.STAFF, new_id(), None, "http", {place: frozenset({Permission.DAY_CLOSE})}
    )
    with open_desk(shop.database.engine("app"), manager) as desk, desk.transaction() as session:
        return lines.take_lines(session, manager, place, told)


def paid_out(shop: Shop, reference: str, net: int, arrived_on: date) -> None:
    with shop.transaction() as session:
        session.add(
            ProcessorPayout(
                org_id=shop.made.org_id, merchant_account_id=shop.made.merchant_account_id,
                payout_reference=reference, currency="USD", gross_minor=net, fee_minor=0, net_minor=net,
                arrived_on=arrived_on,
            )
        )  # fmt: skip


def test_a_line_that_another_location_took_is_left_and_its_document_stays_matched(shop: Shop) -> None:
    paid_out(shop, "po_1", 7_000, shop.today)
    payout = StatementLine(shop.today, 7_000, "PROCESSOR", "p1")
    rent = StatementLine(shop.today, -800, "RENT")
    assert take_at(shop, shop.south, payout, rent) == lines.Taken(2, 1)
    other = StatementLine(shop.today, -800, "RENT", account="second")
    again = StatementLine(shop.today, 7_000, "PROCESSOR", "p2")
    assert take_at(shop, shop.north, rent, payout, again, other) == lines.Taken(2, 0, (1, 2))
    assert shop.balance(Account.UNMATCHED_ITEMS, shop.south) == 800
    assert shop.balance(Account.UNMATCHED_ITEMS, shop.north) == 800 - 7_000


def test_one_statement_imported_by_two_locations_at_once_is_taken_once(shop: Shop) -> None:
    told = [StatementLine(shop.today, -amount, "FEE") for amount in range(1, 9)]
    calls = [partial(take_at, shop, shop.north, *told), partial(take_at, shop, shop.south, *reversed(told))]
    answers = together(calls)
    assert sorted(one.new for one in answers if isinstance(one, lines.Taken)) == [0, 8]
    assert shop.balance(Account.UNMATCHED_ITEMS) == sum(range(1, 9))


def test_deposits_confirmed_by_hand_are_linked_when_the_bank_tells_of_them(shop: Shop) -> None:
    dropped(shop, 8_000)
    sent = bag(shop, 8_000)
    _, paid = check(shop, 6_000)
    checks = deposited(shop, paid)
    with shop.transaction() as session:
        deposits.confirm(session, shop.actor, sent.id, 7_900)
        deposits.confirm(session, shop.actor, checks.id)
    before = shop.balance(Account.BANK)
    told = (StatementLine(shop.today, 7_900, "CASH"), StatementLine(shop.today, 6_000, "CHECKS"))
    assert take(shop, *told) == lines.Taken(2, 2)
    assert take(shop, StatementLine(shop.today, 7_900, "CASH", "twice")) == lines.Taken(1, 0)
    assert shop.balance(Account.BANK) == before + 7_900 == 8_000 - 100 + 6_000 + 7_900
    with shop.database.session("owner") as session:
        linked = session.scalars(
            select(BankLine.match_id).where(
                BankLine.location_id == shop.north, BankLine.match_kind == BankMatch.BANK_DEPOSIT
            )
        )
        assert set(linked) == {sent.id, checks.id}
