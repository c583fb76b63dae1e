"""Gift cards whose years are over (metrics, section 7: row 11). Part of a day's recognition.

A card expires only where its location says after how many years, never before the law of its state lets it,
and counts anew from the last time that something was put on it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Account
from operational.ledger.balances import liability_minor, lock_gift_card
from operational.ledger.post import Line
from operational.models import GiftCard, Location, Posting
from operational.prepaid.arithmetic import months_after

FEDERAL_YEARS = 5
"""15 U.S.C. 1693l-1: not sooner than five years after issue or the last load."""
FORBIDDEN = frozenset({"CA", "CT", "FL", "ME", "MN", "MT", "NH", "OR", "RI", "WA"})
"""States in which a card that was paid for does not expire."""
STATE_YEARS = {"MA": 7, "ND": 6, "NY": 9}
"""States that ask for more years than five."""


def years_of(location: Location) -> int | None:
    """After how many years a card of the location expires; None: never."""
    if location.gift_card_expires_years is None or location.state in FORBIDDEN:
        return None
    least = STATE_YEARS.get(location.state, FEDERAL_YEARS)
    return max(location.gift_card_expires_years, least)


def expire_cards(session: Session, location: Location, business_date: date) -> list[Line]:
    """The debits of what is left on cards whose last day of use this was; they are held."""
    years = years_of(location)
    if years is None:
        return []
    last = months_after(business_date, -12 * years)
    loaded_on = func.max(Posting.business_date).filter(Posting.amount_minor < 0)
    old = session.scalars(
        select(Posting.gift_card_id)
        .join(GiftCard, GiftCard.id == Posting.gift_card_id)
        .where(
            Posting.org_id == location.org_id,
            Posting.location_id == location.id,
            Posting.account == Account.GIFT_CARDS.value,
            GiftCard.issued_on <= last,
        )
        .group_by(Posting.gift_card_id)
        .having(func.sum(Posting.amount_minor) < 0, loaded_on <= last)
        .order_by(Posting.gift_card_id)
    ).all()
    lines = []
    for card_id in (one for one in old if one is not None):
        # Spent by another desk in the meantime: what is left counts.
        lock_gift_card(session, card_id)
        left = liability_minor(session, Account.GIFT_CARDS, gift_card_id=card_id, location_id=location.id)
        if left > 0:
            lines.append(Line(Account.GIFT_CARDS, left, location.id, gift_card_id=card_id))
    return lines
