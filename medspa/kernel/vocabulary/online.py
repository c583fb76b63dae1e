"""Words of what people do without signing in: bookings under way, leads, and the tasks that follow."""

from __future__ import annotations

import enum

__all__ = ["LeadSource", "LeadStatus", "LostReason", "OnlineState", "PublicTextKind", "TaskKind"]


class OnlineState(enum.StrEnum):
    """Where a booking stands that somebody makes for themselves."""

    CHOOSING = "choosing"
    """Time is kept or was; details may be given."""
    PAYING = "paying"
    """A card call is under way: nothing else may be done until its word is in."""
    PENDING = "pending"
    """Booked, and the processor's word on the deposit is awaited."""
    REQUESTED = "requested"
    """Booked, and the practice has yet to approve."""
    BOOKED = "booked"
    DECLINED = "declined"
    """The practice did not approve."""
    ABANDONED = "abandoned"


class PublicTextKind(enum.StrEnum):
    """What a visitor agrees to, in words that are kept as they were."""

    CANCELLATION_POLICY = "cancellation_policy"
    CONTACT_CONSENT = "contact_consent"


class LeadStatus(enum.StrEnum):
    """How far somebody who asked has come."""

    NEW = "new"
    CONTACTED = "contacted"
    BOOKED = "booked"
    CONVERTED = "converted"
    LOST = "lost"


class LeadSource(enum.StrEnum):
    """Where a lead came from."""

    WEB_FORM = "web_form"
    ABANDONED_BOOKING = "abandoned_booking"
    PHONE = "phone"
    WALK_IN = "walk_in"
    REFERRAL = "referral"
    SOCIAL = "social"
    EVENT = "event"
    OTHER = "other"


class LostReason(enum.StrEnum):
    """Why a lead came to nothing. A closed list: reasons leave, free text must not."""

    NO_ANSWER = "no_answer"
    PRICE = "price"
    NOT_SUITABLE = "not_suitable"
    WENT_ELSEWHERE = "went_elsewhere"
    CHANGED_MIND = "changed_mind"
    NOT_SERIOUS = "not_serious"
    DUPLICATE = "duplicate"
    OTHER = "other"


class TaskKind(enum.StrEnum):
    """What somebody at the practice is asked to do."""

    FOLLOW_UP = "follow_up"
    APPROVE_BOOKING = "approve_booking"
    MATCH_CLIENT = "match_client"
    RETURN_DEPOSIT = "return_deposit"
    FIND_TIME = "find_time"
    COLLECT_FEE = "collect_fee"
    MANY_BOOKINGS = "many_bookings"
    OTHER = "other"
