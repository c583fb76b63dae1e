-- Lines, payments, payouts and credit memos as the source's snapshot summed them = those in the marts.
select org_id, location_id, business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select total.org_id, total.location_id, total.business_date,
        total.table_name || ' ' || total.key as subject, total.value as left_minor, 0 as right_minor
    from meta.control_total as total {scope:total}
    where total.table_name in ('invoice_line', 'payment', 'payout', 'credit_memo') and total.measure <> 'rows'
    union all
    select line.org_id, line.location_id, line.business_date, 'invoice_line ' || line.kind, 0,
        line.total_minor
    from build.fct_invoice_line as line {scope:line}
    union all
    select payment.org_id, payment.location_id, payment.business_date,
        'payment ' || payment.tender, 0, payment.amount_minor
    from build.fct_payment as payment {scope:payment}
    where payment.status = 'succeeded'
    union all
    select payout.org_id, payout.location_id, payout.business_date,
        'payout ' || coalesce(payout.tender, 'account_credit'), 0, payout.amount_minor
    from build.fct_payout as payout {scope:payout}
    where payout.status = 'succeeded'
    union all
    select memo.org_id, memo.location_id, memo.business_date, 'credit_memo ' || memo.reason, 0,
        memo.total_minor
    from build.fct_credit_memo_line as memo {scope:memo}
) as both_sides
group by org_id, location_id, business_date, subject
