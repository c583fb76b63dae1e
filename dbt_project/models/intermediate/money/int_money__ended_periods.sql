-- Grain: one period of a membership that ended early, on the day that gave back what no day had earned.
select
    org_id,
    membership_period_id,
    location_id,
    ended_on as business_date,
    access_returned_minor
from {{ ref('stg_operational__membership_period') }}
where ended_on is not null
