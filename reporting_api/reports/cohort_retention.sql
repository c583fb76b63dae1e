-- Clients whose first visit is in [first, until] at the locations; a month counts once it is over.
with horizon as materialized (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
cohort as (
    select v.client_key, cast(date_trunc('month', v.first_visit_on) as date) as cohort_month
    from marts.fct_visit v
    where v.org_id = :org and v.is_new and v.business_date between :first and :until
        and v.location_id = any(:locations)
),
sizes as (select c.cohort_month, count(*) as clients from cohort c group by c.cohort_month),
came as (
    select distinct c.cohort_month, v.cohort_age, v.client_key
    from cohort c
    join marts.fct_visit v on v.org_id = :org and v.client_key = c.client_key
        and v.first_visit_on between :first and :until
),
active as (
    select c.cohort_month, c.cohort_age, count(*) as active from came c group by c.cohort_month, c.cohort_age
),
ages as (
    select s.cohort_month, s.clients, k.age,
           cast(s.cohort_month + make_interval(months => k.age + 1) as date) <= h.day as is_over
    from sizes s
    cross join horizon h
    cross join lateral generate_series(
        0, greatest(cast(12 * (extract(year from h.day) - extract(year from s.cohort_month))
            + extract(month from h.day) - extract(month from s.cohort_month) as integer), 0)
    ) as k (age)
)
select g.cohort_month, cast(g.age as text) as age, g.clients,
       case when g.is_over then coalesce(a.active, 0) end as active,
       case when g.is_over then cast(coalesce(a.active, 0) as double precision) / g.clients end as retention
from ages g
left join active a on a.cohort_month = g.cohort_month and a.cohort_age = g.age
order by g.cohort_month, g.age
