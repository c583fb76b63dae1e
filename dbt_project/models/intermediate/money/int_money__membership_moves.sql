-- Grain: one plan that an event of a membership joined or left. Who goes over to another leaves one and joins one.
{# Told at one moment, in the order in which they are possible: who changes or ends a frozen membership thaws it
   first. #}
{% set in_order %}
order by
    created_at,
    case
        when kind = 'joined' then 0
        when kind in ('unfrozen', 'recovered') then 1
        when kind = 'changed' then 2
        when kind = 'cancelled' then 4
        else 3
    end,
    membership_event_id
{% endset %}
{% set told = 'partition by org_id, membership_id ' ~ in_order %}

with events as (
    select
        happened.org_id,
        happened.membership_id,
        happened.membership_event_id,
        happened.kind,
        happened.business_date,
        happened.created_at,
        happened.membership_plan_version_id,
        case when happened.kind in ('joined', 'unfrozen', 'recovered', 'changed') then 1 else 0 end as running
    from {{ ref('stg_operational__membership_event') }} as happened
    where
        happened.kind in ('joined', 'frozen', 'unfrozen', 'past_due', 'recovered', 'cancelled', 'changed')
),

counted as (
    select
        events.*,
        coalesce(lag(running) over ({{ told }}), 0) as running_before,
        count(membership_plan_version_id) over ({{ told }}) as terms
    from events
),

-- The terms hold until others are told.
on_terms as (
    select
        counted.*,
        first_value(membership_plan_version_id) over (
            partition by org_id, membership_id, terms {{ in_order }}
        ) as version_id
    from counted
),

changes as (
    select
        on_terms.*,
        lag(version_id) over ({{ told }}) as version_before
    from on_terms
)

select changes.*, changes.version_id as of_version, changes.running - changes.running_before as members
from changes
where kind <> 'changed'

union all

select changes.*, changes.version_id as of_version, 1 as members
from changes
where kind = 'changed' and running_before = 1

union all

select changes.*, changes.version_before as of_version, -1 as members
from changes
where kind = 'changed' and running_before = 1
