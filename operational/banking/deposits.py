"""What is brought to the bank: checks, and bags of cash out of the safe (row 29).

A check counts as money at the bank when it is deposited, cash when the bank has counted it. What the bank
counts otherwise than the bag's slip says is over or short.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.vocabulary import (
    Account,
    BankDepositKind,
    BankDepositStatus,
    LedgerEvent,
    PaymentStatus,
    Permission,
    Tender,
)
from operational.banking.errors import AlreadyConfirmed, DoesNotMatch, NotInHand
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.balances import lock_payment
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import BankDeposit, BankDepositItem, Location, Posting


def send_bag(session: Session, actor: Actor, location_id: uuid.UUID, amount_minor: int) -> BankDeposit:
    """Cash out of the safe on its way to the bank. Raises Forbidden, NotFound, NotInHand."""
    actor.require(Permission.DRAWER_OPERATE, location_id)
    location = hold_location(session, location_id)
    if amount_minor <= 0:
        raise Invalid("amount_minor: send an amount above zero.")
    in_transit = session.scalar(
        select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
            Posting.org_id == actor.org_id,
            Posting.location_id == location_id,
            Posting.account == Account.CASH_IN_TRANSIT.value,
        )
    )
    on_its_way = session.scalar(
        select(func.coalesce(func.sum(BankDeposit.amount_minor), 0)).where(
            BankDeposit.location_id == location_id,
            BankDeposit.kind == BankDepositKind.CASH,
            BankDeposit.status == BankDepositStatus.SENT,
        )
    )
    waiting = int(in_transit or 0) - int(on_its_way or 0)
    if amount_minor > waiting:
        raise NotInHand("Send at most what is in the safe.", {"waiting_minor": max(waiting, 0)})
    return _deposit(session, actor, location, BankDepositKind.CASH, amount_minor)


def deposit_checks(
    session: Session, actor: Actor, location_id: uuid.UUID, payment_ids: Sequence[uuid.UUID]
) -> BankDeposit:
    """Checks of a location deposited together. Raises Forbidden, NotFound, NotInHand."""
    actor.require(Permission.DRAWER_OPERATE, location_id)
    location = hold_location(session, location_id)
    if not payment_ids or len(set(payment_ids)) != len(payment_ids):
        raise Invalid("payment_ids: name each check once.")
    payments = [lock_payment(session, one) for one in sorted(payment_ids)]
    deposited = session.scalars(
        select(BankDepositItem.payment_id).where(BankDepositItem.payment_id.in_(payment_ids))
    ).all()
    for one in payments:
        is_here = one.location_id == location_id and one.tender is Tender.CHECK
        if not is_here or one.status is not PaymentStatus.SUCCEEDED or one.id in deposited:
            raise NotInHand(extra={"payment_id": str(one.id)})
    amount = sum(one.amount_minor for one in payments)
    deposit = _deposit(session, actor, location, BankDepositKind.CHECKS, amount)
    session.add_all(
        BankDepositItem(org_id=actor.org_id, bank_deposit_id=deposit.id, payment_id=one.id)
        for one in payments
    )
    lines = [
        Line(Account.BANK, amount, location_id),
        Line(Account.CHECKS_TO_DEPOSIT, -amount, location_id),
    ]
    _post(session, actor, deposit, LedgerEvent.CHECKS_DEPOSITED, lines, None)
    return deposit


def confirm(
    session: Session,
    actor: Actor,
    deposit_id: uuid.UUID,
    amount_minor: int | None = None,
    external_date: date | None = None,
) -> BankDeposit:
    """The bank has counted it: `amount_minor`, or what the slip says.

    Raises Forbidden, NotFound, AlreadyConfirmed, DoesNotMatch (checks: what differs is a returned check).
    """
    seen = found(session, BankDeposit, deposit_id, "bank deposit")
    actor.require(Permission.DAY_CLOSE, seen.location_id)
    # A bag that is being sent counts what is in the safe and what is on its way: not while one arrives.
    hold_location(session, seen.location_id)
    deposit = found(session, BankDeposit, deposit_id, "bank deposit", lock=True)
    if deposit.status is BankDepositStatus.CONFIRMED:
        raise AlreadyConfirmed
    counted = deposit.amount_minor if amount_minor is None else amount_minor
    place = deposit.location_id
    day = open_business_date(session, place)
    deposit.status = BankDepositStatus.CONFIRMED
    deposit.confirmed_minor = counted
    deposit.confirmed_on = day
    deposit.external_date = external_date if external_date != day else None
    if deposit.kind is BankDepositKind.CASH:
        lines = [
            Line(Account.BANK, counted, place),
            Line(Account.CASH_OVER_SHORT, deposit.amount_minor - counted, place),
            Line(Account.CASH_IN_TRANSIT, -deposit.amount_minor, place),
        ]
        _post(session, actor, deposit, LedgerEvent.CASH_BANKED, lines, deposit.external_date)
    elif counted != deposit.amount_minor:
        raise DoesNotMatch(
            "Record the check that the bank gave back.", {"amount_minor": deposit.amount_minor}
        )
    session.flush()
    return deposit


def hold_location(session: Session, location_id: uuid.UUID) -> Location:
    """The location, held: of two bags that take the same cash, the second waits and finds it gone."""
    row = session.scalar(
        select(Location)
        .where(Location.id == location_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such location.")
    return row


def _deposit(
    session: Session, actor: Actor, location: Location, kind: BankDepositKind, amount: int
) -> BankDeposit:
    deposit = BankDeposit(
        org_id=actor.org_id, location_id=location.id, kind=kind, status=BankDepositStatus.SENT,
        currency=location.currency, amount_minor=amount,
        business_date=open_business_date(session, location.id), sent_by=actor.staff_id,
    )  # fmt: skip
    session.add(deposit)
    session.flush()
    return deposit


def _post(
    session: Session,
    actor: Actor,
    deposit: BankDeposit,
    event: LedgerEvent,
    lines: list[Line],
    external_date: date | None,
) -> None:
    post(
        session,
        event=event,
        source_kind="bank_deposit",
        source_id=deposit.id,
        lines=lines,
        external_date=external_date,
        staff_id=actor.staff_id,
    )
