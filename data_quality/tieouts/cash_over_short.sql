-- Over/short of the drawer sessions, at the opening and at the count = what floats and counts posted to 6000. Of a
-- session that is not counted yet, what its opening found.
select org_id, location_id, business_date, 'over/short' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select posting.org_id, posting.location_id, posting.business_date,
        -posting.amount_minor as left_minor, 0 as right_minor
    from build.fct_posting as posting {scope:posting}
    where posting.account = '6000' and posting.event in ('float_funded', 'over_short')
    union all
    select session.org_id, session.location_id, session.business_date, 0,
        coalesce(session.over_short_minor, session.opening_over_short_minor)
    from build.fct_drawer_session as session {scope:session}
) as both_sides
group by org_id, location_id, business_date
