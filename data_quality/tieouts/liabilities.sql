-- Deposits, account credit, gift cards, packages and tips: what documents say is owed = the liability accounts. Per
-- organization, for a balance may be held at one location and used at another. A deposit that was paid back after
-- it was used is owed by the client: it waits in 1290, is matched with a later deposit or written off to 6020.
select org_id, null::uuid as location_id, null::date as business_date, subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select org_id, 'deposits' as subject, amount_minor - tip_minor - rounding_minor as left_minor,
        0 as right_minor
    from build.fct_payment where purpose = 'deposit' and status = 'succeeded'
    union all
    select org_id, 'deposits', -amount_minor, 0 from build.fct_allocation where source = 'deposit'
    union all
    select org_id, 'deposits', -(amount_minor - tip_minor - rounding_minor), 0
    from build.fct_payout where credit_memo_id is null and status = 'succeeded'
        and payment_id in (select payment_id from build.fct_payment where purpose = 'deposit')
    union all
    select org_id, 'account credit', amount_minor - tip_minor - rounding_minor, 0
    from build.fct_payment where purpose = 'invoice' and status = 'succeeded'
    union all
    select org_id, 'account credit', -amount_minor, 0
    from build.fct_allocation where source in ('payment', 'account_credit')
    union all
    select org_id, case when gift_card_id is null then 'account credit' else 'gift cards' end, amount_minor,
        0 from build.fct_payout where tender is null and status = 'succeeded'
    union all
    select org_id, case when gift_card_id is null then 'account credit' else 'gift cards' end,
        -(amount_minor - rounding_minor), 0
    from build.fct_payout where cashes_out and status = 'succeeded'
    union all
    select org_id, 'deposits', deposit_minor, 0 from build.stg_operational__refund_failure
    union all
    select org_id, 'account credit', amount_minor - deposit_minor, 0 from build.stg_operational__refund_failure
    union all
    select org_id, 'packages', value_minor, 0 from build.stg_operational__entitlement where package_id is not null
    union all
    select org_id, 'packages', -value_minor, 0 from build.fct_entitlement_movement where package_id is not null
    union all
    select org_id, 'gift cards', net_minor, 0
    from build.fct_invoice_line where kind = 'gift_card' and invoice_status <> 'voided'
    union all
    select org_id, 'gift cards', -net_minor, 0 from build.fct_credit_memo_line where kind = 'gift_card'
    union all
    select org_id, 'gift cards', -amount_minor, 0 from build.fct_allocation where source = 'gift_card'
    union all
    select org_id, 'tips', tip_minor, 0 from build.fct_payment where status = 'succeeded'
    union all
    select org_id, 'tips', -tip_minor, 0 from build.fct_payout where status = 'succeeded'
    union all
    select org_id,
        case when account in ('2100', '1290', '6020') then 'deposits' when account = '2110' then 'account credit'
            when account = '2200' then 'gift cards' when account = '2300' then 'packages' else 'tips' end,
        0, -amount_minor
    from build.fct_posting
    -- What the outside world took back, and what expired on cards, has no document among these.
    where account in ('2100', '2110', '2200')
            and event not in ('cutover', 'dispute_lost', 'check_returned', 'third_party_refused', 'prepaid_expired')
        or account = '2300'
        or account in ('1290', '6020') and event in ('deposit_returned', 'unmatched_resolved')
        or account in ('2500', '6040') and event not in ('tips_paid_out', 'cutover')
) as both_sides
group by org_id, subject
