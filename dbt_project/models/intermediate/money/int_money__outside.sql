-- Grain: one document of the bank, a programme, a dispute or the safe, on the business day that it moved something.
select org_id, location_id, opened_on as business_date, 'dispute_opened' as kind, amount_minor
from {{ ref('stg_operational__dispute') }}

union all

select
    org_id,
    location_id,
    resolved_on as business_date,
    case status when 'won' then 'dispute_won' else 'dispute_lost' end as kind,
    amount_minor
from {{ ref('stg_operational__dispute') }}
where resolved_on is not null

union all

select org_id, location_id, business_date, 'dispute_fee' as kind, fee_minor as amount_minor
from {{ ref('stg_operational__dispute_fee') }}

union all

select org_id, location_id, resolved_on as business_date, 'dispute_fee' as kind, -fee_returned_minor as amount_minor
from {{ ref('stg_operational__dispute') }}
where resolved_on is not null

union all

select org_id, location_id, business_date, 'opening_told' as kind, amount_minor
from {{ ref('stg_operational__merchant_opening') }}

union all

select org_id, location_id, business_date, 'refund_failed' as kind, amount_minor
from {{ ref('stg_operational__refund_failure') }}

union all

select org_id, location_id, business_date, 'checks_deposited' as kind, amount_minor
from {{ ref('stg_operational__bank_deposit') }}
where kind = 'checks'

union all

-- What the slip says leaves the safe; what the bank counted arrives.
{% for kind, amount in [('bag_taken', 'amount_minor'), ('bag_counted', 'confirmed_minor')] %}
select org_id, location_id, confirmed_on as business_date, '{{ kind }}' as kind, {{ amount }} as amount_minor
from {{ ref('stg_operational__bank_deposit') }}
where kind = 'cash' and confirmed_on is not null

union all

{% endfor %}
select org_id, location_id, business_date, 'check_returned' as kind, amount_minor + bank_fee_minor as amount_minor
from {{ ref('stg_operational__returned_check') }}

union all

select
    org_id,
    location_id,
    business_date,
    case outcome when 'settled' then 'programme_settled' else 'programme_refused' end as kind,
    amount_minor
from {{ ref('stg_operational__remittance_item') }}

union all

select org_id, location_id, business_date, 'programme_paid' as kind, net_minor as amount_minor
from {{ ref('stg_operational__remittance') }}

union all

-- A line that is matched when it is taken is both on one day: nothing moved.
select org_id, location_id, business_date, 'line_taken' as kind, amount_minor
from {{ ref('stg_operational__bank_line') }}

union all

select org_id, location_id, matched_on as business_date, 'line_explained' as kind, amount_minor
from {{ ref('stg_operational__bank_line') }}
where matched_on is not null and match_kind <> 'processor_fee'

union all

select
    session.org_id,
    session.location_id,
    session.business_date,
    case when movement.kind = 'drop' then 'cash_dropped' else movement.reason || '_to_drawer' end as kind,
    movement.amount_minor
from {{ ref('stg_operational__drawer_movement') }} as movement
inner join {{ ref('stg_operational__drawer_session') }} as session
    on session.org_id = movement.org_id and session.drawer_session_id = movement.drawer_session_id
where movement.kind = 'drop' or (movement.kind = 'paid_in' and movement.reason in ('safe', 'bank'))
