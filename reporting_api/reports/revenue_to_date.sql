-- Clients whose first visit is in [first, until] at the locations; what they brought anywhere, month by month.
with horizon as materialized (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
cohort as (
    select v.client_key, cast(date_trunc('month', v.first_visit_on) as date) as cohort_month,
           coalesce(v.source, 'unknown') as source, l.currency
    from marts.fct_visit v
    join marts.dim_location l on l.org_id = :org and l.location_id = v.location_id
    where v.org_id = :org and v.is_new and v.business_date between :first and :until
        and v.location_id = any(:locations)
),
sizes as (
    select c.cohort_month, c.source, c.currency, count(*) as clients
    from cohort c
    group by c.cohort_month, c.source, c.currency
),
of_clients as (
    -- Revenue postings name what they were earned on: a line of an invoice, or a membership.
    select coalesce(l.client_key, m.client_key) as client_key, p.business_date, p.currency, p.amount_minor
    from marts.fct_posting p
    left join marts.fct_invoice_line l on l.org_id = :org and l.invoice_line_id = p.invoice_line_id
    left join marts.fct_membership m on m.org_id = :org and m.membership_id = p.contract_id
    where p.org_id = :org and p.account_kind = 'revenue'
),
revenue as (
    select c.cohort_month, c.source, c.currency,
           greatest(cast(12 * (extract(year from p.business_date) - extract(year from c.cohort_month))
               + extract(month from p.business_date) - extract(month from c.cohort_month) as integer), 0) as age,
           -sum(p.amount_minor) as revenue
    from cohort c
    join of_clients p on p.client_key = c.client_key and p.currency = c.currency
    group by 1, 2, 3, 4
),
ages as (
    select s.*, k.age, cast(s.cohort_month + make_interval(months => k.age + 1) as date) <= h.day as is_over
    from sizes s
    cross join horizon h
    cross join lateral generate_series(
        0, greatest(cast(12 * (extract(year from h.day) - extract(year from s.cohort_month))
            + extract(month from h.day) - extract(month from s.cohort_month) as integer), 0)
    ) as k (age)
)
select g.cohort_month, g.source, cast(g.age as text) as age, g.clients,
       case when g.is_over then cast(round(coalesce(sum(r.revenue), 0) / g.clients) as bigint) end
           as revenue_minor,
       g.currency
from ages g
left join revenue r on r.cohort_month = g.cohort_month and r.source = g.source and r.currency = g.currency
    and r.age <= g.age
group by g.cohort_month, g.source, g.age, g.clients, g.is_over, g.currency
order by g.cohort_month, g.source, g.age, g.currency
