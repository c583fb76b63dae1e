"""What a day's close recognises without a document (metrics, section 7: rows 8, 10, 11; rule 6).

Called by the close while it holds the day: days of access earned, breakage in proportion to use, what
expired. A run per location and date is written, once; the database refuses a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import (
    Account,
    EntitlementMovementKind,
    LedgerEvent,
    MembershipStatus,
    PeriodStatus,
)
from operational.ledger.card_expiry import expire_cards
from operational.ledger.post import Line, post
from operational.models import (
    Entitlement,
    Location,
    Membership,
    MembershipFreeze,
    MembershipPeriod,
    RecognitionRun,
)
from operational.prepaid import arithmetic, entitlements
from operational.prepaid.entitlements import Held

MICRO = arithmetic.MICRO


@dataclass(frozen=True, slots=True)
class Pool:
    """A liability, its allowance, and where the run keeps what use has earned of its breakage."""

    liability: Account
    allowance: Account
    entitled: str


GIFT_CARDS = Pool(Account.GIFT_CARDS, Account.GIFT_CARD_BREAKAGE_ALLOWANCE, "gift_card_entitled")
PACKAGES = Pool(Account.DEFERRED_PACKAGES, Account.PACKAGE_BREAKAGE_ALLOWANCE, "package_entitled")
MEMBERSHIPS = Pool(Account.DEFERRED_MEMBERSHIPS, Account.MEMBERSHIP_BREAKAGE_ALLOWANCE, "membership_entitled")
POOLS = (GIFT_CARDS, PACKAGES, MEMBERSHIPS)

_CARDS_USED = text(
    "select coalesce(sum(p.amount_minor), 0) from posting p"
    " join journal_entry e on e.org_id = p.org_id and e.id = p.entry_id"
    " left join journal_entry r on r.org_id = e.org_id and r.id = e.reverses_id"
    " where p.org_id = :org_id and p.location_id = :location_id and p.business_date = :business_date"
    " and p.account = '2200' and coalesce(r.event, e.event) = 'balance_applied'"
)
_COVERED_USED = text(
    "select p.account, n.breakage_ppm, sum(p.amount_minor) as used from posting p"
    " join invoice_line l on l.org_id = p.org_id and l.id = p.invoice_line_id"
    " join entitlement n on n.org_id = l.org_id and n.id = l.covered_by"
    " where p.org_id = :org_id and p.location_id = :location_id and p.business_date = :business_date"
    " and p.account in ('2300', '2310') group by 1, 2"
)
_BALANCES = text(
    # Carried from the last frozen day, so that a close does not read all history.
    "with last as (select d.id, d.business_date from business_day d where d.org_id = :org_id"
    "  and d.location_id = :location_id and d.status = 'closed' and d.business_date < :business_date"
    "  order by d.business_date desc limit 1)"
    " select t.account, sum(t.amount) as balance from ("
    "  select f.key as account, f.amount_minor as amount from day_close_figure f"
    "  join last on last.id = f.business_day_id where f.org_id = :org_id and f.measure = 'balance'"
    "  union all select p.account, p.amount_minor from posting p where p.org_id = :org_id"
    "  and p.location_id = :location_id and p.business_date <= :business_date"
    "  and p.business_date > coalesce((select business_date from last), '-infinity')"
    " ) t where t.account in ('2200', '2209', '2300', '2309', '2310', '2319') group by 1"
)


def recognise(session: Session, location: Location, business_date: date, staff_id: UUID | None) -> None:
    """Recognise a held, open day. Its entries have the run as their source."""
    before = session.scalar(
        select(RecognitionRun)
        .where(RecognitionRun.location_id == location.id, RecognitionRun.business_date < business_date)
        .order_by(RecognitionRun.business_date.desc())
        .limit(1)
    )
    run_id = new_id()
    periods = _being_earned(session, location.id)
    earned = _dues_earned(session, location.id, periods, business_date)
    expired = _expire(session, location.id, business_date, before.business_date if before else None)
    cards = expire_cards(session, location, business_date)
    used = _used_micro(session, location, business_date)
    breakage: list[Line] = []
    expiry = [*cards, *(line for one in expired for line in _expired_lines(one))]
    entitled = {}
    balances = _balances(session, location, business_date)
    unearned = _unearned(periods)
    for pool in POOLS:
        so_far = (getattr(before, pool.entitled) if before else 0) + used.get(pool.liability, 0)
        held = -balances.get(pool.liability, 0)
        if pool is MEMBERSHIPS:
            # Only credits are used or not; access is earned by the day.
            held -= sum(line.amount_minor for line in earned if line.amount_minor > 0) + unearned
        should = arithmetic.allowance(so_far, held)
        change = should - balances.get(pool.allowance, 0)
        lost = _value(expired, pool) if pool is not GIFT_CARDS else sum(one.amount_minor for one in cards)
        released = min(lost, should)
        entitled[pool.entitled] = so_far - released * MICRO
        breakage += [
            Line(pool.allowance, change, location.id),
            Line(Account.BREAKAGE_REVENUE, -change, location.id),
        ]
        expiry += [
            Line(pool.allowance, -released, location.id),
            Line(Account.BREAKAGE_REVENUE, -(lost - released), location.id),
        ]
    session.add(
        RecognitionRun(
            org_id=location.org_id,
            id=run_id,
            location_id=location.id,
            business_date=business_date,
            **entitled,
        )
    )
    session.flush()
    for event, lines in (
        (LedgerEvent.DUES_EARNED, earned),
        (LedgerEvent.BREAKAGE_RECOGNISED, breakage),
        (LedgerEvent.PREPAID_EXPIRED, expiry),
    ):
        if any(line.amount_minor for line in lines):
            post(
                session,
                event=event,
                source_kind="recognition_run",
                source_id=run_id,
                lines=lines,
                business_date=business_date,
                staff_id=staff_id,
            )


def _being_earned(session: Session, location_id: UUID) -> Sequence[MembershipPeriod]:
    """Paid periods of which no day has taken all, held: those that begin later and those that ended too."""
    return session.scalars(
        select(MembershipPeriod)
        .where(
            MembershipPeriod.location_id == location_id,
            MembershipPeriod.status == PeriodStatus.PAID,
            MembershipPeriod.earned_days < MembershipPeriod.days,
        )
        .order_by(MembershipPeriod.membership_id, MembershipPeriod.number)
        .with_for_update(key_share=True)
    ).all()


def _dues_earned(
    session: Session, location_id: UUID, held: Sequence[MembershipPeriod], business_date: date
) -> list[Line]:
    """Row 8: of a period's access what its days up to this one have earned and no close has taken yet."""
    periods = [
        one
        for one in held
        if one.starts_on <= business_date and (one.ended_on is None or one.ended_on > business_date)
    ]
    frozen = _freezes(session, {period.membership_id for period in periods})
    lines: list[Line] = []
    for period in periods:
        days = days_earned(period, frozen.get(period.membership_id, ()), business_date)
        if days <= period.earned_days:
            continue
        amount = arithmetic.earned(period.access_minor, days, period.days) - arithmetic.earned(
            period.access_minor, period.earned_days, period.days
        )
        period.earned_days = days
        contract = period.membership_id
        lines += [
            Line(Account.DEFERRED_MEMBERSHIPS, amount, location_id, contract_id=contract),
            Line(Account.MEMBERSHIP_DUES, -amount, location_id, contract_id=contract),
        ]
    return lines


