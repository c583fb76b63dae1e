-- What else a practice writes with the visits of bulk.sql, run after it in the same session: the calendar, charts,
-- what settled each invoice and the parts of its tax. With it every tie-out holds.
insert into shift (org_id, id, staff_id, location_id, starts_at, ends_at, active, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(13, (day - date '2024-01-01') * 20 * $ORGS + provider), pg_temp.i(4, provider),
    pg_temp.i(3, location), day + time '15:00' at time zone 'UTC', day + time '15:00' at time zone 'UTC' + interval '10 hours', true,
    min(at), pg_temp.x()
from visit group by o, day, provider, location;
insert into occupancy (org_id, id, appointment_id, subject_kind, subject_id, during, starts_at, ends_at, hard, active, created_at,
    changed_xid)
select pg_temp.i(1, o), pg_temp.i(30, n), pg_temp.i(21, n), 'provider', pg_temp.i(4, provider),
    tstzrange(at, at + interval '30 minutes', '[)'), at, at + interval '30 minutes', false, true, at, pg_temp.x()
from visit order by n;
insert into appointment_history (org_id, id, appointment_id, location_id, event, happened_at, business_date, scheduled_start,
    created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(31, n * 2 + k), pg_temp.i(21, n), pg_temp.i(3, location),
    case k when 0 then 'booked' else 'completed' end, at + k * interval '30 minutes', day, at, at, pg_temp.x()
from visit, generate_series(0, 1) k order by n;
insert into treatment_record (org_id, id, client_id, appointment_item_id, location_id, provider_id, category_id, intent, source,
    area, quantity_milli, performed_at, business_date, status, signed_at, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(32, n), pg_temp.i(20, client), pg_temp.i(22, n), pg_temp.i(3, location), pg_temp.i(4, provider),
    pg_temp.i(5, o), case when n % 7 = 0 then 'touch_up' else 'full' end, 'charted', 'upper_face', 20000, at, day, 'signed', at,
    at, pg_temp.x()
from visit order by n;
insert into invoice_line_tax (org_id, id, invoice_line_id, jurisdiction_id, rate_ppm, tax_minor, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(33, n), pg_temp.i(24, n * 2 + 1), pg_temp.i(8, location), 80000, tax_minor, at, pg_temp.x()
from visit order by n;
insert into allocation (org_id, id, invoice_id, source, payment_id, client_id, location_id, amount_minor, business_date, created_at,
    changed_xid)
select pg_temp.i(1, o), pg_temp.i(34, n), pg_temp.i(23, n), 'payment', pg_temp.i(25, n), pg_temp.i(20, client),
    pg_temp.i(3, location), service_minor + retail_minor + tax_minor, day, at, pg_temp.x()
from visit order by n;
