-- Twelve months before the first day, and before the day after the last, for all locations and for each.
with horizon as materialized (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
bounds as materialized (
    select cast(:first as date) as starts, cast(cast(:until as date) + 1 as date) as ends,
           cast(cast(cast(:until as date) + 1 as date) - interval '1 year' as date) as before_end
),
here as materialized (
    select v.location_id, v.client_key,
           bool_or(v.business_date < b.starts) as at_start,
           bool_or(v.business_date >= b.before_end) as at_end,
           bool_or(v.is_new and v.business_date >= b.starts) as is_new
    from marts.fct_visit v
    cross join bounds b
    where v.org_id = :org and v.location_id = any(:locations)
        and v.business_date >= cast(cast(:first as date) - interval '1 year' as date) and v.business_date <= :until
    group by v.location_id, v.client_key
),
client as (
    select h.location_id, h.at_start, h.at_end, h.is_new from here h
    union all
    select cast(null as uuid), bool_or(h.at_start), bool_or(h.at_end), bool_or(h.is_new) from here h group by h.client_key
),
counted as (
    select c.location_id,
           count(*) filter (where c.at_start) as active_at_start,
           count(*) filter (where c.at_end) as active_at_end,
           count(*) filter (where c.at_start and c.at_end) as stayed,
           count(*) filter (where c.is_new) as new_clients
    from client c
    group by c.location_id
)
select coalesce(l.name, 'All locations') as location, c.active_at_start, c.active_at_end, c.stayed, c.new_clients,
       case when cast(:until as date) < h.day
           then cast(c.stayed as double precision) / nullif(c.active_at_start, 0) end as retention,
       case when cast(:until as date) < h.day
           then cast(c.active_at_end - c.new_clients as double precision) / nullif(c.active_at_start, 0)
       end as retention_by_heads
from counted c
cross join horizon h
left join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
order by l.name nulls first
