-- The legs of the bridge over [first, until]: components of the left side, the right side, what is left over.
with summed as (
    select b.location_id, b.leg, b.side, b.component, b.currency, sum(b.amount_minor) as amount_minor
    from marts.agg_daily_bridge b
    where b.org_id = :org and b.business_date between :first and :until and b.location_id = any(:locations)
    group by b.location_id, b.leg, b.side, b.component, b.currency
),
lines as (
    select s.*,
           row_number() over (partition by s.location_id, s.leg, s.currency order by s.side, s.component) as line,
           count(*) over (partition by s.location_id, s.leg, s.currency) as lines,
           sum(case s.side when 'left' then s.amount_minor else -s.amount_minor end)
               over (partition by s.location_id, s.leg, s.currency) as residual_minor
    from summed s
)
select l.name as location, n.leg, cast(n.line as bigint) as line, n.side, n.component,
       cast(n.amount_minor as bigint) as amount_minor,
       -- Once per leg, on its last line.
       case when n.line = n.lines then cast(n.residual_minor as bigint) end as residual_minor, n.currency
from lines n
join marts.dim_location l on l.org_id = :org and l.location_id = n.location_id
order by l.name, n.location_id, n.currency, n.leg, n.line
