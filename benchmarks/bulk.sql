-- Practices' years in bulk, written past triggers and foreign keys: only for measuring. $VISITS visits of $ORGS
-- organizations with four locations each; every entry balances and every document ties out with its postings.
-- Of several organizations the first has a tenth of all visits, the others share the rest.
set session_replication_role = replica;

create function pg_temp.i(kind int, n bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1704067200000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
        || '8' || substr(md5(kind || ':' || n), 1, 15))::uuid
$$;
create function pg_temp.x() returns bigint language sql stable as $$ select pg_current_xact_id()::text::bigint $$;

-- m numbers the visits of an organization; location, provider and client are numbered over all of them. Of several
-- organizations all but the first work at one of their locations, with five providers.
create temporary table visit as
select n, o, o * 4 + m % locations as location, o * 20 + m % (locations * 5) as provider,
    o * 1000000000 + m % greatest(visits / 8, 1) as client,
    date '2024-01-02' + (n * 900 / $VISITS)::int as day,
    timestamptz '2024-01-02 16:00Z' + (n * 900 / $VISITS) * interval '1 day' + (m % 480) * interval '1 minute' as at,
    10000 + (n % 50) * 500 as service_minor, 2000 + (n % 30) * 100 as retail_minor, (2000 + (n % 30) * 100) * 8 / 100 as tax_minor,
    n % 3 = 0 as in_cash
from (
    select n, o, case o when 0 then 4 else 1 end as locations,
        row_number() over (partition by o order by n) - 1 as m, count(*) over (partition by o) as visits
    from generate_series(0::bigint, $VISITS - 1) n, lateral (
        select case when $ORGS = 1 or n % 10 = 0 then 0 else 1 + n % greatest($ORGS - 1, 1) end as o
    ) org
) numbered;
analyze visit;

