-- As of :until: the last visit, and the last full treatment of each category, on or before it. Clients are counted
-- by what they are in before the bands are laid over them.
with seen as (
    select distinct on (v.client_key) v.client_key, v.location_id, v.business_date as last_on
    from marts.fct_visit v
    where v.org_id = :org and v.business_date <= :until
        and (v.next_visit_on is null or v.next_visit_on > :until)
    order by v.client_key, v.business_date desc, v.visit_number desc
),
running as (
    select d.client_key, d.category_code, d.due_on, d.window_until
    from marts.fct_cycle_due d
    where d.org_id = :org and d.business_date <= :until and not d.is_stopped
        and (d.next_full_on is null or d.next_full_on > :until)
        and (d.closed_on is null or d.closed_on > :until)
),
past as (
    select r.client_key, max(r.window_until) as window_until,
           max(r.due_on) filter (where r.category_code = 'neurotoxin') as neurotoxin_due
    from running r
    group by r.client_key
),
-- A place is that of a band below.
met as (
    select s.location_id, p.window_until < :until as is_past, cast(:until as date) - s.last_on as away,
           case
               when p.neurotoxin_due > cast(cast(:until as date) - make_interval(months => 1) as date) then 0
               when p.neurotoxin_due > cast(cast(:until as date) - make_interval(months => 5) as date) then 2
               when p.neurotoxin_due > cast(cast(:until as date) - make_interval(months => 9) as date) then 3
               when p.neurotoxin_due > cast(cast(:until as date) - make_interval(months => 13) as date) then 4
               when p.neurotoxin_due > cast(cast(:until as date) - make_interval(months => 19) as date) then 5
               when p.neurotoxin_due is not null then 6
           end as due_place
    from seen s
    left join past p on p.client_key = s.client_key
    where s.location_id = any(:locations)
),
kinds as (
    select m.location_id, m.is_past, m.away, m.due_place, cast(count(*) as integer) as clients
    from met m group by m.location_id, m.is_past, m.away, m.due_place
),
bands as (
    select * from (values
        (1, 'past every window', 'lapsed', cast(null as integer)),
        (2, 'neurotoxin, months past due', '1-4', null), (3, 'neurotoxin, months past due', '5-8', null),
        (4, 'neurotoxin, months past due', '9-12', null), (5, 'neurotoxin, months past due', '13-18', null),
        (6, 'neurotoxin, months past due', '19 or more', null),
        (7, 'days without a visit', '90', 90), (8, 'days without a visit', '180', 180),
        (9, 'days without a visit', '365', 365)
    ) as b (place, definition, band, days)
),
counted as (
    select k.location_id, b.place, b.definition, b.band, sum(k.clients) as everybody,
           coalesce(sum(k.clients) filter (where case b.definition
               when 'past every window' then k.is_past
               when 'days without a visit' then k.away >= b.days
               else k.due_place = b.place
           end), 0) as clients
    from kinds k
    cross join bands b
    group by k.location_id, b.place, b.definition, b.band
)
select l.name as location, c.definition, c.band, c.clients,
       cast(c.clients as double precision) / nullif(c.everybody, 0) as share
from counted c
join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
order by l.name, c.place
