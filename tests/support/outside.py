"""A shop to which the outside world happened: a dispute, a payout of the processor, a bank line, a member.

What fills columns that a practice's own day leaves empty; the words are in canary.py.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from medspa.kernel import clock
from operational.banking.lines import take_lines
from operational.banking.processor_reports import read_reports
from operational.banking.statement import StatementLine
from operational.checkout.processor.inprocess import InProcessProcessor
from tests.factories.checkout import Shop
from tests.factories.members import Club, offer
from tests.integration.checkout.test_cards import charge, deliver
from tests.support.canary import WORDS


def happen(shop: Shop, folder: Path) -> None:
    """Needs a new shop; everything carries today's date."""
    processor = InProcessProcessor(folder / "elsewhere.sqlite")
    _, payment = charge(shop, processor, "tok_visa", 10_000)
    processor.dispute(str(payment.processor_reference), 2_000)
    Club(shop, processor, offer(shop)).join(WORDS["card on file"])
    for _, body in processor.undelivered():
        deliver(shop, body)
    with clock.frozen(clock.now() + timedelta(days=1)):
        processor.pay_out_due()
    read_reports(shop.database.engine("app"), processor)
    told = StatementLine(shop.today, -1_250, WORDS["bank line"], WORDS["bank's id"].removeprefix("id:"))
    with shop.transaction() as session:
        take_lines(session, shop.actor, shop.north, [told])
