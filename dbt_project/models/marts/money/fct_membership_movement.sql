-- Grain: one event of a membership that changed what it brings in a month.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_memberships(),
        ['org_id', 'membership_id'],
        ['org_id', 'membership_event_id']
    ) }}"
) }}

with {% call touched(['org_id', 'membership_id']) %}{{ touched_memberships() }}{% endcall %},

events as (
    select
        happened.org_id,
        happened.membership_id,
        happened.membership_event_id,
        happened.kind,
        happened.business_date,
        happened.created_at,
        case when happened.kind in ('joined', 'unfrozen', 'recovered') then 1 else 0 end as running
    from {{ ref('stg_operational__membership_event') }} as happened
    {{ only_touched('happened', ['org_id', 'membership_id']) }}
    where happened.kind in ('joined', 'frozen', 'unfrozen', 'past_due', 'recovered', 'cancelled')
),

changes as (
    select
        events.*,
        -- Told at one moment, the end is the last: who cancels a frozen membership thaws it first.
        events.running - coalesce(lag(events.running) over (
            partition by events.org_id, events.membership_id
            order by events.created_at,
                case events.kind when 'joined' then 0 when 'cancelled' then 2 else 1 end,
                events.membership_event_id
        ), 0) as members
    from events
)

select
    changes.org_id,
    changes.membership_event_id,
    changes.membership_id,
    member.client_key,
    member.location_id,
    member.membership_plan_id,
    -- One that was cancelled runs to its last day. Nobody is a member before the first day, however early it is told.
    greatest(
        case
            when changes.kind = 'cancelled' and member.ends_on is not null then {{ days_after('member.ends_on', 1) }}
            else changes.business_date
        end,
        member.joined_on
    ) as business_date,
    case
        when changes.kind = 'joined' then 'new'
        when changes.kind = 'frozen' then 'paused'
        when changes.members > 0 then 'reactivated'
        else 'churned'
    end as movement,
    case changes.kind when 'past_due' then 'failed_payment' when 'cancelled' then member.cancel_reason end as reason,
    changes.members,
    cast(changes.members * round(member.price_minor / cast(member.period_months as numeric)) as bigint) as mrr_minor,
    member.currency,
    {{ build_id() }}
from changes
inner join {{ ref('fct_membership') }} as member
    on member.org_id = changes.org_id and member.membership_id = changes.membership_id
where changes.members <> 0
