"""Checkout: invoices from charts, balances used, bills paid now or later."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Account, MembershipStatus, Purpose, Tender
from operational.booking import visit as visiting
from operational.checkout import apply, invoices
from operational.checkout.schemas import ApplicationIn, InvoiceIn, PaymentIn
from operational.ledger.balances import invoice_open_minor, liability_minor
from operational.models import Membership
from operational.prepaid.entitlements import Held
from operational.prepaid.queries import usable
from operational.simulation import clinic, tender
from operational.simulation.events import BillPlan, Deposit, Finish, PayHow, PayLater, VisitPlan
from operational.simulation.stage import Stage, Visit

PPM = 1_000_000
DOLLAR = 100
BALANCES = (("deposit", Account.CLIENT_DEPOSITS), ("account_credit", Account.ACCOUNT_CREDIT))


def finish(stage: Stage, event: Finish) -> None:
    """Charted and signed, completed, invoiced, settled as far as the client does."""
    visit, known = event.visit, stage.ids.visits[event.visit.number]
    provider = stage.actors[visit.provider]
    with stage.act(provider, Purpose.TREATMENT, view="chart.treatment", client=known.client_id) as session:
        clinic.chart(session, stage, visit)
    who = stage.manager if visit.bill.discount else stage.front
    with stage.act(who, Purpose.PAYMENT, view="checkout.invoice", client=known.client_id) as session:
        visiting.complete(session, who, known.id)
        issued = invoices.issue_invoice(session, who, _invoice(session, stage, visit, known))
        known.invoice_id = issued.invoice.id
        _keep_package(stage, visit, known, issued)
        _use_balances(session, stage, known, visit.bill)
        call = _take(session, stage, visit, known, visit.place, visit.bill.how)
    _capture(stage, visit, known, call, visit.place, visit.bill.how)
    if visit.bill.sells_card is not None:
        code, value = visit.bill.sells_card
        stage.memory.cards[code] = value


def deposit(stage: Stage, event: Deposit) -> None:
    known = stage.ids.visits[event.visit.number]
    sent = tender.asked(
        stage, event.place, Tender.CARD, client_id=known.client_id, appointment_id=known.id,
        amount_minor=event.amount_minor, payment_token="tok_visa",  # noqa: S106
    )  # fmt: skip
    with stage.act(stage.front, Purpose.PAYMENT) as session:
        call = tender.begin_card(session, stage, sent)
    known.deposit = tender.capture(stage, call, event.place)
    stage.memory.balances.add(known.client_id)


def pay_later(stage: Stage, event: PayLater) -> None:
    pay_all(stage, event.visit, stage.ids.visits[event.visit.number], event.place, event.how)


def pay_all(stage: Stage, visit: VisitPlan, known: Visit, place: str, how: PayHow) -> None:
    """What is open of the visit's invoice, if anything is."""
    if known.invoice_id is None:
        return
    with stage.act(stage.front, Purpose.PAYMENT, view="checkout.invoice", client=known.client_id) as session:
        call = _take(session, stage, visit, known, place, how, tips=False)
    _capture(stage, visit, known, call, place, how)


def _keep_package(stage: Stage, visit: VisitPlan, known: Visit, issued: invoices.Issued) -> None:
    for line in issued.lines:
        if line.package_id is not None:
            stage.ids.packages[visit.number] = line.package_id
            stage.memory.holders.add(known.client_id)


def held_by(session: TenantSession, client_id: uuid.UUID) -> list[Held]:
    """The prepaid sessions and credits a client may use today: none of a membership that is frozen."""
    held = usable(session, client_id, clock.now().date())
    frozen = set(
        session.scalars(
            select(Membership.id).where(
                Membership.client_id == client_id, Membership.status == MembershipStatus.FROZEN
            )
        )
    )
    return [one for one in held if one.entitlement.membership_id not in frozen]


def _invoice(session: TenantSession, stage: Stage, visit: VisitPlan, known: Visit) -> InvoiceIn:
    bill = visit.bill
    body: dict[str, object] = {
        "location_id": stage.ids.places[visit.place],
        "client_id": known.client_id,
        "currency": tender.CURRENCY,
        "appointment_id": known.id,
        "retail": [
            {
                "product_id": stage.ids.products[name],
                "quantity": 1,
                "provider_id": stage.ids.staff[visit.provider],
            }
            for name in bill.goods
        ],
    }
    if bill.discount is not None:
        reason, share = bill.discount
        lines: list[dict[str, object]] = [{"appointment_item_id": item} for item in known.items]
        lines[0]["discount"] = {"reason": reason, "percent_ppm": share}
        body["services"] = lines
    elif (lines_covered := _covered(session, stage, visit, known)) is not None:
        body["services"] = lines_covered
    if bill.sells_package is not None:
        body["packages"] = [{"package_plan_id": stage.ids.plans[bill.sells_package]}]
    if bill.sells_card is not None:
        body["gift_cards"] = [{"code": bill.sells_card[0], "value_minor": bill.sells_card[1]}]
    return InvoiceIn.model_validate(body)


