"""The roles a new organization starts with. It edits them afterwards; nothing reads this list again."""

from __future__ import annotations

from collections.abc import Mapping

from medspa.kernel.vocabulary import Permission as P  # noqa: N817 - a table of permissions reads better short

OWNER = "Owner"

FRONT_DESK = frozenset(
    {
        P.CLIENT_READ, P.CLIENT_WRITE, P.BOOKING_READ, P.BOOKING_WRITE, P.CONSENT_COLLECT,
        P.INVOICE_READ, P.INVOICE_WRITE, P.PAYMENT_TAKE, P.PAYMENT_HOUSEHOLD, P.DRAWER_OPERATE,
        P.MEMBERSHIP_MANAGE, P.LEAD_READ, P.LEAD_WRITE,
    }
)  # fmt: skip

PROVIDER = frozenset(
    {
        P.CLIENT_READ, P.CLIENT_WRITE, P.BOOKING_READ, P.BOOKING_WRITE, P.CONSENT_COLLECT,
        P.CHART_READ, P.CHART_WRITE, P.CHART_SIGN, P.INVOICE_READ,
    }
)  # fmt: skip

MANAGER = (FRONT_DESK | PROVIDER) - {P.CHART_SIGN} | {
    P.SCHEDULE_MANAGE, P.CATALOGUE_MANAGE, P.STOCK_MANAGE, P.BOOKING_OVERRIDE, P.GATE_OVERRIDE,
    P.CONSENT_MANAGE, P.DISCOUNT_APPLY, P.PAYMENT_REFUND, P.DAY_CLOSE, P.REPORT_OPERATIONS,
    P.SEGMENT_READ, P.SEGMENT_MEMBERS, P.STAFF_MANAGE, P.CLIENT_MERGE,
}  # fmt: skip

BOOKKEEPER = frozenset(
    {P.INVOICE_READ, P.REPORT_OPERATIONS, P.REPORT_FINANCE, P.EXPORT_ACCOUNTING, P.DAY_CLOSE}
)

MARKETER = frozenset(
    {P.SEGMENT_READ, P.SEGMENT_MEMBERS, P.CLIENT_READ, P.REPORT_OPERATIONS, P.LEAD_READ, P.LEAD_WRITE}
)

PRESETS: Mapping[str, frozenset[P]] = {
    OWNER: frozenset(P),
    "Manager": frozenset(MANAGER),
    "Provider": PROVIDER,
    "Front desk": FRONT_DESK,
    "Bookkeeper": BOOKKEEPER,
    "Marketer": MARKETER,
}
