-- Billed to recognised: net billed − prepaid billed + prepaid credited (from lines and credit memos) =
-- recognised (from postings). Nothing prepaid is released by these kinds of line.
select org_id, location_id, business_date, 'billed to recognised' as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select line.org_id, line.location_id, line.business_date, line.net_minor as left_minor, 0 as right_minor
    from build.fct_invoice_line as line {scope:line}
    where line.invoice_status <> 'voided' and not line.is_prepaid
    union all
    select memo.org_id, memo.location_id, memo.business_date, -memo.net_minor, 0
    from build.fct_credit_memo_line as memo {scope:memo}
    where not memo.is_prepaid
    union all
    select posting.org_id, posting.location_id, posting.business_date, 0, -posting.amount_minor
    from build.fct_posting as posting {scope:posting}
    where posting.account_kind = 'revenue'
) as both_sides
group by org_id, location_id, business_date
