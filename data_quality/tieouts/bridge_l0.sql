-- Billed to recognised: net billed − prepaid billed + prepaid credited (lines and credit memos) + prepaid released
-- (sessions used and re-priced from entitlements and from periods that ended early; days, breakage and expiry from
-- the liabilities they left) − what the practice bore of a programme = recognised (postings on revenue).
select org_id, location_id, business_date, 'billed to recognised' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select line.org_id, line.location_id, line.business_date, line.net_minor as left_minor, 0 as right_minor
    from build.fct_invoice_line as line {scope:line}
    where line.invoice_status <> 'voided' and not line.is_prepaid
    union all
    select memo.org_id, memo.location_id, memo.business_date, -memo.net_minor, 0
    from build.fct_credit_memo_line as memo {scope:memo}
    where memo.kind <> 'gift_card'
    union all
    select used.org_id, used.location_id, used.business_date, used.value_minor, 0
    from build.fct_entitlement_movement as used {scope:used}
    where used.kind in ('used', 'reversed', 'refunded')
    union all
    select ended.org_id, ended.location_id, ended.business_date, ended.access_returned_minor, 0
    from build.int_money__ended_periods as ended {scope:ended}
    union all
    select owed.org_id, owed.location_id, owed.business_date, owed.amount_minor, 0
    from build.fct_posting as owed {scope:owed}
    where owed.account_kind = 'liability'
        and owed.event in ('dues_earned', 'breakage_recognised', 'prepaid_expired')
    union all
    select item.org_id, item.location_id, item.business_date, -item.practice_funded_minor, 0
    from build.stg_operational__remittance_item as item {scope:item}
    where item.outcome = 'settled'
    union all
    select posting.org_id, posting.location_id, posting.business_date, 0, -posting.amount_minor
    from build.fct_posting as posting {scope:posting}
    where posting.account_kind = 'revenue'
) as both_sides
group by org_id, location_id, business_date
