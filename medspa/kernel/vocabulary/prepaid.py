"""Words of what is paid before it is had: movements of entitlements, memberships and their periods."""

from __future__ import annotations

import enum

__all__ = [
    "EntitlementMovementKind",
    "MembershipEndReason",
    "MembershipEventKind",
    "MembershipStatus",
    "PeriodEnd",
    "PeriodStatus",
]  # fmt: skip


class EntitlementMovementKind(enum.StrEnum):
    """What took quantity and value from an entitlement; `reversed` gives a use back."""

    USED = "used"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"


class MembershipStatus(enum.StrEnum):
    """Where a membership stands. `past_due`: no tries are left, nothing is billed until it is settled."""

    ACTIVE = "active"
    PAST_DUE = "past_due"
    FROZEN = "frozen"
    CANCELLED = "cancelled"


class PeriodStatus(enum.StrEnum):
    """A billed period. Only `paid` has postings."""

    DUE = "due"
    CHARGING = "charging"
    FAILED = "failed"
    PAID = "paid"
    WAIVED = "waived"


class PeriodEnd(enum.StrEnum):
    """Why a paid period ended before its last day."""

    REFUNDED = "refunded"
    CHANGED = "changed"
    """Its member went over to another plan."""


class MembershipEventKind(enum.StrEnum):
    """What happened to a membership."""

    JOINED = "joined"
    RENEWED = "renewed"
    DUES_FAILED = "dues_failed"
    PAST_DUE = "past_due"
    RECOVERED = "recovered"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    CANCELLED = "cancelled"
    CHANGED = "changed"
    REFUNDED = "refunded"


class MembershipEndReason(enum.StrEnum):
    """Why a membership ended."""

    CLIENT_ASKED = "client_asked"
    MOVED_AWAY = "moved_away"
    PRICE = "price"
    DUES_UNPAID = "dues_unpaid"
    PRACTICE = "practice"
