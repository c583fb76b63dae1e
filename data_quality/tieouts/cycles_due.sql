-- Cycles that came due, as their report counts them = the cycles one by one.
select org_id, location_id, due_on as business_date, 'cycles due' as subject,
    sum(left_cycles)::bigint as left_minor, sum(right_cycles)::bigint as right_minor
from (
    select org_id, location_id, due_on, outcome, window_until, cycles as left_cycles, 0 as right_cycles
    from build.agg_daily_cycle_due
    union all
    select org_id, location_id, due_on, outcome, window_until, 0, 1 from build.fct_cycle_due
) as both_sides
group by org_id, location_id, due_on, outcome, window_until
