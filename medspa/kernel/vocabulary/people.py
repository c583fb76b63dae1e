"""Words about people and access: permissions, audit purposes, client flags."""

from __future__ import annotations

import enum

__all__ = ["ActorKind", "ClientFlag", "NoticeKind", "Permission", "Purpose"]


class Permission(enum.StrEnum):
    """What a role may allow. Roles are sets of these, edited by the organization."""

    ORGANIZATION_MANAGE = "organization.manage"
    STAFF_MANAGE = "staff.manage"
    CATALOGUE_MANAGE = "catalogue.manage"
    SCHEDULE_MANAGE = "schedule.manage"
    CLIENT_READ = "client.read"
    CLIENT_WRITE = "client.write"
    CLIENT_MERGE = "client.merge"
    BOOKING_READ = "booking.read"
    BOOKING_WRITE = "booking.write"
    BOOKING_OVERRIDE = "booking.override"
    CHART_READ = "chart.read"
    CHART_WRITE = "chart.write"
    CHART_SIGN = "chart.sign"
    GATE_OVERRIDE = "gate.override"
    CONSENT_MANAGE = "consent.manage"
    CONSENT_COLLECT = "consent.collect"
    STOCK_MANAGE = "stock.manage"
    INVOICE_READ = "invoice.read"
    INVOICE_WRITE = "invoice.write"
    DISCOUNT_APPLY = "discount.apply"
    PAYMENT_TAKE = "payment.take"
    PAYMENT_REFUND = "payment.refund"
    PAYMENT_HOUSEHOLD = "payment.household"
    DRAWER_OPERATE = "drawer.operate"
    DAY_CLOSE = "day.close"
    SEGMENT_READ = "segment.read"
    SEGMENT_MEMBERS = "segment.members"
    REPORT_OPERATIONS = "report.operations"
    REPORT_FINANCE = "report.finance"
    EXPORT_ACCOUNTING = "export.accounting"
    AUDIT_READ = "audit.read"
    API_KEY_MANAGE = "api_key.manage"
    MEMBERSHIP_MANAGE = "membership.manage"
    LEAD_READ = "lead.read"
    LEAD_WRITE = "lead.write"


class ActorKind(enum.StrEnum):
    """Who reads or writes."""

    STAFF = "staff"
    API_KEY = "api_key"
    CLIENT = "client"
    JOB = "job"
    OPERATOR = "operator"


class Purpose(enum.StrEnum):
    """Why protected health information is read."""

    TREATMENT = "treatment"
    PAYMENT = "payment"
    OPERATIONS = "operations"
    BREAK_GLASS = "break_glass"


class ClientFlag(enum.StrEnum):
    """Bare marks on a client that everybody at the desk must see."""

    DO_NOT_TREAT = "do_not_treat"
    DECEASED = "deceased"
    VIP = "vip"
    MINOR = "minor"
    NO_RECALL = "no_recall"


class NoticeKind(enum.StrEnum):
    """What staff are told of in the bar of every page."""

    STAFF_JOINED = "staff_joined"
    PIN_REFUSED = "pin_refused"
    WEBHOOK_DISABLED = "webhook_disabled"
    BOOKED_ONLINE = "booked_online"
    MOVED_ONLINE = "moved_online"
    CANCELLED_ONLINE = "cancelled_online"
    JOINED_WAITLIST = "joined_waitlist"
