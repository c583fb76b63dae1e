-- The first visit of each client in [first, until], for all locations together and for each; then the variants.
with horizon as (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
within as (
    select n.days from (values (30), (60), (90), (120), (150), (180)) as n (days)
),
visit as (
    select l.location_id, v.client_key, v.business_date, v.is_core, v.next_visit_on,
           case when l.location_id is null then v.next_core_visit_on else v.next_core_visit_here_on end as next_core_on
    from marts.fct_visit v
    cross join lateral (values (cast(null as uuid)), (v.location_id)) as l (location_id)
    where v.org_id = :org and v.business_date between :first and :until and v.location_id = any(:locations)
),
firsts as (
    select distinct on (v.location_id, v.client_key) v.location_id, v.business_date, v.next_core_on as next_on
    from visit v where v.is_core order by v.location_id, v.client_key, v.business_date
),
firsts_of_all as (
    select distinct on (v.location_id, v.client_key) v.location_id, v.client_key, v.business_date, v.next_visit_on
    from visit v order by v.location_id, v.client_key, v.business_date
),
-- The first visit after the range is the next one of the last in it.
afterwards as (
    select v.location_id, v.client_key, max(v.next_visit_on) filter (where v.next_visit_on > :until) as next_on
    from visit v group by v.location_id, v.client_key
),
counted as (
    select f.location_id, n.days, count(*) as clients,
           count(*) filter (where f.business_date + n.days < h.day) as matured,
           count(*) filter (where f.business_date + n.days < h.day
               and f.next_on <= f.business_date + n.days) as returned
    from firsts f cross join horizon h cross join within n group by f.location_id, n.days
),
variants as (
    select f.location_id, n.days,
           count(*) filter (where f.business_date + n.days < h.day) as matured,
           count(*) filter (where f.business_date + n.days < h.day
               and f.next_visit_on <= f.business_date + n.days) as returned,
           case when cast(:until as date) + n.days < max(h.day) then
               cast(count(*) filter (where a.next_on <= cast(:until as date) + n.days) as double precision) / count(*)
           end as after_range
    from firsts_of_all f
    join afterwards a on a.location_id is not distinct from f.location_id and a.client_key = f.client_key
    cross join horizon h cross join within n group by f.location_id, n.days
)
select coalesce(l.name, 'All locations') as location, cast(v.days as text) as days, coalesce(c.clients, 0) as clients,
       coalesce(c.matured, 0) as matured, coalesce(c.returned, 0) as returned,
       cast(c.returned as double precision) / nullif(c.matured, 0) as retention,
       cast(v.returned as double precision) / nullif(v.matured, 0) as retention_all_visits,
       v.after_range as retention_after_range
from variants v
left join counted c on c.location_id is not distinct from v.location_id and c.days = v.days
left join marts.dim_location l on l.org_id = :org and l.location_id = v.location_id
order by l.name nulls first, v.days
