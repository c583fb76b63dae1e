"""Words of booking: appointment states, who cancelled, kinds of subject and resource."""

from __future__ import annotations

import enum

__all__ = ["AppointmentEvent", "AppointmentStatus", "CancelledBy", "ResourceKind", "SubjectKind", "VisitSource"]


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
