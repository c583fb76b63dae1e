-- Cycles due in [first, until]; one is matured when its window was over before the newest business day.
with horizon as materialized (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
counted as (
    select c.location_id, c.category_id, sum(c.cycles) as cycles,
           sum(c.cycles) filter (where c.outcome = 'early') as early,
           sum(c.cycles) filter (where c.outcome = 'on_time') as on_time,
           sum(c.cycles) filter (where c.outcome = 'late') as late,
           sum(c.cycles) filter (where c.outcome = 'open' and c.window_until < h.day) as overdue,
           sum(c.cycles) filter (where c.outcome = 'open' and c.window_until >= h.day) as pending,
           sum(c.cycles) filter (where c.outcome = 'closed') as closed,
           sum(c.cycles) filter (where c.outcome <> 'closed' and c.window_until < h.day) as matured,
           sum(c.cycles) filter (where c.outcome = 'on_time' and c.window_until < h.day) as kept
    from marts.agg_daily_cycle_due c
    cross join horizon h
    where c.org_id = :org and c.due_on between :first and :until and c.location_id = any(:locations)
    group by c.location_id, c.category_id
)
select l.name as location, t.name as category, c.cycles, coalesce(c.early, 0) as early,
       coalesce(c.on_time, 0) as on_time, coalesce(c.late, 0) as late, coalesce(c.overdue, 0) as overdue,
       coalesce(c.pending, 0) as pending, coalesce(c.closed, 0) as closed,
       cast(coalesce(c.kept, 0) as double precision) / nullif(c.matured, 0) as adherence
from counted c
join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
join marts.dim_treatment_category t on t.org_id = :org and t.category_id = c.category_id
order by l.name, t.name
