"""Words of booking: appointment states, who cancelled, kinds of subject and resource."""

from __future__ import annotations

import enum

__all__ = [
    "AppointmentEvent", "AppointmentStatus", "CancelReason", "CancelledBy", "HoldStatus",
    "NotPerformedReason", "OffSubject", "ResourceKind", "SoftRule", "SubjectKind", "TimeOffReason",
    "TimeOffStatus", "VisitGroupKind", "VisitSource", "WalkInStatus",
]  # fmt: skip


class AppointmentStatus(enum.StrEnum):
    """Where an appointment stands."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    ARRIVED_NOT_TREATED = "arrived_not_treated"
    LEFT_BEFORE_SERVICE = "left_before_service"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"

    @property
    def is_final(self) -> bool:
        return self not in (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED)

    @property
    def holds_time(self) -> bool:
        return self in (
            AppointmentStatus.BOOKED,
            AppointmentStatus.CONFIRMED,
            AppointmentStatus.ARRIVED,
            AppointmentStatus.COMPLETED,
        )


class CancelledBy(enum.StrEnum):
    """Who ended an appointment before it took place."""

    CLIENT = "client"
    PRACTICE = "practice"
    RESCHEDULE = "reschedule"


class SubjectKind(enum.StrEnum):
    """What a hard claim on time is about."""

    PROVIDER = "provider"
    ROOM = "room"
    DEVICE = "device"


class ResourceKind(enum.StrEnum):
    """A bookable thing at a location."""

    ROOM = "room"
    DEVICE = "device"


class VisitSource(enum.StrEnum):
    """How an appointment came to be."""

    DESK = "desk"
    WALK_IN = "walk_in"
    FOLLOW_UP = "follow_up"
    ONLINE = "online"
    IMPORT = "import"


class HoldStatus(enum.StrEnum):
    """What became of time that was kept. One that is held past its expiry has expired."""

    HELD = "held"
    BOOKED = "booked"
    RELEASED = "released"


class AppointmentEvent(enum.StrEnum):
    """What happened to an appointment."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    ARRIVED_NOT_TREATED = "arrived_not_treated"
    LEFT_BEFORE_SERVICE = "left_before_service"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    RESTORED = "restored"
    ITEMS_CHANGED = "items_changed"
    UNDONE = "undone"
    MUST_MOVE = "must_move"
    """Its provider, room, device or location is not there at its time: somebody must tell the client."""


class CancelReason(enum.StrEnum):
    """Why an appointment ended before it took place. A closed list: reasons leave, free text must not."""

    ILLNESS = "illness"
    SCHEDULE = "schedule"
    WEATHER = "weather"
    COST = "cost"
    CHANGED_MIND = "changed_mind"
    PROVIDER_ABSENT = "provider_absent"
    EQUIPMENT = "equipment"
    BOOKED_IN_ERROR = "booked_in_error"
    OTHER = "other"


class NotPerformedReason(enum.StrEnum):
    """Why an item of a visit was not performed."""

    CONTRAINDICATED = "contraindicated"
    CLIENT_DECLINED = "client_declined"
    PROVIDER_JUDGEMENT = "provider_judgement"
    OUT_OF_TIME = "out_of_time"
    OUT_OF_STOCK = "out_of_stock"
    EQUIPMENT = "equipment"
    OTHER = "other"


class SoftRule(enum.StrEnum):
    """A rule that the desk may override with a permission; the override is recorded."""

    BUFFER = "buffer"
    """Buffers and finishing, of this visit or of its neighbours."""
    CLIENT_OVERLAP = "client_overlap"
    """Another visit of the same client at the same time."""
    LEAD_TIME = "lead_time"
    """Booked later before its start than the service asks for."""
    HORIZON = "horizon"
    """Booked further ahead than the service allows."""
    INTERVAL = "interval"
    """A start between those that the service offers."""
    PREREQUISITE = "prerequisite"
    """What must have been performed before was not, or not in time."""


class OffSubject(enum.StrEnum):
    """Whose time is off."""

    PROVIDER = "provider"
    ROOM = "room"
    DEVICE = "device"
    LOCATION = "location"


class TimeOffStatus(enum.StrEnum):
    """Whether time off counts: only when it is approved."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    ENDED = "ended"


class TimeOffReason(enum.StrEnum):
    """Why time is off. A closed list."""

    VACATION = "vacation"
    ABSENT = "absent"
    TRAINING = "training"
    MEETING = "meeting"
    BREAK = "break"
    ADMINISTRATION = "administration"
    HOLIDAY = "holiday"
    MAINTENANCE = "maintenance"
    REPAIR = "repair"
    OTHER = "other"


class VisitGroupKind(enum.StrEnum):
    """What ties visits together."""

    SERIES = "series"
    """One client, again and again by a rule."""
    TREATMENT = "treatment"
    """One client, the sessions of one treatment."""
    TOGETHER = "together"
    """People who come together."""


class WalkInStatus(enum.StrEnum):
    """Where somebody who came without an appointment stands."""

    WAITING = "waiting"
    SEATED = "seated"
    LEFT = "left"
