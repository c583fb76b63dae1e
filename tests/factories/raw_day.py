"""One practice's day with every kind of money row this release has, as raw rows."""

from __future__ import annotations

import datetime as dt

from tests.factories.raw_practice import RawPractice

DAY = dt.date(2026, 3, 2)


def full_day(practice: RawPractice, *, closed: bool = True) -> None:
    """An overdue invoice, sales with discount and tax, cash, card with tip, check, deposit, refund, close."""
    a, b = practice.locations
    anna, bela, cara = (practice.client() for _ in range(3))
    before = DAY - dt.timedelta(days=60)
    practice.invoice(cara, a, before, [("service", 12_000, 0, 0)])
    session = practice.session(a, DAY)
    sale = practice.invoice(anna, a, DAY, [("service", 56_000, 6_000, 0), ("retail", 4_000, 0, 355)])
    practice.pay(sale, session, "cash", 30_000, rounding=0)
    card = practice.pay(sale, session, "card", 24_855, tip=500)
    deposit = practice.pay(None, session, "card", 5_000, client=bela)
    fee = practice.invoice(bela, a, DAY, [("fee", 5_000, 0, 0)])
    practice.apply_deposit(fee, DAY, deposit["amount_minor"])
    small = practice.invoice(cara, a, DAY, [("retail", 1_998, 0, 177)])
    practice.pay(small, session, "cash", 2_175)
    practice.invoice(cara, b, DAY, [("gift_card", 10_000, 0, 0)])
    practice.use_session(bela, practice.package(bela, a, DAY, 90_000), DAY, 9_000)
    practice.join(bela, a, DAY, practice.plan(10_000))
    memo = practice.credit(sale, practice.lines_of(sale)[1], DAY, 4_000, 355)
    practice.pay_out(memo, session, card, 4_355)
    practice.treat(anna, DAY)
    practice.appointment(anna, DAY, "completed")
    practice.appointment(bela, DAY, "no_show")
    practice.appointment(cara, DAY + dt.timedelta(days=30))
    practice.count_drawer(session, over_short=436)
    if closed:
        for location in (a, b):
            for date in (before, DAY):
                practice.day(location, date)
                practice.close(location, date)


def outside_day(practice: RawPractice) -> None:
    """The day after: what the processor, the bank and a programme tell, each with something left open."""
    a, day = practice.locations[0], DAY + dt.timedelta(days=1)
    dora, session = practice.client(), practice.session(practice.locations[0], DAY + dt.timedelta(days=1))
    sale = practice.invoice(dora, a, day, [("service", 90_000, 0, 0)])
    paid, disputed, held = (practice.pay(sale, session, "card", one) for one in (20_000, 7_000, 3_000))
    check, _ = (practice.pay(sale, session, "check", one) for one in (9_000, 4_000))
    financed, _ = (practice.pay(sale, session, "third_party", one) for one in (15_000, 5_000))
    practice.pay(sale, session, "cash", 6_000)
    payout = practice.pay_out_card(paid, day, 580)
    practice.arrive(a, day, payout["net_minor"], "processor_payout", payout)
    practice.report(a, day, held["amount_minor"], payment_id=held["id"])
    practice.report(a, day, 40, kind="adjustment")
    (refunded,) = (one for one in practice.all_rows("payout") if one["tender"] == "card")
    practice.report_refund(refunded, day)
    practice.fail_refund(refunded, day)
    practice.pay_out_opening(a, day, 2_500, 1_900)
    practice.pay_out_elsewhere(a, day, 777)
    practice.lose(practice.dispute(disputed, day, 1_500), day + dt.timedelta(days=1))
    practice.dispute(disputed, day + dt.timedelta(days=1), 1_500)
    practice.deposit_check(check, day)
    practice.return_check(check, day, 1_200)
    practice.remit(financed, day, 900)
    practice.give_back_dues(practice.join(dora, a, day, practice.plan(10_001)), dora, day)
    practice.drop_cash(session, 5_000)
    practice.bank_cash(a, day, 4_000, 3_990)
    practice.bank_line(a, day, -250)
    practice.explain(practice.bank_line(a, day, -80_000), day + dt.timedelta(days=1))
    refund_that_came_back(practice, day)


def refund_that_came_back(practice: RawPractice, day: dt.date) -> None:
    """By card 100.00, of which 40.00 go back, come back and are given in cash: 60.00 stay."""
    b = practice.locations[1]
    emma, session = practice.client(), practice.session(b, day)
    sale = practice.invoice(emma, b, day, [("service", 10_000, 0, 0)])
    card = practice.pay(sale, session, "card", 10_000)
    memo = practice.credit(sale, practice.lines_of(sale)[0], day, 4_000, 0)
    practice.fail_refund(practice.pay_out(memo, session, card, 4_000), day)
    practice.cash_out(emma, session, 4_000)
    practice.day(b, day)
    practice.close(b, day)
