-- Grain: one claim of an appointment on a provider, room or device that was given back before its time.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_claim_days(),
        ['org_id', 'subject_id', 'claimed_on'],
        ['org_id', 'claim_id']
    ) }}"
) }}

with {% call touched(['org_id', 'subject_id', 'claimed_on']) %}{{ touched_claim_days() }}{% endcall %},

claims as (
    select
        claim.org_id,
        claim.occupancy_id as claim_id,
        claim.appointment_id,
        claim.subject_kind,
        claim.subject_id,
        claim.starts_at,
        claim.ends_at,
        claim.active,
        claim.claimed_at,
        {{ utc_date('claim.starts_at') }} as claimed_on,
        appointment.location_id,
        client.client_key
    from {{ ref('stg_operational__occupancy') }} as claim
    inner join {{ ref('stg_operational__appointment') }} as appointment
        on appointment.org_id = claim.org_id and appointment.appointment_id = claim.appointment_id
    inner join {{ ref('int_clients__resolved') }} as client
        on client.org_id = appointment.org_id and client.client_id = appointment.client_id
    where claim.hard
),

-- The first event after a claim was made that changes what a visit holds is the one that gave it back.
given_back as (
    select claims.org_id, claims.claim_id, min(past.happened_at) as freed_at
    from claims
    {{ only_touched('claims', ['org_id', 'subject_id', 'claimed_on']) }}
    inner join {{ ref('stg_operational__appointment_history') }} as past
        on past.org_id = claims.org_id
        and past.appointment_id = claims.appointment_id
        and past.happened_at > claims.claimed_at
    where
        not claims.active
        and past.event in ('moved', 'cancelled', 'late_cancelled', 'items_changed', 'undone')
    group by claims.org_id, claims.claim_id
),

freed as (
    select claims.*, given_back.freed_at
    from claims
    inner join given_back
        on given_back.org_id = claims.org_id and given_back.claim_id = claims.claim_id
    where
        given_back.freed_at < claims.starts_at
        and given_back.freed_at >= {{ dbt.dateadd('day', -7, 'claims.starts_at') }}
),

retaken as (
    select
        freed.org_id,
        freed.claim_id,
        sum({{ dbt.datediff('greatest(freed.starts_at, later.starts_at)', 'least(freed.ends_at, later.ends_at)', 'minute') }})
            filter (
                where later.appointment_id = freed.appointment_id and later.claimed_at >= freed.freed_at
            ) as kept_minutes,
        sum({{ dbt.datediff('greatest(freed.starts_at, later.starts_at)', 'least(freed.ends_at, later.ends_at)', 'minute') }})
            filter (
                where later.active and later.client_key <> freed.client_key and later.claimed_at >= freed.freed_at
            ) as refilled_minutes
    from freed
    inner join claims as later
        on later.org_id = freed.org_id
        and later.subject_kind = freed.subject_kind
        and later.subject_id = freed.subject_id
        and later.starts_at < freed.ends_at
        and freed.starts_at < later.ends_at
    group by freed.org_id, freed.claim_id
)

select
    freed.org_id,
    freed.claim_id,
    freed.appointment_id,
    freed.client_key,
    freed.location_id,
    freed.subject_kind,
    freed.subject_id,
    freed.claimed_on,
    {{ business_date_of('freed.starts_at', 'location') }} as business_date,
    freed.starts_at,
    freed.ends_at,
    freed.freed_at,
    -- What the same visit took again, if only until it was cancelled for good, was not free by this: every change of a
    -- visit makes its claims anew, and the same minutes count once.
    cast(
        greatest(
            {{ dbt.datediff('freed.starts_at', 'freed.ends_at', 'minute') }} - coalesce(retaken.kept_minutes, 0), 0
        ) as bigint
    ) as freed_minutes,
    cast(coalesce(retaken.refilled_minutes, 0) as bigint) as refilled_minutes,
    {{ build_id() }}
from freed
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = freed.org_id and location.location_id = freed.location_id
left join retaken
    on retaken.org_id = freed.org_id and retaken.claim_id = freed.claim_id
