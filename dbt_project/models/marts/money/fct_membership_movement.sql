-- Grain: what one event of a membership changed of what a plan brings in a month.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_memberships(),
        ['org_id', 'membership_id'],
        ['org_id', 'membership_event_id', 'membership_plan_id']
    ) }}"
) }}

with {% call touched(['org_id', 'membership_id']) %}{{ touched_memberships() }}{% endcall %},

priced as (
    select
        moves.org_id,
        moves.membership_event_id,
        moves.membership_id,
        moves.kind,
        moves.business_date,
        version.membership_plan_id,
        sum(moves.members) as members,
        sum(moves.members * round(version.price_minor / cast(version.period_months as numeric))) as mrr_minor
    from {{ ref('int_money__membership_moves') }} as moves
    {{ only_touched('moves', ['org_id', 'membership_id']) }}
    inner join {{ ref('stg_operational__membership') }} as held
        on held.org_id = moves.org_id and held.membership_id = moves.membership_id
    inner join {{ ref('stg_operational__membership_plan_version') }} as version
        on
            version.org_id = moves.org_id
            and version.membership_plan_version_id = coalesce(moves.of_version, held.membership_plan_version_id)
    where moves.members <> 0
    group by
        moves.org_id,
        moves.membership_event_id,
        moves.membership_id,
        moves.kind,
        moves.business_date,
        version.membership_plan_id
)

select
    priced.org_id,
    priced.membership_event_id,
    priced.membership_id,
    member.client_key,
    member.location_id,
    priced.membership_plan_id,
    -- One that was cancelled runs to its last day. Nobody is a member before the first day, however early it is told.
    greatest(
        case
            when priced.kind = 'cancelled' and member.ends_on is not null then {{ days_after('member.ends_on', 1) }}
            else priced.business_date
        end,
        member.joined_on
    ) as business_date,
    case
        when priced.kind = 'joined' then 'new'
        when priced.kind = 'frozen' then 'paused'
        when
            priced.kind = 'changed'
            then
                case
                    when
                        sum(priced.mrr_minor) over (partition by priced.org_id, priced.membership_event_id) < 0
                        then 'contraction'
                    else 'expansion'
                end
        when priced.members > 0 then 'reactivated'
        else 'churned'
    end as movement,
    case priced.kind when 'past_due' then 'failed_payment' when 'cancelled' then member.cancel_reason end as reason,
    cast(priced.members as integer) as members,
    cast(priced.mrr_minor as bigint) as mrr_minor,
    member.currency,
    {{ build_id() }}
from priced
inner join {{ ref('fct_membership') }} as member
    on member.org_id = priced.org_id and member.membership_id = priced.membership_id
where priced.members <> 0 or priced.mrr_minor <> 0
