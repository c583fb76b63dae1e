-- Grain: one prepaid quantity held by a package or a membership.
select
    org_id,
    id as entitlement_id,
    client_id,
    location_id,
    package_id,
    membership_id,
    membership_period_id,
    service_id,
    product_id,
    quantity_milli,
    standalone_minor,
    value_minor,
    granted_on,
    expires_on,
    breakage_ppm,
    taxed_at_sale,
    _batch_id
from {{ source('raw', 'entitlement') }}
