-- Grain: one package that is or was offered.
select
    org_id,
    package_plan_id,
    name,
    price_minor,
    cast(expires_after_days as integer) as expires_after_days,
    active,
    {{ build_id() }}
from {{ ref('stg_operational__package_plan') }}
