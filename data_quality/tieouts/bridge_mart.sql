-- The bridge that owners read: the components of each leg's left side = its right side, read from other tables.
select bridge.org_id, bridge.location_id, bridge.business_date, bridge.leg as subject,
    coalesce(sum(bridge.amount_minor) filter (where bridge.side = 'left'), 0)::bigint as left_minor,
    coalesce(sum(bridge.amount_minor) filter (where bridge.side = 'right'), 0)::bigint as right_minor
from build.agg_daily_bridge as bridge {scope:bridge}
group by bridge.org_id, bridge.location_id, bridge.business_date, bridge.leg
