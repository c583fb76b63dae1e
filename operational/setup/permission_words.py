"""What a role allows, in the words of who gives it. Every permission has its own; a test says so."""

from __future__ import annotations

from medspa.kernel.vocabulary import Permission as P  # noqa: N817 - a table of permissions reads better short

MAY = {
    P.ORGANIZATION_MANAGE: "Set up the organization, its locations, messages and online booking",
    P.STAFF_MANAGE: "Invite people, give them roles and credentials",
    P.CATALOGUE_MANAGE: "Set up services, prices, products, rooms and devices",
    P.SCHEDULE_MANAGE: "Plan shifts, decide time off and closures",
    P.CLIENT_READ: "See clients and how to reach them",
    P.CLIENT_WRITE: "Add clients, correct them, write notes of the desk",
    P.CLIENT_MERGE: "Merge two records of one client, and part them again",
    P.BOOKING_READ: "See the calendar and visits",
    P.BOOKING_WRITE: "Book, move and cancel visits",
    P.BOOKING_OVERRIDE: "Squeeze visits in, waive fees",
    P.CHART_READ: "Read charts",
    P.CHART_WRITE: "Write in charts",
    P.CHART_SIGN: "Sign charts",
    P.GATE_OVERRIDE: "Pass a missing consent, exam or record, with a reason",
    P.CONSENT_MANAGE: "Write the texts of consents",
    P.CONSENT_COLLECT: "Have consents signed",
    P.STOCK_MANAGE: "Receive and count stock",
    P.INVOICE_READ: "See invoices",
    P.INVOICE_WRITE: "Write invoices",
    P.DISCOUNT_APPLY: "Give discounts",
    P.PAYMENT_TAKE: "Take payments",
    P.PAYMENT_REFUND: "Refund payments, void invoices",
    P.PAYMENT_HOUSEHOLD: "Pay for a household from one balance",
    P.DRAWER_OPERATE: "Open and count the cash drawer",
    P.DAY_CLOSE: "Close the day",
    P.SEGMENT_READ: "See segments and how many are in them",
    P.SEGMENT_MEMBERS: "See who is in a segment",
    P.REPORT_OPERATIONS: "See reports of the practice's work",
    P.REPORT_FINANCE: "See reports of money",
    P.EXPORT_ACCOUNTING: "Export to accounting",
    P.AUDIT_READ: "See who read and changed what",
    P.API_KEY_MANAGE: "Connect other systems: keys, webhooks, calendar feeds",
    P.MEMBERSHIP_MANAGE: "Sell, change and end memberships",
    P.LEAD_READ: "See leads and tasks",
    P.LEAD_WRITE: "Work on leads and tasks",
}