def _covered(
    session: TenantSession, stage: Stage, visit: VisitPlan, known: Visit
) -> list[dict[str, object]] | None:
    """The visit's items, taken from the client's package or membership while it lasts; None: from none."""
    if known.client_id not in stage.memory.holders:
        return None
    held = {
        one.entitlement.service_id: one.entitlement.id for one in reversed(held_by(session, known.client_id))
    }
    lines: list[dict[str, object]] = []
    for item_id, item in zip(known.items, visit.items, strict=True):
        line: dict[str, object] = {"appointment_item_id": item_id}
        entitlement = held.pop(stage.ids.services[item.offer], None)
        if entitlement is not None:
            line["entitlement_id"] = entitlement
        lines.append(line)
    return lines


def _use_balances(session: TenantSession, stage: Stage, known: Visit, bill: BillPlan) -> None:
    """Deposit and credit first, then a gift card, as far as they go."""
    invoice_id = _invoice_of(known)
    if known.client_id in stage.memory.balances:
        held = 0
        for source, account in BALANCES:
            owed = liability_minor(session, account, client_id=known.client_id)
            if owed > 0 and invoice_open_minor(session, invoice_id) > 0:
                used = _apply(session, stage, invoice_id, source=source)
                owed -= used
            held += owed
        if held == 0:
            stage.memory.balances.discard(known.client_id)
    code = bill.uses_card
    if code is not None and stage.memory.cards.get(code) and invoice_open_minor(session, invoice_id) > 0:
        stage.memory.cards[code] -= _apply(
            session, stage, invoice_id, source="gift_card", gift_card_code=code
        )


def _apply(session: TenantSession, stage: Stage, invoice_id: uuid.UUID, **request: object) -> int:
    sent = ApplicationIn.model_validate({"currency": tender.CURRENCY, **request})
    return apply.apply_balance(session, stage.front, invoice_id, sent).amount_minor


def _take(
    session: TenantSession,
    stage: Stage,
    visit: VisitPlan,
    known: Visit,
    place: str,
    how: PayHow,
    *,
    tips: bool = True,
) -> tender.Call | None:
    """Cash and checks at once; a card's call waits for the commit."""
    invoice_id = _invoice_of(known)
    due = invoice_open_minor(session, invoice_id)
    if due <= 0 or how == "nothing":
        return None
    tip = _tip(stage, visit, place, due) if tips and how not in ("check", "part") else None
    if how == "cash" and due >= DOLLAR:
        known.paid.append(tender.cash(session, stage, place, invoice_id, due, tip))
        return None
    if how == "check":
        known.paid.append(tender.check(session, stage, place, invoice_id, due, visit.number))
        return None
    amount = due
    if how == "split" and due > 2 * DOLLAR:
        first = due // 2 // DOLLAR * DOLLAR
        known.paid.append(tender.cash(session, stage, place, invoice_id, first))
        amount = due - first
    elif how == "part" and due > 2 * DOLLAR:
        amount = due // 2
    token = {"declined": tender.DECLINED, "unanswered": tender.UNANSWERED}.get(how, visit.bill.brand)
    return tender.begin_card(session, stage, _card(stage, place, invoice_id, amount, token, tip))


def _capture(
    stage: Stage, visit: VisitPlan, known: Visit, call: tender.Call | None, place: str, how: PayHow
) -> None:
    if call is None:
        return
    paid = tender.capture(stage, call, place)
    if paid is None:
        # Declined: another card, without a tip this time.
        with stage.act(stage.front, Purpose.PAYMENT) as session:
            invoice_id = _invoice_of(known)
            due = invoice_open_minor(session, invoice_id)
            again = tender.begin_card(
                session, stage, _card(stage, place, invoice_id, due, visit.bill.brand, None)
            )
        paid = tender.capture(stage, again, place)
    if paid is not None and how != "unanswered":
        known.paid.append(paid)


def _card(
    stage: Stage,
    place: str,
    invoice_id: uuid.UUID,
    amount: int,
    token: str,
    tip: tuple[uuid.UUID, int] | None,
) -> PaymentIn:
    return tender.asked(
        stage, place, Tender.CARD, tip, invoice_id=invoice_id, amount_minor=amount, payment_token=token
    )


def _tip(stage: Stage, visit: VisitPlan, place: str, due: int) -> tuple[uuid.UUID, int] | None:
    """In whole dollars, on what is paid; remembered, for tips are paid out of the drawer each week."""
    amount = due * visit.bill.tip_ppm // PPM // DOLLAR * DOLLAR
    if amount == 0:
        return None
    if visit.bill.how != "declined":
        stage.memory.tips[place, visit.provider] += amount
    return stage.ids.staff[visit.provider], amount


def _invoice_of(known: Visit) -> uuid.UUID:
    if known.invoice_id is None:
        raise LookupError("the visit has no invoice")
    return known.invoice_id
