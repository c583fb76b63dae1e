"""Cash that moves without a sale: paid in, paid out, dropped, paid as tips."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from medspa.kernel.errors import Invalid, NotFound
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, DrawerMovementKind, DrawerStatus, LedgerEvent, Permission
from operational.identity.access import Actor
from operational.ledger.drawer_cash import expected_minor
from operational.ledger.errors import NotEnoughCash, SessionNotOpen, TipsExceeded
from operational.ledger.post import Line, post
from operational.models import DrawerMovement, DrawerSession, Posting, StaffMember

REASONS: Mapping[DrawerMovementKind, Mapping[str, Account]] = {
    DrawerMovementKind.PAID_IN: {
        "bank": Account.BANK,
        "safe": Account.CASH_IN_TRANSIT,
        "petty_cash_returned": Account.PETTY_CASH,
    },
    DrawerMovementKind.PAID_OUT: {
        "petty_cash": Account.PETTY_CASH,
        "supplies": Account.PETTY_CASH,
        "postage": Account.PETTY_CASH,
        "refreshments": Account.PETTY_CASH,
    },
    DrawerMovementKind.DROP: {"safe": Account.CASH_IN_TRANSIT, "bag": Account.CASH_IN_TRANSIT},
    DrawerMovementKind.TIPS_PAID: {"tips": Account.TIPS_PAYABLE},
}
"""Reason code → the account on the other side of the drawer."""

_EVENT = {
    DrawerMovementKind.PAID_IN: LedgerEvent.CASH_PAID_IN,
    DrawerMovementKind.PAID_OUT: LedgerEvent.CASH_PAID_OUT,
    DrawerMovementKind.DROP: LedgerEvent.CASH_DROPPED,
    DrawerMovementKind.TIPS_PAID: LedgerEvent.TIPS_PAID_OUT,
}


def record_movement(
    session: Session,
    actor: Actor,
    session_id: UUID,
    kind: DrawerMovementKind,
    amount_minor: int,
    reason: str,
    provider_id: UUID | None = None,
) -> DrawerMovement:
    """Record cash paid in or out of an open session and post it on the session's day.

    Raises SessionNotOpen, NotEnoughCash, TipsExceeded, and Invalid for an amount, reason or provider that
    does not fit the kind.
    """
    held = hold_session(session, session_id)
    actor.require(Permission.DRAWER_OPERATE, held.location_id)
    if held.status is not DrawerStatus.OPEN:
        raise SessionNotOpen("This drawer session is counted; open a new one.")
    other = _other_account(kind, amount_minor, reason, provider_id)
    into_drawer = amount_minor if kind is DrawerMovementKind.PAID_IN else -amount_minor
    if provider_id is not None:
        _require_tips(session, held.location_id, provider_id, amount_minor)
    if into_drawer < 0 and expected_minor(session, held) < amount_minor:
        raise NotEnoughCash
    movement = DrawerMovement(
        org_id=actor.org_id,
        id=new_id(),
        drawer_session_id=held.id,
        kind=kind,
        amount_minor=amount_minor,
        provider_id=provider_id,
        reason=reason,
        staff_id=actor.staff_id,
    )
    session.add(movement)
    post(
        session,
        event=_EVENT[kind],
        source_kind="drawer_movement",
        source_id=movement.id,
        business_date=held.business_date,
        staff_id=actor.staff_id,
        lines=[
            Line(Account.CASH_DRAWER, into_drawer, held.location_id),
            Line(other, -into_drawer, held.location_id, provider_id=provider_id),
        ],
    )
    return movement


def hold_session(session: Session, session_id: UUID) -> DrawerSession:
    """The session as it is, held so that no cash moves until the transaction ends. Raises NotFound."""
    found = session.get(
        DrawerSession, (organization_of(session), session_id), populate_existing=True, with_for_update=True
    )
    if found is None:
        raise NotFound("There is no such drawer session.")
    return found


def _other_account(
    kind: DrawerMovementKind, amount_minor: int, reason: str, provider_id: UUID | None
) -> Account:
    if amount_minor <= 0:
        raise Invalid("amount_minor: send an amount above zero; the kind says which way it goes.")
    if reason not in REASONS[kind]:
        raise Invalid(f"reason: send one of {', '.join(REASONS[kind])}.")
    if (kind is DrawerMovementKind.TIPS_PAID) != (provider_id is not None):
        raise Invalid("provider_id: tips are paid to a provider, other movements name none.")
    return REASONS[kind][reason]


def _require_tips(session: Session, location_id: UUID, provider_id: UUID, amount_minor: int) -> None:
    """Tips are paid once: two desks wait for each other on the provider's row."""
    org_id = organization_of(session)
    provider = session.scalars(
        select(StaffMember.id)
        .where(StaffMember.org_id == org_id, StaffMember.id == provider_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if provider is None:
        raise NotFound("There is no such provider.")
    owed = -int(
        session.execute(
            select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
                Posting.org_id == org_id,
                Posting.account == Account.TIPS_PAYABLE.value,
                Posting.location_id == location_id,
                Posting.provider_id == provider_id,
            )
        ).scalar_one()
    )
    if owed < amount_minor:
        raise TipsExceeded(
            "Pay at most what is owed to this provider at this location.", {"owed_minor": owed}
        )
