-- Grain: one service.
select
    org_id,
    id as service_id,
    category_id,
    name,
    provider_minutes,
    processing_minutes,
    finishing_minutes,
    buffer_before_minutes,
    buffer_after_minutes,
    price_minor,
    billed_by_unit,
    tax_class,
    deposit_minor,
    needs_treatment_record,
    needs_exam,
    consent_template_id,
    active,
    _batch_id
from {{ source('raw', 'service') }}
