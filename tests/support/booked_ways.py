"""What a simulated life must show of its ways to a visit: that they happened, and that reports say so."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from medspa.local.demo.desk import Desk
from medspa.local.simulate import Simulated
from tests.support.databases import Database

HAPPENED = {
    "booked online, the time held before": "select count(*) from online_booking o join hold h"
    " on h.id = o.hold_id where o.state = 'booked' and h.status = 'booked' and o.org_id = :org",
    "policy accepted": "select count(*) from policy_acceptance where org_id = :org",
    "a deposit or a card by the public page": "select count(*) from online_booking"
    " where state = 'booked' and (payment_id is not null or keeps_card) and org_id = :org",
    "leads of an abandoned booking": "select count(*) from lead where source = 'abandoned_booking'"
    " and org_id = :org",
    "leads converted": "select count(*) from lead where status = 'converted' and org_id = :org",
    "leads lost": "select count(*) from lead where status = 'lost' and org_id = :org",
    "tasks done": "select count(*) from task where done_at is not null and org_id = :org",
    "offers accepted by link": "select count(*) from waitlist_offer o"
    " join link_token t on t.subject_id = o.id where o.status = 'accepted' and o.org_id = :org"
    " and t.consumed_at is not null",
    "offers lapsed": "select count(*) from waitlist_offer where status = 'expired' and org_id = :org",
    "reminders sent": "select count(*) from message where kind = 'reminder' and status = 'sent'"
    " and org_id = :org",
    "asked to confirm": "select count(*) from message where kind = 'confirmation_request'"
    " and status = 'sent' and org_id = :org",
    "confirmed by whoever was asked": "select count(*) from appointment_history h where event = 'confirmed'"
    " and staff_id is null and org_id = :org",
    "time off asked for": "select count(*) from time_off where reason = 'vacation' and status = 'approved'"
    " and decided_by <> asked_by and org_id = :org",
    "moved because somebody was sick": "select count(*) from appointment_history h join time_off t"
    " on t.starts_at::date = h.happened_at::date and t.org_id = h.org_id"
    " where t.reason = 'absent' and h.event = 'moved' and h.org_id = :org",
    "seated from the queue": "select count(*) from walk_in where status = 'seated' and org_id = :org",
    "came together": "select count(*) from visit_group where kind = 'together' and org_id = :org",
    "series of a treatment": "select count(*) from visit_group where kind = 'treatment' and org_id = :org",
    "slips undone": "select count(*) from appointment_history where event = 'undone' and org_id = :org",
}
BOOKED = "source not in ('walk_in', 'import') and org_id = :org and location_id = :place"
SCHEDULED = (
    f"{BOOKED} and status in ('completed', 'left_before_service', 'arrived_not_treated', 'no_show',"
    " 'late_cancelled')"
)
HERE = "org_id = :org and location_id = :place"
OVER = "(v.business_date + 1 + time '03:00') at time zone l.timezone"
"""The end of a business date."""
STORE = {
    ("appointments", "appointments_booked"): f"select count(*) from appointment where {BOOKED}",
    ("appointments", "no_show_rate"): "select count(*) filter (where status = 'no_show') * 1.0"
    f" / nullif(count(*), 0) from appointment where {SCHEDULED}",
    ("appointments", "lead_time_median_days"): "select percentile_cont(0.5) within group"
    f" (order by extract(epoch from starts_at - booked_at) / 60) / 1440 from appointment where {BOOKED}",
    ("utilization", "booked_minutes"): "select sum(extract(epoch from upper(one) - lower(one))) / 60 from"
    " (select unnest(range_agg(o.during)) as one from occupancy o join appointment a"
    " on a.id = o.appointment_id where (o.active or a.status in ('no_show', 'arrived_not_treated',"
    " 'left_before_service') and o.created_at = (select max(last.created_at) from occupancy last"
    " where last.appointment_id = a.id)) and o.subject_kind = 'provider' and a.org_id = :org"
    " and a.location_id = :place group by a.business_date, o.subject_id) spans",
    ("visits", "completed_visits"): "select count(distinct (a.client_id, a.business_date))"
    " from appointment a join appointment_item i on i.appointment_id = a.id"
    " where a.status = 'completed' and i.performed and a.org_id = :org and a.location_id = :place",
    ("visits", "rebooking_rate"): "select avg((exists (select from appointment a"
    " where a.client_id = v.client_id and a.business_date > v.business_date"
    f" and a.booked_at < {OVER} and (a.cancelled_at is null or a.cancelled_at >= {OVER})))::int)"
    " from (select distinct client_id, location_id, business_date from appointment"
    f" where status = 'completed' and {HERE}) v join location l on l.id = v.location_id",
    ("waitlist", "waitlist_offers"): f"select count(*) from waitlist_offer where {HERE}",
    ("waitlist", "waitlist_fill"): "select count(*) filter (where status = 'accepted') * 1.0"
    f" / nullif(count(*), 0) from waitlist_offer where {HERE}",
    ("lead_funnel", "leads_received"): f"select count(*) from lead where {HERE}",
    ("lead_funnel", "leads_contacted"): f"select count(contacted_at) from lead where {HERE}",
    ("lead_funnel", "leads_booked"): "select count(*) from lead l where l.org_id = :org"
    " and l.location_id = :place and exists (select from appointment a where a.client_id = l.client_id"
    " and a.booked_at >= l.received_at)",
    # What an accepted offer took had been given back by somebody else within the week.
    ("slot_refill", "refilled_minutes"): "select sum(extract(epoch from ends_at - starts_at)) / 60"
    f" from waitlist_offer where status = 'accepted' and {HERE}",
}
AHEAD = dt.timedelta(days=120)


def check_happened(database: Database, org_id: uuid.UUID) -> None:
    with database.session("admin") as session:
        found = {
            name: session.execute(text(query), {"org": org_id}).scalar_one()
            for name, query in HAPPENED.items()
        }
    assert min(found.values()) > 0, {name: number for name, number in found.items() if not number}


def check_reports(database: Database, owner: Desk, life: Simulated) -> None:
    """Every figure of booking is in its report and is what the operational store says, place by place."""
    org_id, scale = life.organization.org_id, life.scale
    with database.session("admin") as session:
        places = session.scalars(text("select id from location where org_id = :org"), {"org": org_id}).all()
        stored = {
            (place, *figure): float(
                session.execute(text(query), {"org": org_id, "place": place}).scalar_one() or 0
            )
            for place in places
            for figure, query in STORE.items()
        }
    dates = f"from={scale.first}&to={scale.last + AHEAD}"
    shown = {
        (place, report): owner.get(f"/v1/reports/{report}?{dates}&location_id={place}")["items"]
        for place in places
        for report in {report for report, _ in STORE}
    }
    found = {
        (place, report, metric): _one(shown[place, report], metric, report)
        for place, report, metric in stored
    }
    assert found == pytest.approx(stored, abs=1e-6)  # Shares are told to six places.
    for figure in STORE:
        assert sum(number for (_, *of), number in stored.items() if tuple(of) == figure) > 0, figure
    rows = owner.get(f"/v1/reports/appointments?{dates}&group_by=source")["items"]
    done = {row["source"]: row["appointments_completed"] for row in rows}
    assert min(done[one] for one in ("desk", "online", "walk_in", "follow_up")) > 0, done


def _one(rows: list[dict[str, Any]], metric: str, report: str) -> float:
    """Of providers, where rooms and devices have figures of their own; nothing happened: 0."""
    if report in ("utilization", "slot_refill"):
        rows = [row for row in rows if row["subject_kind"] == "provider"]
        extra = "outside_minutes" if metric == "booked_minutes" else None
        return sum(float(row[metric]) + float(row[extra] if extra else 0) for row in rows)
    return sum(float(row[metric] or 0) for row in rows)
