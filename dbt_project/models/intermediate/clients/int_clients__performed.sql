-- Grain: one performed item of a completed visit and signed treatment record of it (one without any).
-- Not grouped here: incremental models restrict it to the clients they touch.
select
    item.org_id,
    item.client_key,
    item.location_id,
    item.business_date,
    item.appointment_id,
    item.appointment_item_id,
    item.category_id,
    item.provider_id,
    item.starts_at,
    appointment.completed_at,
    -- A touch-up, a review or a correction is no return; where nothing was charted, a follow-up is none.
    case
        when treatment.treatment_id is not null
            then treatment.intent not in ('touch_up', 'review', 'correction')
        else appointment.source <> 'follow_up'
    end as is_core,
    {{ business_date_end('item.business_date', 'location') }} as day_ends_at
from {{ ref('fct_appointment_item') }} as item
inner join {{ ref('fct_appointment') }} as appointment
    on appointment.org_id = item.org_id and appointment.appointment_id = item.appointment_id
inner join {{ ref('stg_operational__location') }} as location
    on location.org_id = item.org_id and location.location_id = item.location_id
left join {{ ref('fct_treatment') }} as treatment
    on treatment.org_id = item.org_id and treatment.appointment_item_id = item.appointment_item_id
where item.performed and appointment.is_completed
