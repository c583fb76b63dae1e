-- L4: processor payouts (the processor's lines) + bags as counted + checks + programmes' transfers − returned checks −
-- cash fetched + bank lines that name nothing of these = the bank account (1200), floats aside. And per legal entity:
-- documents that a line of the bank names + lines named in 1290, as fees or as booked elsewhere = the bank's lines.
select org_id, null::uuid as location_id, null::date as business_date, 'bank in ' || currency as subject,
    sum(left_minor)::bigint as left_minor, sum(right_minor)::bigint as right_minor
from (
    select org_id, currency, amount_minor - fee_minor as left_minor, 0 as right_minor
    from build.stg_operational__processor_line where processor_payout_id is not null and refused_as is null
    union all
    select org_id, currency, case kind when 'cash' then confirmed_minor else amount_minor end, 0
    from build.stg_operational__bank_deposit where kind = 'checks' or confirmed_on is not null
    union all
    select org_id, currency, net_minor, 0 from build.stg_operational__remittance
    union all
    select org_id, currency, -amount_minor - bank_fee_minor, 0 from build.stg_operational__returned_check
    union all
    select movement.org_id, session.currency, -movement.amount_minor, 0
    from build.stg_operational__drawer_movement as movement
    inner join build.stg_operational__drawer_session as session
        on session.org_id = movement.org_id and session.drawer_session_id = movement.drawer_session_id
    where movement.kind = 'paid_in' and movement.reason = 'bank'
    union all
    select org_id, currency, amount_minor, 0
    from build.stg_operational__bank_line where match_kind is null or match_kind = 'processor_fee'
    union all
    select org_id, currency, 0, amount_minor
    from build.fct_posting where account = '1200' and event not in ('cutover', 'float_funded')
) as both_sides
group by org_id, currency
union all
select org_id, null::uuid, null::date, 'bank file of ' || legal_entity_id, sum(left_minor)::bigint, sum(right_minor)::bigint
from (
    select org_id, legal_entity_id,
        case kind when 'line' then 0 else amount_minor end as left_minor,
        case kind when 'line' then amount_minor else 0 end as right_minor
    from build.int_money__bank
    union all
    select org_id, legal_entity_id, -amount_minor, 0
    from build.fct_posting
    where account in ('1290', '6010') and event in ('bank_line_unmatched', 'bank_line_booked')
) as both_sides
group by org_id, legal_entity_id
