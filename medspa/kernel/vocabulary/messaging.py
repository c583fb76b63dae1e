"""Words of messaging: what a message is about, how it travels, what became of it."""

from __future__ import annotations

import enum

__all__ = [
    "Channel", "ContactUse", "DeliveryStatus", "MessageKind", "MessageStatus", "OfferStatus", "ReplyMeaning",
    "WaitlistStatus",
]  # fmt: skip


class Channel(enum.StrEnum):
    """How a message reaches somebody."""

    SMS = "sms"
    EMAIL = "email"


class ContactUse(enum.StrEnum):
    """What somebody agreed to be written to for. One never stands for the other."""

    TRANSACTIONAL = "transactional"
    """About visits and bills of their own."""
    MARKETING = "marketing"


class MessageKind(enum.StrEnum):
    """What a message is about."""

    BOOKING_CONFIRMED = "booking_confirmed"
    REMINDER = "reminder"
    CONFIRMATION_REQUEST = "confirmation_request"
    MOVED = "moved"
    CANCELLED = "cancelled"
    MUST_MOVE = "must_move"
    """The practice cannot keep the time: the client chooses another."""
    WAITLIST_OFFER = "waitlist_offer"
    FORMS_OUTSTANDING = "forms_outstanding"
    BOOKING_COMPLETION = "booking_completion"
    STOPPED = "stopped"
    """The one answer to STOP."""
    STARTED = "started"
    HELP = "help"
    CONFIRMATION_NOTED = "confirmation_noted"


class MessageStatus(enum.StrEnum):
    """Where a message stands. Claimed: somebody is sending it, or died while doing so."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class ReplyMeaning(enum.StrEnum):
    """What an incoming message was taken for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    OTHER = "other"
    """Somebody reads it."""


class WaitlistStatus(enum.StrEnum):
    """Where a wish for an earlier time stands."""

    WAITING = "waiting"
    BOOKED = "booked"
    ENDED = "ended"
    """Taken back, by the client or the desk, or its last day is over."""


class OfferStatus(enum.StrEnum):
    """What became of a time that was offered."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    """Somebody else took the time, or the client another one."""


class DeliveryStatus(enum.StrEnum):
    """What became of an event that another system is told of."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up after a day; it can be told again."""
