-- Money per organization, location, business date and key. Union branch: same columns as the row counts.
-- In braces: where controls.py joins the days that a batch touched; in a whole count nothing stands there.
select org_id, 'posting', 'amount_minor', location_id, business_date, account, sum(amount_minor)::bigint
from deid.posting {posting}
group by org_id, location_id, business_date, account
union all
select org_id, 'invoice_line', 'total_minor', location_id, business_date, kind, sum(net_minor + tax_minor)::bigint
from deid.invoice_line {invoice_line}
group by org_id, location_id, business_date, kind
union all
select org_id, 'payment', 'amount_minor', location_id, business_date, tender, sum(amount_minor)::bigint
from deid.payment {payment}
where status = 'succeeded'
group by org_id, location_id, business_date, tender
union all
select org_id, 'payout', 'amount_minor', location_id, business_date,
    coalesce(tender, 'account_credit'), sum(amount_minor)::bigint
from deid.payout {payout}
where status = 'succeeded'
group by org_id, location_id, business_date, coalesce(tender, 'account_credit')
union all
-- Refunds of cards only come back.
select org_id, 'refund_failure', 'amount_minor', location_id, business_date, 'card', sum(amount_minor)::bigint
from deid.refund_failure {refund_failure}
group by org_id, location_id, business_date
union all
select m.org_id, 'credit_memo', 'total_minor', m.location_id, m.business_date, m.reason,
    sum(l.net_minor + l.tax_minor)::bigint
from deid.credit_memo m {credit_memo}
join deid.credit_memo_line l on l.org_id = m.org_id and l.credit_memo_id = m.id
group by m.org_id, m.location_id, m.business_date, m.reason
