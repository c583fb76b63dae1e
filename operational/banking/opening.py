"""The day with which a merchant account's report begins here, and what the processor owed then (row 35)."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Account, LedgerEvent, PaymentStatus, Permission
from operational.banking.errors import ReportBegun, TakenBefore
from operational.banking.processor_subjects import home_of
from operational.checkout.errors import WrongCurrency
from operational.checkout.queries import found
from operational.identity.access import Actor
from operational.ledger.days import open_business_date
from operational.ledger.post import Line, post
from operational.models import MerchantAccount, MerchantOpening, Payment, ProcessorLine, ProcessorPayout


def tell_opening(
    session: Session,
    actor: Actor,
    account_id: uuid.UUID,
    currency: str,
    amount_minor: int,
    begins: date | None = None,
) -> tuple[MerchantAccount, uuid.UUID]:
    """Book what the processor owed when its report begins; the account, and where that stands.

    Said again, the difference is booked. `begins` moves that day, while nothing of the report is read. Raises
    Forbidden, NotFound, WrongCurrency, ReportBegun, TakenBefore, Invalid.
    """
    actor.require_everywhere(Permission.ORGANIZATION_MANAGE)
    account = found(session, MerchantAccount, account_id, "merchant account", lock=True)
    home = home_of(session, account)
    if currency != home.currency:
        raise WrongCurrency
    if begins is not None and begins != account.reports_from:
        if begins > clock.business_date(clock.now(), home.timezone, home.cutover_hour):
            raise Invalid("reports_from: a day that has begun.")
        if _is_read(session, account_id):
            raise ReportBegun("Leave `reports_from` out to tell the opening alone.")
        account.reports_from = begins
    if _has_taken(session, account):
        # That is on the clearing account already, and the opening balance would hold it once more.
        raise TakenBefore("Let the report begin no later than the day of the first payment here.")
    difference = amount_minor - (account.opening_minor or 0)
    account.opening_minor = amount_minor
    if difference:
        day = open_business_date(session, home.id)
        told = MerchantOpening(
            org_id=account.org_id,
            merchant_account_id=account.id,
            location_id=home.id,
            business_date=day,
            amount_minor=difference,
        )
        session.add(told)
        session.flush()
        post(
            session,
            event=LedgerEvent.CUTOVER,
            source_kind="merchant_opening",
            source_id=told.id,
            lines=[
                Line(Account.CARD_CLEARING, difference, home.id, merchant_account_id=account.id),
                Line(Account.OPENING_BALANCES, -difference, home.id),
            ],
            business_date=day,
            external_date=account.reports_from if account.reports_from != day else None,
            staff_id=actor.staff_id,
        )
    return account, home.id


def _has_taken(session: Session, account: MerchantAccount) -> bool:
    taken = select(Payment.id).where(
        Payment.merchant_account_id == account.id,
        Payment.status == PaymentStatus.SUCCEEDED,
        Payment.business_date < account.reports_from,
    )
    return session.scalar(taken.limit(1)) is not None


def _is_read(session: Session, account_id: uuid.UUID) -> bool:
    return any(
        session.scalar(select(model.id).where(model.merchant_account_id == account_id).limit(1)) is not None
        for model in (ProcessorLine, ProcessorPayout)
    )
