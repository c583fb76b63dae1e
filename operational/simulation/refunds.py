"""Money back: returned deposits, credit memos, what is left of a package."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Purpose
from operational.checkout import credit
from operational.checkout.refundable import payable_of_memo, rest_of_payment
from operational.checkout.schemas import CreditMemoIn, PayoutIn
from operational.ledger.balances import lock_payment
from operational.models import InvoiceLine
from operational.packages import refund as refunding
from operational.packages.schemas import RefundIn
from operational.simulation import tender
from operational.simulation.checkout import PPM, held_by
from operational.simulation.events import Refund, RefundPackage
from operational.simulation.stage import Paid, Stage, Visit


def return_deposit(stage: Stage, known: Visit) -> None:
    """To the card it came from, when the practice cancelled."""
    if known.deposit is None:
        return
    sent = PayoutIn(
        currency=tender.CURRENCY, payment_id=known.deposit.payment_id, amount_minor=known.deposit.value_minor
    )
    tender.give_back(stage, stage.manager, sent)
    known.deposit = None


def refund(stage: Stage, event: Refund) -> None:
    """A credit memo on the first line, then its payout: to the tender where it can be, else as credit."""
    known = stage.ids.visits[event.visit.number]
    if known.invoice_id is None:
        return
    with stage.act(
        stage.manager, Purpose.PAYMENT, view="checkout.invoice", client=known.client_id
    ) as session:
        line = session.scalars(
            select(InvoiceLine).where(InvoiceLine.invoice_id == known.invoice_id, InvoiceLine.position == 1)
        ).one()
        net = line.net_minor * event.share_ppm // PPM
        if net == 0:
            return
        memo = credit.issue_credit_memo(
            session,
            stage.manager,
            known.invoice_id,
            CreditMemoIn.model_validate(
                {"reason": event.reason, "lines": [{"invoice_line_id": line.id, "net_minor": net}]}
            ),
        ).memo
        payable = payable_of_memo(session, memo)
        back = None if event.to_credit else _returnable(session, known, event.visit.place)
    _pay_out(stage, known, memo.id, payable, back)


def refund_package(stage: Stage, event: RefundPackage) -> None:
    """What is left of a package, kept as account credit or back to the card."""
    known = stage.ids.visits[event.visit.number]
    package_id = stage.ids.packages.get(event.visit.number)
    if package_id is None:
        return
    with stage.act(
        stage.manager, Purpose.PAYMENT, view="checkout.invoice", client=known.client_id
    ) as session:
        if not any(held.entitlement.package_id == package_id for held in held_by(session, known.client_id)):
            return
        sent = RefundIn.model_validate({"reason": "goodwill", "reprice_used": event.reprices})
        memo = refunding.refund_package(session, stage.manager, package_id, sent).memo
        payable = payable_of_memo(session, memo)
        back = _returnable(session, known, event.visit.place)
    _pay_out(stage, known, memo.id, payable, back)


def _pay_out(
    stage: Stage, known: Visit, memo_id: uuid.UUID, payable: int, back: tuple[Paid, int] | None
) -> None:
    """All of a memo: to the card as far as it goes, the rest as account credit."""
    if back is not None and payable:
        paid, rest = back
        sent = PayoutIn(
            currency=tender.CURRENCY,
            credit_memo_id=memo_id,
            payment_id=paid.payment_id,
            amount_minor=min(payable, rest),
        )
        tender.give_back(stage, stage.manager, sent)
        payable -= min(payable, rest)
    if payable:
        kept = PayoutIn(
            currency=tender.CURRENCY, credit_memo_id=memo_id, to_account_credit=True, amount_minor=payable
        )
        tender.give_back(stage, stage.manager, kept)
        stage.memory.balances.add(known.client_id)


def _returnable(session: TenantSession, known: Visit, place: str) -> tuple[Paid, int] | None:
    """A card payment of the invoice that can be given back, and how much of it."""
    for paid in known.paid:
        if paid.tender == "card" and paid.place == place:
            rest = rest_of_payment(session, lock_payment(session, paid.payment_id)).value_minor
            if rest > 0:
                return paid, rest
    return None
