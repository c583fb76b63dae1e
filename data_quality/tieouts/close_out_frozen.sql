-- What a closed day froze = what the warehouse computes for it today, figure by figure.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select frozen.org_id, frozen.location_id, frozen.business_date,
        frozen.measure || ' ' || frozen.key as subject, frozen.amount_minor as left_minor, 0 as right_minor
    from build.fct_day_close_figure as frozen {scope:frozen}
    union all
    select figure.org_id, figure.location_id, figure.business_date,
        figure.measure || ' ' || figure.key, 0, figure.amount_minor
    from build.agg_daily_close_out as figure {scope:figure}
    where figure.day_status = 'closed'
) as both_sides
group by org_id, location_id, business_date, subject
