-- Grain: one package sold, with what was used, refunded, voided and expired of it and what is left.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_packages(), ['org_id', 'package_id'], ['org_id', 'package_id'], true) }}"
) }}

with {% call touched(['org_id', 'package_id']) %}{{ touched_packages() }}{% endcall %},

held as (
    select entitlement.*
    from {{ ref('stg_operational__entitlement') }} as entitlement
    {{ only_touched('entitlement', ['org_id', 'package_id']) }}
    where entitlement.package_id is not null
),

moved as (
    select
        held.org_id,
        held.entitlement_id,
        {% for kind, kinds in [('used', "'used', 'reversed'"), ('refunded', "'refunded'"), ('voided', "'voided'"),
            ('expired', "'expired'")] %}
        sum(case when movement.kind in ({{ kinds }}) then movement.quantity_milli else 0 end) as {{ kind }}_milli,
        sum(case when movement.kind in ({{ kinds }}) then movement.value_minor else 0 end) as {{ kind }}_minor,
        {% endfor %}
        sum(movement.quantity_milli) as quantity_milli,
        sum(movement.value_minor) as value_minor,
        max(case when movement.kind = 'used' and undone.reverses_id is null then movement.business_date end)
            as last_used_on
    from held
    inner join {{ ref('stg_operational__entitlement_movement') }} as movement
        on movement.org_id = held.org_id and movement.entitlement_id = held.entitlement_id
    left join {{ ref('stg_operational__entitlement_movement') }} as undone
        on undone.org_id = movement.org_id and undone.reverses_id = movement.entitlement_movement_id
    group by held.org_id, held.entitlement_id
),

summed as (
    select
        held.org_id,
        held.package_id,
        sum(held.quantity_milli) as quantity_milli,
        sum(held.quantity_milli - coalesce(moved.quantity_milli, 0)) as left_milli,
        -- Units of a product are no sessions.
        sum(
            case when held.product_id is null then held.quantity_milli - coalesce(moved.quantity_milli, 0) else 0 end
        ) as sessions_left_milli,
        sum(held.value_minor - coalesce(moved.value_minor, 0)) as deferred_minor,
        {% for kind in ['used', 'refunded', 'voided', 'expired'] %}
        sum(coalesce(moved.{{ kind }}_milli, 0)) as {{ kind }}_milli,
        sum(coalesce(moved.{{ kind }}_minor, 0)) as {{ kind }}_minor,
        {% endfor %}
        max(moved.last_used_on) as last_used_on
    from held
    left join moved
        on moved.org_id = held.org_id and moved.entitlement_id = held.entitlement_id
    group by held.org_id, held.package_id
)

select
    package.org_id,
    package.package_id,
    client.client_key,
    package.location_id,
    package.package_plan_id,
    package.currency,
    package.sold_on,
    package.price_minor,
    package.expires_on,
    cast(coalesce(summed.quantity_milli, 0) as bigint) as quantity_milli,
    {% for kind in ['used', 'refunded', 'voided', 'expired'] %}
    cast(coalesce(summed.{{ kind }}_milli, 0) as bigint) as {{ kind }}_milli,
    cast(coalesce(summed.{{ kind }}_minor, 0) as bigint) as {{ kind }}_minor,
    {% endfor %}
    cast(coalesce(summed.left_milli, 0) as bigint) as left_milli,
    cast(coalesce(summed.sessions_left_milli, 0) / 1000 as integer) as sessions_left,
    cast(coalesce(summed.left_milli - summed.sessions_left_milli, 0) as bigint) as units_left_milli,
    cast(coalesce(summed.deferred_minor, 0) as bigint) as deferred_minor,
    summed.last_used_on,
    coalesce(summed.last_used_on, package.sold_on) as idle_since,
    {{ build_id() }}
from {{ ref('stg_operational__package') }} as package
{{ only_touched('package', ['org_id', 'package_id']) }}
inner join {{ ref('int_clients__resolved') }} as client
    on client.org_id = package.org_id and client.client_id = package.client_id
left join summed
    on summed.org_id = package.org_id and summed.package_id = package.package_id