def days_earned(period: MembershipPeriod, frozen: Sequence[MembershipFreeze], until: date) -> int:
    """Days of a period up to and including `until` that were not frozen; never more than it has."""
    passed = (until - period.starts_on).days + 1
    for freeze in frozen:
        begin = max(freeze.frozen_from, period.starts_on)
        # Half-open: `frozen_until` is the first day that counts again.
        end = min((freeze.frozen_until or date.max).toordinal(), until.toordinal() + 1)
        passed -= max(end - begin.toordinal(), 0)
    return max(min(passed, period.days), 0)


def _freezes(session: Session, membership_ids: set[UUID]) -> Mapping[UUID, list[MembershipFreeze]]:
    found: dict[UUID, list[MembershipFreeze]] = {}
    if membership_ids:
        rows = select(MembershipFreeze).where(MembershipFreeze.membership_id.in_(membership_ids))
        for row in session.scalars(rows):
            found.setdefault(row.membership_id, []).append(row)
    return found


def _expire(
    session: Session, location_id: UUID, business_date: date, since: date | None
) -> list[tuple[Held, int]]:
    """Row 11: what may not be used after this day leaves, with its value; frozen credits wait."""
    frozen = select(Membership.id).where(Membership.status == MembershipStatus.FROZEN)
    query = select(Entitlement).where(
        Entitlement.location_id == location_id,
        Entitlement.expires_on <= business_date,
        Entitlement.membership_id.is_(None) | Entitlement.membership_id.not_in(frozen),
    )
    if since is not None:
        query = query.where(Entitlement.expires_on > since)
    rows = session.scalars(query).all()
    held = entitlements.hold(session, [row.id for row in rows]) if rows else {}
    expired = []
    for one in sorted(held.values(), key=lambda one: one.entitlement.id):
        value = entitlements.move_rest(
            session, one, EntitlementMovementKind.EXPIRED, location_id=location_id,
            business_date=business_date,
        )  # fmt: skip
        expired.append((one, value))
    session.flush()
    return expired


def _expired_lines(expired: tuple[Held, int]) -> list[Line]:
    held, value = expired
    return [Line(held.account, value, held.entitlement.location_id, contract_id=held.contract_id)]


def _value(expired: Sequence[tuple[Held, int]], pool: Pool) -> int:
    return sum(value for held, value in expired if held.account is pool.liability)


def _used_micro(session: Session, location: Location, business_date: date) -> dict[Account, int]:
    """Row 10: the breakage that the day's use earned of each pool, in millionths of a minor unit."""
    day = {"org_id": location.org_id, "location_id": location.id, "business_date": business_date}
    used: dict[Account, int] = {}
    for row in session.execute(_COVERED_USED, day):
        account = Account(row.account)
        used[account] = used.get(account, 0) + arithmetic.breakage_earned(int(row.used), row.breakage_ppm)
    cards = int(session.execute(_CARDS_USED, day).scalar_one())
    used[Account.GIFT_CARDS] = arithmetic.breakage_earned(cards, location.gift_card_breakage_ppm)
    return used


def _balances(session: Session, location: Location, business_date: date) -> dict[Account, int]:
    """Debit positive, at the end of the day as it stands."""
    day = {"org_id": location.org_id, "location_id": location.id, "business_date": business_date}
    return {Account(row.account): int(row.balance) for row in session.execute(_BALANCES, day)}


def _unearned(held: Sequence[MembershipPeriod]) -> int:
    """The access of paid periods that no day has earned yet."""
    return sum(
        one.access_minor
        - one.access_returned_minor
        - arithmetic.earned(one.access_minor, one.earned_days, one.days)
        for one in held
        if one.earned_days < one.days
    )
