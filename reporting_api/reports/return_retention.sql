-- The first visit of each client in [first, until], for all locations together and for each; then the variants.
-- Steps are of 30 days: of those until the next visit, and of those that have passed since. A later visit never has
-- an earlier next one, so the least next one is that of the first.
with horizon as materialized (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
within as (
    select n.days, n.days / 30 as step from (values (30), (60), (90), (120), (150), (180)) as n (days)
),
here as materialized (
    select v.location_id, v.client_key, min(v.business_date) as first_on, min(v.next_visit_on) as next_on,
           max(v.next_visit_on) filter (where v.next_visit_on > :until) as after_on,
           min(v.business_date) filter (where v.is_core) as core_on,
           min(v.next_core_visit_on) filter (where v.is_core) as next_core_on,
           min(v.next_core_visit_here_on) filter (where v.is_core) as next_core_here_on
    from marts.fct_visit v
    where v.org_id = :org and v.business_date between :first and :until and v.location_id = any(:locations)
    group by v.location_id, v.client_key
),
client as (
    select h.location_id, h.first_on, h.next_on, h.after_on, h.core_on, h.next_core_here_on as next_core_on from here h
    union all
    -- The first visit after the range is the next one of the last in it.
    select cast(null as uuid), min(h.first_on), min(h.next_on), max(h.after_on), min(h.core_on), min(h.next_core_on)
    from here h group by h.client_key
),
stepped as (
    select c.location_id, c.core_on is not null as is_core,
           case when h.day is not null then least((h.day - c.first_on - 1) / 30, 6) end as passed,
           least((c.next_on - c.first_on + 29) / 30, 7) as next_step,
           case when h.day is not null then least((h.day - c.core_on - 1) / 30, 6) end as core_passed,
           least((c.next_core_on - c.core_on + 29) / 30, 7) as core_step,
           least((c.after_on - cast(:until as date) + 29) / 30, 7) as after_step,
           cast(count(*) as integer) as clients
    from client c cross join horizon h group by 1, 2, 3, 4, 5, 6, 7
),
counted as (
    select s.location_id, n.days,
           sum(s.clients) as everybody,
           sum(s.clients) filter (where s.is_core) as clients,
           sum(s.clients) filter (where s.is_core and s.core_passed >= n.step) as matured,
           sum(s.clients) filter (where s.core_passed >= n.step and s.core_step <= n.step) as returned,
           sum(s.clients) filter (where s.passed >= n.step) as all_matured,
           sum(s.clients) filter (where s.passed >= n.step and s.next_step <= n.step) as all_returned,
           sum(s.clients) filter (where s.after_step <= n.step) as came_after
    from stepped s cross join within n group by s.location_id, n.days
)
select coalesce(l.name, 'All locations') as location, cast(c.days as text) as days, coalesce(c.clients, 0) as clients,
       coalesce(c.matured, 0) as matured, coalesce(c.returned, 0) as returned,
       cast(coalesce(c.returned, 0) as double precision) / nullif(c.matured, 0) as retention,
       cast(coalesce(c.all_returned, 0) as double precision) / nullif(c.all_matured, 0) as retention_all_visits,
       case when cast(:until as date) + c.days < h.day then
           cast(coalesce(c.came_after, 0) as double precision) / c.everybody
       end as retention_after_range
from counted c
cross join horizon h
left join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
order by l.name nulls first, c.days
