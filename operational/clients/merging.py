"""What merging two records would do: which details win, what moves, what stays, what stands in the way.

Looking only; the merge itself is in merge.py and shows the same figures, taken under its locks.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Account, AppointmentStatus, MembershipStatus, PaymentStatus, Permission
from operational.client_records import of_client, open_client
from operational.clients.errors import SameRecord
from operational.identity.access import Actor
from operational.ledger.balances import liability_minor
from operational.models import (
    Appointment,
    Base,
    ChartNote,
    Client,
    ClientNote,
    Invoice,
    Membership,
    MembershipPlanVersion,
    Payment,
    Payout,
    SignedConsent,
    TreatmentRecord,
)
from operational.models.moving import following

Detail = Literal[
    "first_name", "last_name", "phone", "email", "birth_date", "street", "city", "state", "zip_code",
    "source", "home_location_id",
]  # fmt: skip
FIELDS: tuple[Detail, ...] = get_args(Detail)
STAYING: tuple[type[Base], ...] = (Invoice, Payment, ChartNote, TreatmentRecord, SignedConsent, ClientNote)
UNSETTLED = (PaymentStatus.PENDING, PaymentStatus.UNKNOWN)
ConflictCode = Literal[
    "card_payment_open", "same_membership_plan", "visits_overlap", "different_birth_dates", "do_not_treat"
]
BLOCKING: frozenset[ConflictCode] = frozenset({"card_payment_open"})


@dataclass(frozen=True)
class FieldChoice:
    field: str
    survivor: Any
    merged: Any
    wins: Literal["survivor", "merged"]


@dataclass(frozen=True)
class Balances:
    deposits_minor: int
    account_credit_minor: int


@dataclass(frozen=True)
class Preview:
    survivor: Client
    merged: Client
    fields: list[FieldChoice]
    flags: list[str]
    moves: dict[str, int]
    stays: dict[str, int]
    balances: dict[str, Balances]
    """By `survivor` and `merged`; empty for who may not see money."""
    conflicts: list[ConflictCode]

    @property
    def blocked(self) -> list[ConflictCode]:
        return [one for one in self.conflicts if one in BLOCKING]

    @property
    def version(self) -> str:
        """What the merge wants back: that neither record was changed since it was looked at."""
        return f"{self.survivor.version}-{self.merged.version}"


def preview(
    session: Session,
    actor: Actor,
    survivor_id: uuid.UUID,
    merged_id: uuid.UUID,
    take: Collection[str] = (),
    *,
    lock: bool = False,
) -> Preview:
    """`take` names details whose value of the merged record wins although the survivor has one.

    Raises Forbidden, NotFound, ClientMerged, SameRecord, Invalid.
    """
    actor.require_everywhere(Permission.CLIENT_MERGE)
    if survivor_id == merged_id:
        raise SameRecord
    if unknown := sorted(set(take) - set(FIELDS)):
        raise Invalid(f"take: {', '.join(unknown)} is no detail of a client.")
    # In one order for everybody: two merges of the same pair wait for each other.
    rows = {one: open_client(session, one, lock=lock) for one in sorted((survivor_id, merged_id))}
    survivor, merged = rows[survivor_id], rows[merged_id]
    return Preview(
        survivor=survivor,
        merged=merged,
        fields=[_choice(name, survivor, merged, name in take) for name in FIELDS],
        flags=sorted({*survivor.flags, *merged.flags}),
        moves={model.__tablename__: _count(session, model, merged_id) for model in following()},
        stays={model.__tablename__: _count(session, model, merged_id) for model in STAYING},
        balances=_balances(session, actor, survivor_id, merged_id),
        conflicts=_conflicts(session, survivor, merged),
    )


def _choice(name: str, survivor: Client, merged: Client, taken: bool) -> FieldChoice:
    mine, theirs = getattr(survivor, name), getattr(merged, name)
    wins = theirs is not None and (mine is None or taken)
    return FieldChoice(name, mine, theirs, "merged" if wins else "survivor")


def _count(session: Session, model: type[Base], client_id: uuid.UUID) -> int:
    column = model.client_id  # type: ignore[attr-defined]
    rows = select(func.count()).select_from(model).where(of_client(column, client_id))
    return int(session.scalar(rows) or 0)


def _balances(
    session: Session, actor: Actor, survivor_id: uuid.UUID, merged_id: uuid.UUID
) -> dict[str, Balances]:
    if not actor.may(Permission.INVOICE_READ):
        return {}
    return {
        whose: Balances(
            liability_minor(session, Account.CLIENT_DEPOSITS, client_id=one),
            liability_minor(session, Account.ACCOUNT_CREDIT, client_id=one),
        )
        for whose, one in (("survivor", survivor_id), ("merged", merged_id))
    }


def _conflicts(session: Session, survivor: Client, merged: Client) -> list[ConflictCode]:
    found: list[ConflictCode] = []
    if any(
        _card_open(session, model, one) for model in (Payment, Payout) for one in (survivor.id, merged.id)
    ):
        found.append("card_payment_open")
    if _plans(session, survivor.id) & _plans(session, merged.id):
        found.append("same_membership_plan")
    if _overlapping(session, survivor.id, merged.id):
        found.append("visits_overlap")
    if survivor.birth_date and merged.birth_date and survivor.birth_date != merged.birth_date:
        found.append("different_birth_dates")
    if "do_not_treat" in merged.flags and "do_not_treat" not in survivor.flags:
        found.append("do_not_treat")
    return found


def _card_open(session: Session, model: type[Payment] | type[Payout], client_id: uuid.UUID) -> bool:
    asked = select(model.id).where(of_client(model.client_id, client_id), model.status.in_(UNSETTLED))
    return session.scalar(asked.limit(1)) is not None


def _plans(session: Session, client_id: uuid.UUID) -> set[uuid.UUID]:
    return set(
        session.scalars(
            select(MembershipPlanVersion.membership_plan_id)
            .join(
                Membership,
                (Membership.org_id == MembershipPlanVersion.org_id)
                & (Membership.membership_plan_version_id == MembershipPlanVersion.id),
            )
            .where(Membership.client_id == client_id, Membership.status != MembershipStatus.CANCELLED)
        )
    )


def _overlapping(session: Session, one: uuid.UUID, other: uuid.UUID) -> bool:
    holding = [status for status in AppointmentStatus if status.holds_time and not status.is_final]
    mine, theirs = (
        select(Appointment.starts_at, Appointment.ends_at)
        .where(Appointment.client_id == client_id, Appointment.status.in_(holding))
        .subquery()
        for client_id in (one, other)
    )
    both = select(mine.c.starts_at).join(
        theirs, (mine.c.starts_at < theirs.c.ends_at) & (theirs.c.starts_at < mine.c.ends_at)
    )
    return session.execute(both.limit(1)).first() is not None
