-- Cycles due in [first, until]; one is matured when its window was over before the newest business day.
with horizon as (
    select max(d.business_date) as day from marts.fct_business_day d where d.org_id = :org
),
counted as (
    select c.location_id, c.category_id, count(*) as cycles,
           count(*) filter (where c.outcome = 'early') as early,
           count(*) filter (where c.outcome = 'on_time') as on_time,
           count(*) filter (where c.outcome = 'late') as late,
           count(*) filter (where c.outcome = 'open' and c.window_until < h.day) as overdue,
           count(*) filter (where c.outcome = 'open' and c.window_until >= h.day) as pending,
           count(*) filter (where c.outcome = 'closed') as closed,
           count(*) filter (where c.outcome <> 'closed' and c.window_until < h.day) as matured,
           count(*) filter (where c.outcome = 'on_time' and c.window_until < h.day) as kept
    from marts.fct_cycle_due c
    cross join horizon h
    where c.org_id = :org and c.due_on between :first and :until and c.location_id = any(:locations)
    group by c.location_id, c.category_id
)
select l.name as location, t.name as category, c.cycles, c.early, c.on_time, c.late, c.overdue, c.pending,
       c.closed, cast(c.kept as double precision) / nullif(c.matured, 0) as adherence
from counted c
join marts.dim_location l on l.org_id = :org and l.location_id = c.location_id
join marts.dim_treatment_category t on t.org_id = :org and t.category_id = c.category_id
order by l.name, t.name
