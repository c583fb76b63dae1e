-- L3, cash: what the ledger moved on 1000, floats and bags aside = cash payments − cash payouts + paid in −
-- paid out, drops and tips paid + over/short of the count, from payments, payouts and sessions. What a float was
-- found over or short is part of its opening.
select org_id, location_id, business_date, 'cash drawer' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select posting.org_id, posting.location_id, posting.business_date,
        posting.amount_minor as left_minor, 0 as right_minor
    from build.fct_posting as posting {scope:posting}
    where posting.account = '1000'
        and posting.event not in ('float_funded', 'cutover')
        and not (posting.event = 'cash_dropped' and posting.source_kind = 'drawer_session')
    union all
    select payment.org_id, payment.location_id, payment.business_date, 0, payment.amount_minor
    from build.fct_payment as payment {scope:payment}
    where payment.status = 'succeeded' and payment.tender = 'cash'
    union all
    select payout.org_id, payout.location_id, payout.business_date, 0, -payout.amount_minor
    from build.fct_payout as payout {scope:payout}
    where payout.status = 'succeeded' and payout.tender = 'cash'
    union all
    select session.org_id, session.location_id, session.business_date, 0,
        session.paid_in_minor - session.movements_out_minor
            + coalesce(session.over_short_minor - session.opening_over_short_minor, 0)
    from build.fct_drawer_session as session {scope:session}
) as both_sides
group by org_id, location_id, business_date
