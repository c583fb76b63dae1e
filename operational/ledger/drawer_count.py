"""The blind count: pieces by denomination go in, and only then the expected amount comes out."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from medspa.kernel.clock import now
from medspa.kernel.errors import Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, DrawerStatus, LedgerEvent, Permission
from operational.identity.access import Actor
from operational.ledger.drawer_cash import expected_minor
from operational.ledger.drawer_movements import hold_session
from operational.ledger.errors import NotEnoughCash, SessionNotOpen
from operational.ledger.post import Line, post
from operational.models import DrawerCount, DrawerSession

DENOMINATIONS: Mapping[str, tuple[int, ...]] = {
    "USD": (1, 5, 10, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
    "CAD": (5, 10, 25, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
    "EUR": (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000),
    "GBP": (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000),
}
"""Coins and notes in minor units. A currency that is not listed takes any."""
MAX_PIECES = 1_000_000


def count_session(
    session: Session,
    actor: Actor,
    session_id: UUID,
    pieces: Mapping[int, int],
    float_left_minor: int,
) -> DrawerSession:
    """Count and close a session, post over or short, and move all but the float into transit.

    `pieces`: denomination in minor units → how many. Raises SessionNotOpen, NotEnoughCash when more was
    given out than was ever put in, and Invalid for denominations, pieces or a float that cannot be.
    """
    held = hold_session(session, session_id)
    actor.require(Permission.DRAWER_OPERATE, held.location_id)
    if held.status is not DrawerStatus.OPEN:
        raise SessionNotOpen("This drawer session is counted already.")
    counted = _sum_of(pieces, held.currency)
    if not 0 <= float_left_minor <= counted:
        raise Invalid("float_left_minor: between zero and what was counted.")
    expected = expected_minor(session, held)
    if expected < 0:
        raise NotEnoughCash(
            "More cash was given out than this drawer ever held; record where it came from as paid in."
        )
    for denomination, number in sorted(pieces.items()):
        session.add(
            DrawerCount(
                org_id=held.org_id,
                id=new_id(),
                drawer_session_id=held.id,
                denomination_minor=denomination,
                pieces=number,
            )
        )
    held.status = DrawerStatus.CLOSED
    held.closed_at = now()
    held.closed_by = actor.staff_id
    held.expected_minor = expected
    held.counted_minor = counted
    # What was found wrong with the float is posted since the opening; the session answers for both.
    held.over_short_minor = held.opening_over_short_minor + counted - expected
    held.float_left_minor = float_left_minor
    session.flush()
    _post(session, held, LedgerEvent.OVER_SHORT, Account.CASH_OVER_SHORT, counted - expected)
    _post(session, held, LedgerEvent.CASH_DROPPED, Account.CASH_IN_TRANSIT, float_left_minor - counted)
    return held


def deposit_minor(counted: DrawerSession) -> int | None:
    """What left the drawer with the count; None while it is open."""
    if counted.counted_minor is None or counted.float_left_minor is None:
        return None
    return counted.counted_minor - counted.float_left_minor


def _post(
    session: Session, held: DrawerSession, event: LedgerEvent, other: Account, into_drawer: int
) -> None:
    if not into_drawer:
        return
    post(
        session,
        event=event,
        source_kind="drawer_session",
        source_id=held.id,
        business_date=held.business_date,
        staff_id=held.closed_by,
        lines=[
            Line(Account.CASH_DRAWER, into_drawer, held.location_id),
            Line(other, -into_drawer, held.location_id),
        ],
    )


def _sum_of(pieces: Mapping[int, int], currency: str) -> int:
    known = DENOMINATIONS.get(currency)
    for denomination, number in pieces.items():
        if denomination <= 0 or (known is not None and denomination not in known):
            raise Invalid(f"denominations: {currency} has no piece of this value.")
        if not 0 <= number <= MAX_PIECES:
            raise Invalid("denominations: send how many pieces there are, zero or more.")
    return sum(denomination * number for denomination, number in pieces.items())
