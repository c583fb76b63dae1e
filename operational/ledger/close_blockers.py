"""What keeps a day from closing, in words and with a path to each thing to resolve; and what only warns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel.database import organization_of
from operational.ledger import unmatched
from operational.models import BankLine, RefundFailure

MESSAGES = {
    "prior_day_open": "An earlier day with business is still open.",
    "session_uncounted": "A drawer session is not counted.",
    "performed_not_invoiced": "A performed service is on no invoice.",
    "charted_not_billed": "Billed and charted quantities differ without a reason.",
    "appointment_not_final": "An appointment is neither completed, missed nor cancelled.",
    "card_payment_unresolved": "The outcome of a card payment is not known yet.",
    "credit_memo_not_paid_out": "A credit memo is not paid out or kept as credit.",
    "tip_without_provider": "A tip is not divided among providers.",
}
WARNINGS = {
    "unmatched_item": "Money left or came that nothing explains: match it, or say what it is.",
    "refund_failed": "A card refund came back: it is account credit again. Tell the client.",
    "use_given_back": "The use of a package or credit was given back: bill the visit again, or leave it so.",
    "opening_differs": "A processor paid other than what it owed at its start: ask it what it still holds.",
    "unmatched_bank_line": "The bank says something that matches nothing here: say what it is about.",
}
"""What needs a decision but no hurry: a day closes with it."""
_PATHS = {
    "drawer_session": "/v1/drawer-sessions/{id}",
    "appointment_item": "/v1/appointments/{id}",
    "appointment": "/v1/appointments/{id}",
    "payment": "/v1/payments/{id}",
    "payout": "/v1/payouts/{id}",
    "invoice": "/v1/invoices/{id}",
}
MAX_LINKS = 20
_BLOCKERS = text(
    "select code, subject_kind, subject_id, total from day_blockers(:location_id, :business_date)"
)
_BEFORE = text(
    "select business_date, idle from days_before(:location_id, :business_date) order by business_date"
)
# Of the merchant accounts whose lines about nothing of ours are here: the first location of a legal entity.
_OPENING_DIFFERS = text("""
select account.id from merchant_account as account
join location as here on here.org_id = account.org_id and here.legal_entity_id = account.legal_entity_id
where here.id = :location_id
  and not exists (
      select from location as other
      where other.org_id = here.org_id and other.legal_entity_id = here.legal_entity_id
        and (other.created_at, other.id) < (here.created_at, here.id))
  and coalesce(account.opening_minor, 0) <> (
      select coalesce(sum(line.amount_minor), 0) from processor_line as line
      where line.org_id = account.org_id and line.merchant_account_id = account.id
        and line.kind = 'opening' and line.refused_as is null)
order by account.id
""")
_GIVEN_BACK = text("select day_given_back(:location_id, :business_date)")


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason, how often it applies, and where to resolve it (20 links at most)."""

    code: str
    count: int
    links: tuple[str, ...]

    @property
    def message(self) -> str:
        return MESSAGES.get(self.code) or WARNINGS[self.code]

    def as_member(self) -> dict[str, Any]:
        """As a member of a problem document."""
        return {"code": self.code, "message": self.message, "count": self.count, "links": list(self.links)}


def blockers_of(
    session: Session, location_id: UUID, business_date: date, before: Sequence[tuple[date, bool]]
) -> list[Blocker]:
    """Everything that blocks the close of a day, in the order in which to resolve it.

    `before`: the days before it that are not closed, as `unclosed_before` tells them.
    """
    waiting = [day for day, idle in before if not idle]
    found = []
    if waiting:
        links = tuple(day_path(location_id, day) for day in waiting[:MAX_LINKS])
        found.append(Blocker("prior_day_open", len(waiting), links))
    links_by_code: dict[str, list[str]] = defaultdict(list)
    totals: dict[str, int] = {}
    for row in session.execute(_BLOCKERS, {"location_id": location_id, "business_date": business_date}):
        totals[row.code] = row.total
        links_by_code[row.code].append(_PATHS[row.subject_kind].format(id=row.subject_id))
    found.extend(
        Blocker(code, totals[code], tuple(links_by_code[code])) for code in MESSAGES if code in totals
    )
    return found


def warnings_of(session: Session, location_id: UUID, business_date: date) -> list[Blocker]:
    """What is left to decide at a location, whichever day it is from, and what came back on this."""
    undone = select(RefundFailure.undoes_id).where(RefundFailure.undoes_id.is_not(None))
    came_back = select(RefundFailure.payout_id).where(
        RefundFailure.org_id == organization_of(session),
        RefundFailure.location_id == location_id,
        RefundFailure.business_date == business_date,
        RefundFailure.undoes_id.is_(None),
        RefundFailure.id.not_in(undone),
    )
    bank = select(BankLine.id).where(
        BankLine.org_id == organization_of(session),
        BankLine.location_id == location_id,
        BankLine.match_kind.is_(None),
    )
    found = [
        (
            "unmatched_item",
            "/v1/unmatched-items/{}",
            session.scalars(unmatched.open_items(session, location_id=location_id)).all(),
        ),
        (
            "refund_failed",
            "/v1/payouts/{}",
            session.scalars(came_back.order_by(RefundFailure.payout_id)).all(),
        ),
        (
            "use_given_back",
            "/v1/appointments/{}",
            session.scalars(_GIVEN_BACK, {"location_id": location_id, "business_date": business_date}).all(),
        ),
        (
            "opening_differs",
            "/v1/merchant-accounts",
            session.scalars(_OPENING_DIFFERS, {"location_id": location_id}).all(),
        ),
        ("unmatched_bank_line", "/v1/bank-lines/{}", session.scalars(bank.order_by(BankLine.id)).all()),
    ]
    return [
        Blocker(code, len(ids), tuple(path.format(one) for one in ids[:MAX_LINKS]))
        for code, path, ids in found
        if ids
    ]


def unclosed_before(session: Session, location_id: UUID, business_date: date) -> list[tuple[date, bool]]:
    """Days before `business_date` that are not closed, oldest first, and whether they had no business."""
    rows = session.execute(_BEFORE, {"location_id": location_id, "business_date": business_date}).all()
    return [(row.business_date, row.idle) for row in rows]


def day_path(location_id: UUID, business_date: date) -> str:
    return f"/v1/locations/{location_id}/days/{business_date}"
