-- Grain: one day close figure.
select
    org_id,
    id as day_close_figure_id,
    business_day_id,
    location_id,
    business_date,
    measure,
    key,
    amount_minor,
    _batch_id
from {{ source('raw', 'day_close_figure') }}
