-- The first visit of each client in [first, until], for all locations together and for each.
with horizon as (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
visit as (
    select v.client_key, v.location_id, v.business_date, v.next_core_visit_on, v.next_core_visit_here_on
    from marts.fct_visit v
    where v.org_id = :org and v.is_core and v.business_date between :first and :until
        and v.location_id = any(:locations)
),
firsts as (
    (select distinct on (v.client_key) cast(null as uuid) as location_id, v.client_key, v.business_date,
            v.next_core_visit_on as next_on
     from visit v order by v.client_key, v.business_date)
    union all
    (select distinct on (v.location_id, v.client_key) v.location_id, v.client_key, v.business_date,
            v.next_core_visit_here_on
     from visit v order by v.location_id, v.client_key, v.business_date)
),
counted as (
    select f.location_id, n.days, count(*) as clients,
           count(*) filter (where f.business_date + n.days < h.day) as matured,
           count(*) filter (where f.business_date + n.days < h.day
               and f.next_on <= f.business_date + n.days) as returned
    from firsts f
    cross join horizon h
    cross join (values (30), (60), (90), (120), (150), (180)) as n (days)
    group by f.location_id, n.days
)
select coalesce(l.name, 'All locations') as location, cast(c.days as text) as days, c.clients, c.matured,
       c.returned, cast(c.returned as double precision) / nullif(c.matured, 0) as retention
from counted c
left join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
order by l.name nulls first, c.days
