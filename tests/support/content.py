"""The business content of an organization without its ids: what two lives from one seed have in common."""

from __future__ import annotations

import hashlib
import json
import uuid

from sqlalchemy import text

from tests.support.databases import Database

QUERIES = {
    "clients": "select first_name, last_name, phone, email, birth_date, created_at from client",
    "visits": "select l.code, c.email, a.starts_at, a.ends_at, a.status, a.source, a.booked_at, a.arrived_at,"
    " a.completed_at, a.cancelled_at, a.cancelled_by from appointment a join location l on l.id ="
    " a.location_id join client c on c.id = a.client_id",
    "history": "select l.code, h.event, h.happened_at, h.scheduled_start, h.reason, h.override"
    " from appointment_history h join location l on l.id = h.location_id",
    "charts": "select l.code, c.email, p.name, t.intent, t.area, t.quantity_milli, t.performed_at,"
    " o.lot_number from treatment_record t join location l on l.id = t.location_id"
    " join client c on c.id = t.client_id"
    " left join product p on p.id = t.product_id left join product_lot o on o.id = t.lot_id",
    "invoices": "select i.number, i.business_date, i.due_on, i.status, i.issued_at, n.position, n.kind,"
    " n.quantity_milli, n.list_minor, n.discount_minor, n.discount_reason, n.net_minor, n.tax_minor"
    " from invoice i join invoice_line n on n.invoice_id = i.id",
    "payments": "select l.code, i.number, p.tender, p.status, p.amount_minor, p.tip_minor, p.rounding_minor,"
    " p.tendered_minor, p.business_date, p.check_number, p.created_at from payment p join location l"
    " on l.id = p.location_id left join invoice i on i.id = p.invoice_id",
    "memos": "select m.number, m.reason, m.business_date, n.net_minor, n.tax_minor"
    " from credit_memo m join credit_memo_line n on n.credit_memo_id = m.id",
    "payouts": "select l.code, p.tender, p.status, p.amount_minor, p.business_date"
    " from payout p join location l on l.id = p.location_id",
    "postings": "select l.code, e.event, p.business_date, p.account, p.amount_minor, p.created_at"
    " from posting p join journal_entry e on e.id = p.entry_id join location l on l.id = p.location_id",
    "disputes": "select l.code, d.status, d.amount_minor, d.fee_minor, d.opened_on, d.resolved_on,"
    " d.billed_again_minor from dispute d join location l on l.id = d.location_id",
    "debts": "select l.code, w.kind, w.amount_minor, w.business_date from write_off w"
    " join location l on l.id = w.location_id",
    "bank": "select l.code, b.booked_on, b.amount_minor, b.match_kind, b.matched_on from bank_line b"
    " join location l on l.id = b.location_id",
    "processor": "select l.code, p.kind, p.amount_minor, p.fee_minor, p.occurred_at, p.occurred_on,"
    " o.net_minor, o.arrived_on from processor_line p join location l on l.id = p.location_id"
    " left join processor_payout o on o.id = p.processor_payout_id",
    "members": "select l.code, c.email, m.status, m.joined_on, m.next_bill_on, m.ends_on, r.number,"
    " r.starts_on, r.status, r.earned_days, r.paid_on from membership m join location l on l.id ="
    " m.location_id join client c on c.id = m.client_id"
    " left join membership_period r on r.membership_id = m.id",
    "drawers": "select l.code, s.business_date, s.opening_float_minor, s.expected_minor, s.counted_minor,"
    " s.over_short_minor from drawer_session s join location l on l.id = s.location_id",
    "leads": "select l.code, d.source, d.status, d.received_at, d.contacted_at, d.lost_reason"
    " from lead d join location l on l.id = d.location_id",
    "offers": "select l.code, c.email, o.starts_at, o.ends_at, o.offered_at, o.expires_at, o.status,"
    " o.answered_at from waitlist_offer o join location l on l.id = o.location_id"
    " join client c on c.id = o.client_id",
    "messages": "select l.code, c.email, m.kind, m.channel, m.status, m.due_at, m.sent_at, m.about_start"
    " from message m join location l on l.id = m.location_id left join client c on c.id = m.client_id",
    "days": "select l.code, d.business_date, d.status, f.measure, f.amount_minor"
    " from business_day d join location l on l.id = d.location_id"
    " left join day_close_figure f on f.business_day_id = d.id",
}


def digests(database: Database, org_id: uuid.UUID) -> dict[str, str]:
    """A digest per kind of content, so that a difference says where it is."""
    found = {}
    with database.session("admin") as session:
        for name, query in QUERIES.items():
            # Inner tables are joined by ids, which no two organizations share.
            first = query.split(" from ")[1].split()
            alias = first[1] if len(first) > 1 and first[1] not in ("where", "join") else first[0]
            rows = session.execute(text(f"{query} where {alias}.org_id = :org"), {"org": org_id})
            lines = sorted(json.dumps([str(value) for value in row]) for row in rows)
            content = hashlib.sha256("\n".join(lines).encode()).hexdigest()
            found[name] = f"{len(lines)} {content}"
    return found
