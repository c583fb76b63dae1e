-- L2, per merchant account: what cards brought and took (payments, payouts that stayed, disputes, from their tables) − what
-- the processor's own lines say was paid out of it = the clearing account (1020). And the clearing account = what
-- the processor says that it holds, less what is about nothing of ours, with our documents that it tells of later.
with documents as (
    select org_id, merchant_account_id, amount_minor
    from build.fct_payment where tender = 'card' and status = 'succeeded'
    union all
    select payout.org_id, payment.merchant_account_id, -payout.amount_minor
    from build.fct_payout as payout
    inner join build.fct_payment as payment
        on payment.org_id = payout.org_id and payment.payment_id = payout.payment_id
    where payout.tender = 'card' and payout.status = 'succeeded'
    union all
    select org_id, merchant_account_id,
        -fee_minor - case when status = 'won' then -fee_returned_minor else amount_minor end
    from build.stg_operational__dispute
    union all
    select org_id, merchant_account_id, amount_minor from build.stg_operational__refund_failure
),
ledger as (
    select org_id, merchant_account_id, amount_minor
    from build.fct_posting where account = '1020' and event <> 'cutover'
)
select org_id, null::uuid as location_id, null::date as business_date, subject || ' ' || merchant_account_id as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select org_id, merchant_account_id, subject, amount_minor as left_minor, 0 as right_minor
    from documents cross join (values ('merchant account'), ('held for merchant account')) as told (subject)
    union all
    select org_id, merchant_account_id, 'merchant account',
        -amount_minor + case when kind in ('dispute', 'dispute_reversal') then fee_minor else 0 end, 0
    from build.stg_operational__processor_line
    where processor_payout_id is not null and kind <> 'fee' and refused_as is null
        and (kind = 'opening' or num_nonnulls(payment_id, payout_id, dispute_id) > 0)
    union all
    select org_id, merchant_account_id, 'held for merchant account',
        case kind when 'pending' then amount_minor else -amount_minor end, 0
    from build.int_money__processor where kind in ('pending', 'not_ours', 'reported')
    union all
    select org_id, merchant_account_id, subject, 0, amount_minor
    from ledger cross join (values ('merchant account'), ('held for merchant account')) as told (subject)
) as both_sides
group by org_id, merchant_account_id, subject
