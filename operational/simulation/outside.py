"""What comes from outside: payment links, returned checks, disputes, the processor's money, the bank's lines.

And debts that are given up. Memberships are in members.py.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.vocabulary import BankMatch, Purpose
from operational.banking import deposits, lines, processor_reports, returned
from operational.banking.statement import StatementLine
from operational.checkout import disputes, payment_links, write_offs
from operational.checkout.desk import settlement_actor
from operational.checkout.processor.inprocess import InProcessProcessor, read_event
from operational.checkout.processor.port import Disputed
from operational.checkout.queries import found, present
from operational.ledger.balances import invoice_open_minor
from operational.models import BankLine, Payment, ProcessorPayout, WriteOff
from operational.models import Dispute as DisputeRow
from operational.simulation.checkout import pay_all
from operational.simulation.later import (
    Bank,
    Dispute,
    GiveUp,
    PayLink,
    Recover,
    ReturnCheck,
    SendLink,
    Verdict,
)
from operational.simulation.stage import Stage, Visit

BANK_FEE, CLIENT_FEE = 1_200, 2_500
"""What the bank takes for a returned check, and the practice of the client."""
FEE_TEXT = "Card terminal rental"


def send_link(stage: Stage, event: SendLink) -> None:
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.front, Purpose.PAYMENT) as session:
        if known.invoice_id is not None and invoice_open_minor(session, known.invoice_id) > 0:
            known.link = payment_links.send_link(session, stage.front, known.invoice_id).token


def pay_link(stage: Stage, event: PayLink) -> None:
    """By the holder of the link, who signs in nowhere."""
    known = stage.ids.visits[event.visit.number]
    if known.link is None:
        return
    engine, token = stage.engine, known.link
    if payment_links.show_link(engine, token).due_minor > 0:
        payment_links.pay_by_link(engine, stage.processor, token, event.visit.bill.brand)


def return_check(stage: Stage, event: ReturnCheck) -> None:
    known, place = stage.ids.visits[event.visit.number], event.visit.place
    banked = stage.memory.banked[place]
    given = [one for one in known.paid if one.tender == "check" and one.payment_id in banked]
    if not given:
        return
    today = clock.now().date()
    with stage.act(stage.manager, Purpose.PAYMENT) as session:
        row = returned.return_check(
            session, stage.manager, given[0].payment_id, BANK_FEE, CLIENT_FEE, today - dt.timedelta(days=1)
        )
    banked.discard(given[0].payment_id)
    known.paid.remove(given[0])
    stage.memory.expected[place].append(StatementLine(today, -row.amount_minor - BANK_FEE, "Returned item"))


def dispute(stage: Stage, event: Dispute) -> None:
    known = stage.ids.visits[event.visit.number]
    charges = [one for one in known.paid if one.tender == "card" and one.place == event.visit.place]
    if not charges:
        return
    with stage.act(stage.manager, Purpose.PAYMENT) as session:
        payment = found(session, Payment, charges[0].payment_id, "payment")
    processor = _processor(stage)
    known.dispute = processor.dispute(present(payment.processor_reference))
    known.disputed = charges[0]
    known.paid.remove(charges[0])
    _hear(stage, known)


def verdict(stage: Stage, event: Verdict) -> None:
    known = stage.ids.visits[event.visit.number]
    if known.dispute is None:
        return
    _processor(stage).close_dispute(known.dispute, won=event.won)
    _hear(stage, known)
    if event.bills:
        with stage.act(stage.manager, Purpose.PAYMENT) as session:
            row = session.scalars(
                select(DisputeRow).where(DisputeRow.dispute_reference == known.dispute)
            ).one()
            if row.prepaid_taken_minor < row.amount_minor:
                disputes.bill_again(session, stage.manager, row.id)


def give_up(stage: Stage, event: GiveUp) -> None:
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.manager, Purpose.PAYMENT) as session:
        if known.invoice_id is not None and invoice_open_minor(session, known.invoice_id) > 0:
            known.given_up = write_offs.write_off(session, stage.manager, known.invoice_id).id


def recover(stage: Stage, event: Recover) -> None:
    known = stage.ids.visits[event.visit.number]
    if known.given_up is None:
        return
    with stage.act(stage.manager, Purpose.PAYMENT) as session:
        row = found(session, WriteOff, known.given_up, "write-off")
        write_offs.recover(session, stage.manager, row.id, row.amount_minor)
    known.given_up = None
    pay_all(stage, event.visit, known, event.visit.place, "card")


def bring_to_bank(stage: Stage, place: str) -> None:
    """At the end of a week, before the day is closed: the safe's cash in a bag, and the checks."""
    memory, where = stage.memory, stage.ids.places[place]
    cash, checks = memory.safe.pop(place, 0), memory.checks.pop(place, [])
    if not cash and not checks:
        return
    today = clock.now().date()
    with stage.act(stage.manager, Purpose.PAYMENT) as session:
        if cash:
            bag = deposits.send_bag(session, stage.manager, where, cash)
            memory.bags[place].append((bag.id, cash))
        if checks:
            sent = deposits.deposit_checks(session, stage.manager, where, checks)
            memory.expected[place].append(
                StatementLine(today + dt.timedelta(days=1), sent.amount_minor, "Check deposit")
            )
    memory.banked[place].update(checks)


