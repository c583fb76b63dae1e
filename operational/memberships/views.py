"""From rows to what the endpoints of memberships show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account
from operational.checkout.claims import StoredAnswer
from operational.checkout.idempotency import answer
from operational.ledger.balances import liability_minor
from operational.memberships.change import Changed
from operational.memberships.plans import credits_of, current_version
from operational.memberships.schemas import (
    MembershipAnswer,
    MembershipPlanView,
    MembershipView,
    PeriodView,
    PlanChangeAnswer,
    VersionView,
)
from operational.models import Membership, MembershipPeriod, MembershipPlan, MembershipPlanVersion
from operational.packages.schemas import ItemView

_TERMS = [name for name in VersionView.model_fields if name != "credits"]
_KEPT = [name for name in MembershipView.model_fields if name not in ("has_card", "balance_minor", "periods")]


def version_in_full(session: Session, row: MembershipPlanVersion) -> VersionView:
    items = [ItemView.model_validate(item) for item in credits_of(session, row.id)]
    return VersionView(**{name: getattr(row, name) for name in _TERMS}, credits=items)


def plans_in_full(session: Session, rows: Sequence[MembershipPlan]) -> list[MembershipPlanView]:
    return [
        MembershipPlanView(
            id=row.id, name=row.name, active=row.active, version=row.version,
            current=version_in_full(session, current_version(session, row.id)),
        )
        for row in rows
    ]  # fmt: skip


def membership_in_full(session: Session, row: Membership) -> Mapping[str, Any]:
    periods = session.scalars(
        select(MembershipPeriod)
        .where(MembershipPeriod.membership_id == row.id)
        .order_by(MembershipPeriod.number)
    ).all()
    return {
        **{name: getattr(row, name) for name in _KEPT},
        "has_card": row.payment_token is not None,
        "balance_minor": liability_minor(session, Account.DEFERRED_MEMBERSHIPS, contract_id=row.id),
        "periods": [PeriodView.model_validate(period) for period in periods],
    }


def answer_of_change(changed: Changed) -> StoredAnswer:
    row = changed.membership
    said = PlanChangeAnswer(
        id=row.id, location_id=row.location_id, status=row.status, next_bill_on=row.next_bill_on,
        ends_on=row.ends_on, invoice_id=changed.invoice_id, credit_memo_id=changed.credit_memo_id,
        kept_minor=changed.kept_minor, due_minor=changed.due_minor,
    )  # fmt: skip
    return answer(200, said, row.location_id)


def answer_of(row: Membership, status: int = 200) -> StoredAnswer:
    return answer(status, MembershipAnswer.model_validate(row, from_attributes=True), row.location_id)
