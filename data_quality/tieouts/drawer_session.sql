-- L3, sessions: opening float + cash in − cash out = expected; expected + over/short of the count = counted.
select session.org_id, session.location_id, session.business_date,
    'session ' || session.drawer_session_id as subject,
    (session.opening_float_minor + session.cash_received_minor - session.cash_paid_out_minor
        + session.paid_in_minor - session.movements_out_minor
        + session.over_short_minor - session.opening_over_short_minor)::bigint as left_minor,
    session.counted_minor as right_minor
from build.fct_drawer_session as session {scope:session}
where session.status = 'closed'