def bank(stage: Stage, event: Bank) -> None:
    """The processor pays out; the week's lines come in, and what fits nothing is matched by hand."""
    place, memory = event.place, stage.memory
    where, today = stage.ids.places[place], clock.now().date()
    statement, bags = memory.expected.pop(place, []), memory.bags.pop(place, [])
    statement += _paid_out(stage, place)
    if event.fee_minor:
        statement.append(StatementLine(today, -event.fee_minor, FEE_TEXT))
    counted = []
    for number, (bag_id, amount) in enumerate(bags):
        short = event.short_minor if number == 0 and amount > event.short_minor else 0
        counted.append((bag_id, StatementLine(today, amount - short, f"Cash deposit {number + 1}")))
    statement += [line for _, line in counted]
    if not statement:
        return
    with stage.act(stage.manager, Purpose.PAYMENT) as session:
        lines.take_lines(session, stage.manager, where, statement)
        waiting = session.scalars(
            select(BankLine)
            .where(BankLine.location_id == where, BankLine.match_kind.is_(None))
            .order_by(BankLine.id)
        ).all()
        by_text = {line.description: bag_id for bag_id, line in counted}
        for row in waiting:
            bag = by_text.get(row.description)
            if row.description == FEE_TEXT:
                lines.match(session, stage.manager, row.id, BankMatch.PROCESSOR_FEE, None)
            elif bag is not None:
                lines.match(session, stage.manager, row.id, BankMatch.BANK_DEPOSIT, bag)


def _paid_out(stage: Stage, place: str) -> list[StatementLine]:
    """The processor pays out what stood before today, its report is read; the lines the bank will show."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    account = stage.ids.merchants[place]
    if _processor(stage).pay_out(str(account), today.date(), today) is None:
        return []
    with stage.desk(settlement_actor(stage.org_id)) as desk:
        processor_reports.read_account(desk, stage.processor, account)
        with desk.transaction() as session:
            newest = session.scalars(
                select(ProcessorPayout)
                .where(ProcessorPayout.merchant_account_id == account)
                .order_by(ProcessorPayout.id.desc())
                .limit(1)
            ).one()
            return [StatementLine(newest.arrived_on, newest.net_minor, "Card payout")]


def _hear(stage: Stage, known: Visit) -> None:
    """What the processor tells of a dispute, as its webhook would."""
    told = None
    for sequence, body in _processor(stage).undelivered():
        event = read_event(body)
        if isinstance(event, Disputed) and event.reference == known.dispute:
            told = event
            _processor(stage).mark_delivered(sequence)
    if told is not None and known.disputed is not None:
        actor = settlement_actor(stage.org_id)
        with stage.act(actor, Purpose.PAYMENT) as session:
            disputes.hear(session, told, known.disputed.payment_id)


def _processor(stage: Stage) -> InProcessProcessor:
    if not isinstance(stage.processor, InProcessProcessor):
        raise TypeError("only a processor in this process can be told what to do")
    return stage.processor