insert into organization (org_id, name, slug, created_at, changed_xid)
select pg_temp.i(1, o), 'Bulk ' || o, 'bulk' || o, '2024-01-01', pg_temp.x() from generate_series(0, $ORGS - 1) o;
insert into legal_entity (org_id, id, name, currency, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(2, o), 'Bulk LLC', 'USD', '2024-01-01', pg_temp.x() from generate_series(0, $ORGS - 1) o;
insert into location (org_id, id, legal_entity_id, name, code, timezone, currency, state, cutover_hour, notice_minutes,
    no_show_fee_minor, late_cancel_fee_minor, cash_step_minor, invoice_due_days, active, created_at, changed_xid)
select pg_temp.i(1, n / 4), pg_temp.i(3, n), pg_temp.i(2, n / 4), 'Location ' || n % 4, 'l' || n % 4, 'America/New_York', 'USD', 'NY',
    3, 1440, 5000, 5000, 1, 0, true, '2024-01-01', pg_temp.x() from generate_series(0, $ORGS * 4 - 1) n;
insert into staff_member (org_id, id, label, email, email_digest, is_provider, active, created_at, changed_xid)
select pg_temp.i(1, n / 20), pg_temp.i(4, n), 'Provider ' || n, n || '@bulk.test', md5(n::text), true, true, '2024-01-01', pg_temp.x()
from generate_series(0, $ORGS * 20 - 1) n;
insert into treatment_category (org_id, id, code, name, cycle_days, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(5, o), 'neurotoxin', 'Neurotoxin', 90, '2024-01-01', pg_temp.x() from generate_series(0, $ORGS - 1) o;
insert into product (org_id, id, category_id, name, unit, price_minor, is_retail, tax_class, active, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(6, o), pg_temp.i(5, o), 'Cream', 'unit', 2000, true, 'goods', true, '2024-01-01', pg_temp.x()
from generate_series(0, $ORGS - 1) o;
insert into service (org_id, id, category_id, name, provider_minutes, processing_minutes, finishing_minutes, buffer_before_minutes,
    buffer_after_minutes, price_minor, billed_by_unit, tax_class, deposit_minor, needs_treatment_record, needs_exam, active,
    created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(7, o), pg_temp.i(5, o), 'Treatment', 30, 0, 0, 0, 0, 10000, false, 'services', 0, false, false,
    true, '2024-01-01', pg_temp.x() from generate_series(0, $ORGS - 1) o;
insert into tax_jurisdiction (org_id, id, location_id, name, created_at, changed_xid)
select pg_temp.i(1, n / 4), pg_temp.i(8, n), pg_temp.i(3, n), 'State', '2024-01-01', pg_temp.x() from generate_series(0, $ORGS * 4 - 1) n;
insert into merchant_account (org_id, id, legal_entity_id, name, processor, processor_account, reports_from, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(9, o), pg_temp.i(2, o), 'Cards', 'inprocess', pg_temp.i(9, o)::text, '2024-01-01', '2024-01-01', pg_temp.x()
from generate_series(0, $ORGS - 1) o;
insert into drawer (org_id, id, location_id, name, kind, created_at, changed_xid)
select pg_temp.i(1, n / 4), pg_temp.i(10, n), pg_temp.i(3, n), 'Front', 'physical', '2024-01-01', pg_temp.x()
from generate_series(0, $ORGS * 4 - 1) n;
insert into drawer_session (org_id, id, drawer_id, location_id, business_date, status, currency, opened_at, opening_float_minor,
    closed_at, expected_minor, counted_minor, over_short_minor, float_left_minor, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(11, (day - date '2024-01-01') * 4 * $ORGS + location), pg_temp.i(10, location),
    pg_temp.i(3, location), day, 'closed', 'USD', opened, 0, closed, cash, cash, 0, cash, opened, pg_temp.x()
from (
    select o, day, location, min(at) as opened, max(at) as closed,
        coalesce(sum(service_minor + retail_minor + tax_minor) filter (where in_cash), 0) as cash
    from visit group by o, day, location
) v;
insert into business_day (org_id, id, location_id, business_date, status, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(12, (day - date '2024-01-01') * 4 * $ORGS + location), pg_temp.i(3, location), day, 'open',
    min(at), pg_temp.x() from visit group by day, location, o;
insert into client (org_id, id, client_key, first_name, last_name, birth_date, zip_code, flags, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(20, client), md5('key' || client)::uuid, 'First', 'Last',
    date '1960-01-01' + (client % 15000)::int, lpad((client % 90000 + 10000)::text, 5, '0'), '{}', '2024-01-01', pg_temp.x()
from (select distinct o, client from visit) c order by o, client;
insert into appointment (org_id, id, client_id, location_id, starts_at, ends_at, business_date, status, source, booked_at,
    arrived_at, completed_at, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(21, n), pg_temp.i(20, client), pg_temp.i(3, location), at, at + interval '30 minutes', day,
    'completed', 'desk', at, at, at, at, pg_temp.x() from visit order by n;
insert into appointment_item (org_id, id, appointment_id, position, service_id, provider_id, starts_at, provider_ends_at, ends_at,
    performed, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(22, n), pg_temp.i(21, n), 1, pg_temp.i(7, o), pg_temp.i(4, provider), at,
    at + interval '30 minutes', at + interval '30 minutes', true, at, pg_temp.x() from visit order by n;
insert into invoice (org_id, id, number, client_id, location_id, appointment_id, currency, business_date, due_on, status,
    issued_at, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(23, n), 'I' || n, pg_temp.i(20, client), pg_temp.i(3, location), pg_temp.i(21, n), 'USD', day, day,
    'issued', at, at, pg_temp.x() from visit order by n;
insert into invoice_line (org_id, id, invoice_id, location_id, position, kind, service_id, product_id, category_id, provider_id,
    appointment_item_id, quantity_milli, unit_price_minor, list_minor, discount_minor, net_minor, tax_minor, business_date,
    created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(24, n * 2 + k), pg_temp.i(23, n), pg_temp.i(3, location), k + 1,
    case k when 0 then 'service' else 'retail' end, case k when 0 then pg_temp.i(7, o) end, case k when 1 then pg_temp.i(6, o) end,
    pg_temp.i(5, o), pg_temp.i(4, provider), case k when 0 then pg_temp.i(22, n) end, 1000, amount, amount, 0, amount,
    case k when 1 then tax_minor else 0 end, day, at, pg_temp.x()
from visit, generate_series(0, 1) k, lateral (select case k when 0 then service_minor else retail_minor end as amount) a order by n;
insert into payment (org_id, id, client_id, location_id, drawer_session_id, invoice_id, purpose, tender, status, currency,
    amount_minor, tip_minor, rounding_minor, business_date, merchant_account_id, succeeded_at, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(25, n), pg_temp.i(20, client), pg_temp.i(3, location),
    pg_temp.i(11, (day - date '2024-01-01') * 4 * $ORGS + location), pg_temp.i(23, n), 'invoice',
    case when in_cash then 'cash' else 'card' end, 'succeeded', 'USD', service_minor + retail_minor + tax_minor, 0, 0, day,
    case when not in_cash then pg_temp.i(9, o) end, at, at, pg_temp.x() from visit order by n;
insert into journal_entry (org_id, id, event, source_kind, source_id, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(26, n * 2 + k), case k when 0 then 'line_performed' else 'payment_taken' end,
    case k when 0 then 'invoice' else 'payment' end, pg_temp.i(23 + k * 2, n), at, pg_temp.x()
from visit, generate_series(0, 1) k order by n;
insert into posting (org_id, id, entry_id, line_no, legal_entity_id, location_id, business_date, account, amount_minor, currency,
    invoice_id, invoice_line_id, client_id, merchant_account_id, jurisdiction_id, provider_id, created_at, changed_xid)
select pg_temp.i(1, o), pg_temp.i(27, v.n * 6 + p.k), pg_temp.i(26, v.n * 2 + (p.k > 3)::int), p.k % 4 + 1, pg_temp.i(2, o),
    pg_temp.i(3, v.location), v.day, p.account, p.amount, 'USD', case when p.account = '1100' then pg_temp.i(23, v.n) end,
    case p.k when 1 then pg_temp.i(24, v.n * 2) when 2 then pg_temp.i(24, v.n * 2 + 1) when 3 then pg_temp.i(24, v.n * 2 + 1) end,
    pg_temp.i(20, v.client), case when p.account = '1020' then pg_temp.i(9, o) end,
    case when p.account = '2400' then pg_temp.i(8, v.location) end,
    case when p.k in (1, 2) then pg_temp.i(4, v.provider) end, v.at, pg_temp.x()
from visit v, lateral (values
    (0, '1100', service_minor + retail_minor + tax_minor), (1, '4000', -service_minor), (2, '4010', -retail_minor),
    (3, '2400', -tax_minor), (4, case when in_cash then '1000' else '1020' end, service_minor + retail_minor + tax_minor),
    (5, '1100', -(service_minor + retail_minor + tax_minor))) p (k, account, amount) order by v.n, p.k;
