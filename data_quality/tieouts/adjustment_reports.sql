-- Discounts and credit memos of the report, from lines and memos = the contra accounts they were posted to. What is
-- deferred is deferred at its net price: its discounts are posted nowhere.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select lowered.org_id, lowered.location_id, lowered.business_date, lowered.adjustment as subject,
        lowered.amount_minor as left_minor, 0 as right_minor
    from build.agg_daily_adjustment as lowered {scope:lowered}
    where lowered.adjustment in ('discount', 'credit_memo') and lowered.kind in ('service', 'retail', 'fee')
    union all
    select posting.org_id, posting.location_id, posting.business_date,
        case posting.account when '4810' then 'credit_memo' else 'discount' end, 0, posting.amount_minor
    from build.fct_posting as posting {scope:posting}
    where (posting.account between '4801' and '4804' and posting.event in ('line_performed', 'fee_charged', 'reversal'))
        or (posting.account = '4810' and posting.event = 'credit_memo_issued')
) as both_sides
group by org_id, location_id, business_date, subject
