-- Grain: one thing that the processor's own account tells of a line, on the business day that it moved something.
-- What a line takes from the clearing account: its amount, and of a dispute its fee with it. It is told beside our
-- document once that is booked; an adjustment only if it is of the document's amount. A line in another currency than
-- the books is on no account, and not here.
with lines as (
    select
        line.org_id,
        line.processor_line_id,
        line.merchant_account_id,
        line.location_id,
        line.occurred_on,
        line.fee_minor,
        line.amount_minor - line.fee_minor as net_minor,
        line.amount_minor
        - case when line.kind in ('dispute', 'dispute_reversal') then line.fee_minor else 0 end as cleared_minor,
        case when line.kind in ('dispute', 'dispute_reversal') then line.fee_minor else 0 end as dispute_fee_minor,
        line.kind,
        line.amount_minor,
        case
            when line.kind = 'fee' then null
            -- Told by a person, in one sum: what of it is not in the report stays named as not reported.
            when line.kind = 'opening' then line.amount_minor
            when payment.status = 'succeeded' then payment.amount_minor
            when payout.status = 'succeeded' and line.amount_minor > 0 then failed.amount_minor
            when payout.status = 'succeeded' then -payout.amount_minor
            when line.amount_minor < 0 then -dispute.amount_minor
            when dispute.status = 'won' then dispute.amount_minor
        end as document_minor
    from {{ ref('stg_operational__processor_line') }} as line
    left join {{ ref('stg_operational__payment') }} as payment
        on payment.org_id = line.org_id and payment.payment_id = line.payment_id
    left join {{ ref('stg_operational__payout') }} as payout
        on payout.org_id = line.org_id and payout.payout_id = line.payout_id
    left join (
        select
            org_id,
            payout_id,
            sum(amount_minor) as amount_minor
        from {{ ref('stg_operational__refund_failure') }}
        group by org_id, payout_id
        having sum(amount_minor) > 0
    ) as failed
        on failed.org_id = line.org_id and failed.payout_id = line.payout_id
    left join {{ ref('stg_operational__dispute') }} as dispute
        on dispute.org_id = line.org_id and dispute.dispute_id = line.dispute_id
    where line.refused_as is null
),

known as (
    select
        lines.*,
        document_minor is not null and (kind <> 'adjustment' or document_minor = amount_minor) as is_ours
    from lines
),

became as (
    select
        happened.org_id,
        lines.merchant_account_id,
        happened.location_id,
        happened.business_date,
        happened.clears,
        happened.event in ('explained', 'unexplained') as is_word,
        case when happened.event in ('sent_back', 'unexplained') then -1 else 1 end as way,
        lines.net_minor,
        lines.cleared_minor
    from {{ ref('stg_operational__processor_line_history') }} as happened
    inner join lines
        on lines.org_id = happened.org_id and lines.processor_line_id = happened.processor_line_id
)

{% set parts = [
    ('pending', 'known', 'occurred_on', 'cleared_minor', 'true'),
    ('reported', 'known', 'occurred_on', 'document_minor - dispute_fee_minor', 'is_ours'),
    ('not_ours', 'known', 'occurred_on', 'cleared_minor', 'not is_ours'),
    ('to_bank', 'became', 'business_date', 'way * net_minor', 'not is_word'),
    ('pending', 'became', 'business_date', '-way * cleared_minor', 'not is_word'),
    ('cleared_net', 'became', 'business_date', 'way * net_minor', 'clears'),
    ('cleared_fee', 'became', 'business_date', 'way * (cleared_minor - net_minor)', 'clears'),
    ('not_ours', 'became', 'business_date', '-way * cleared_minor', 'not clears and not is_word'),
    ('not_ours', 'became', 'business_date', 'way * cleared_minor', 'clears and is_word'),
] %}
{# What left the processor before it was known what it is about is not ours until it is explained; the bank had
   it before. What a person takes back of that goes the other way. #}
{% for kind, relation, day, amount, condition in parts %}
select
    org_id,
    merchant_account_id,
    location_id,
    {{ day }} as business_date,
    '{{ kind }}' as kind,
    {{ amount }} as amount_minor
from {{ relation }}
where {{ condition }}
{{ 'union all' if not loop.last }}
{% endfor %}
