-- What documents leave open (invoices − allocations − credit memos + their payouts) = the AR control account.
select org_id, location_id, null::date as business_date, 'open documents' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select org_id, location_id, total_minor as left_minor, 0 as right_minor
    from build.fct_invoice_line where invoice_status <> 'voided'
    union all
    select org_id, location_id, -amount_minor, 0 from build.fct_allocation
    union all
    select org_id, location_id, -total_minor, 0 from build.fct_credit_memo_line
    union all
    select payout.org_id, memo.location_id, payout.amount_minor - payout.tip_minor - payout.rounding_minor, 0
    from build.fct_payout as payout
    inner join (
        select distinct org_id, credit_memo_id, location_id from build.fct_credit_memo_line
    ) as memo on memo.org_id = payout.org_id and memo.credit_memo_id = payout.credit_memo_id
    where payout.status = 'succeeded'
    union all
    select org_id, location_id, case kind when 'written_off' then -amount_minor else amount_minor end, 0
    from build.stg_operational__write_off
    union all
    select org_id, location_id, 0, amount_minor
    from build.fct_posting where account = '1100' and event not in (
        'cutover', 'dispute_billed_again', 'dispute_lost', 'check_returned', 'third_party_refused'
    )
) as both_sides
group by org_id, location_id
