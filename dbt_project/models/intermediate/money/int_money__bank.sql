-- Grain: one line of the bank's file, or the document that one is about, on the business day that told of it.
select org_id, legal_entity_id, location_id, business_date, 'line' as kind, amount_minor
from {{ ref('stg_operational__bank_line') }}

union all

select org_id, legal_entity_id, location_id, matched_on as business_date, 'booked_elsewhere' as kind, amount_minor
from {{ ref('stg_operational__bank_line') }}
where match_kind = 'elsewhere'

union all

-- With the amount of the document: a line of another amount leaves a difference.
select
    line.org_id,
    line.legal_entity_id,
    line.location_id,
    line.matched_on as business_date,
    'arrived' as kind,
    case line.match_kind
        when 'processor_payout' then payout.net_minor
        when 'bank_deposit' then coalesce(deposit.confirmed_minor, deposit.amount_minor)
        when 'returned_check' then -returned_check.amount_minor - returned_check.bank_fee_minor
        when 'remittance' then remittance.net_minor
    end as amount_minor
from {{ ref('stg_operational__bank_line') }} as line
left join {{ ref('stg_operational__processor_payout') }} as payout
    on payout.org_id = line.org_id and payout.processor_payout_id = line.match_id
left join {{ ref('stg_operational__bank_deposit') }} as deposit
    on deposit.org_id = line.org_id and deposit.bank_deposit_id = line.match_id
left join {{ ref('stg_operational__returned_check') }} as returned_check
    on returned_check.org_id = line.org_id and returned_check.returned_check_id = line.match_id
left join {{ ref('stg_operational__remittance') }} as remittance
    on remittance.org_id = line.org_id and remittance.remittance_id = line.match_id
where line.match_id is not null
