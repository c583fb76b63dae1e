"""Taking back that a refund came back holds what it touches in the order in which everybody does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text

from medspa.kernel.vocabulary import Account
from operational.checkout import refund_failures
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.refund_failures import Teller
from operational.ledger.balances import lock_client, lock_invoice
from operational.models import Payment, ProcessorLine
from tests.factories.checkout import Shop
from tests.integration.banking.test_processor_begins import read
from tests.integration.checkout.test_refund_failures import memo_paid_back


def test_the_client_is_held_before_the_invoice(shop: Shop, processor: InProcessProcessor) -> None:
    """Who holds the client and wants the invoice must not meet somebody who does it the other way."""
    payout = memo_paid_back(shop, processor)
    read(shop, processor)
    with shop.database.session("owner") as session:
        paid = session.get_one(Payment, (shop.made.org_id, payout.payment_id))
        invoice = paid.invoice_id
        assert invoice is not None
        of_shop = select(ProcessorLine.id).where(ProcessorLine.org_id == shop.made.org_id)
        teller = Teller(shop.actor.staff_id, session.scalars(of_shop.limit(1)).one())
    with shop.transaction() as session:
        assert refund_failures.record(session, payout.id, None, teller) is not None
    assert shop.balance(Account.ACCOUNT_CREDIT) == -2_500

    def take_back() -> None:
        with shop.transaction() as session:
            refund_failures.take_back(session, payout.id, teller)

    with ThreadPoolExecutor(1) as pool:
        with shop.transaction() as session:
            lock_client(session, payout.client_id)
            other = pool.submit(take_back)
            while not waits(shop) and not other.done():
                time.sleep(0.01)
            lock_invoice(session, invoice)
        other.result(timeout=30)
    assert shop.balance(Account.ACCOUNT_CREDIT) == 0


def waits(shop: Shop) -> bool:
    """Whether a transaction waits for what another holds."""
    query = (
        "select exists (select 1 from pg_stat_activity where wait_event_type = 'Lock'"
        " and datname = current_database())"
    )
    with shop.database.session("admin") as session:
        return bool(session.execute(text(query)).scalar_one())
