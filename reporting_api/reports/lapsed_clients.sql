-- As of :until: the last visit, and the last full treatment of each category, on or before it.
with seen as (
    select distinct on (v.client_key) v.client_key, v.location_id, v.business_date as last_on
    from marts.fct_visit v
    where v.org_id = :org and v.business_date <= :until
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
bands as (
    select * from (values
        (1, 'past every window', 'lapsed', cast(null as integer), cast(null as integer)),
        (2, 'neurotoxin, months past due', '1-4', 1, 5), (3, 'neurotoxin, months past due', '5-8', 5, 9),
        (4, 'neurotoxin, months past due', '9-12', 9, 13), (5, 'neurotoxin, months past due', '13-18', 13, 19),
        (6, 'neurotoxin, months past due', '19 or more', 19, 1200),
        (7, 'days without a visit', '90', 90, null), (8, 'days without a visit', '180', 180, null),
        (9, 'days without a visit', '365', 365, null)
    ) as b (place, definition, band, low, high)
),
counted as (
    select s.location_id, b.place, b.definition, b.band, count(*) as everybody,
           count(*) filter (where case b.definition
               when 'past every window' then p.window_until < :until
               when 'days without a visit' then cast(:until as date) - s.last_on >= b.low
               else p.neurotoxin_due <= cast(cast(:until as date) - make_interval(months => b.low) as date)
                   and p.neurotoxin_due > cast(cast(:until as date) - make_interval(months => b.high) as date)
           end) as clients
    from seen s
    left join past p on p.client_key = s.client_key
    cross join bands b
    where s.location_id = any(:locations)
    group by s.location_id, b.place, b.definition, b.band
)
select l.name as location, c.definition, c.band, c.clients,
       cast(c.clients as double precision) / nullif(c.everybody, 0) as share
from counted c
join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
order by l.name, c.place
