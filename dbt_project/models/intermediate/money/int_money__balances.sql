-- Grain: one account of a location at one business day: its balance before and after the day.

with accounts as (
    select distinct
        org_id,
        location_id,
        account
    from {{ ref('agg_daily_account') }}
    where account_kind in ('asset', 'liability', 'equity')
),

carried as (
    select
        day.org_id,
        day.location_id,
        day.business_date,
        accounts.account,
        coalesce(moved.amount_minor, 0) as amount_minor,
        sum(coalesce(moved.amount_minor, 0)) over (
            partition by day.org_id, day.location_id, accounts.account
            order by day.business_date
        ) as closing_minor
    from {{ ref('fct_business_day') }} as day
    inner join accounts
        on accounts.org_id = day.org_id and accounts.location_id = day.location_id
    left join {{ ref('agg_daily_account') }} as moved
        on
            moved.org_id = day.org_id
            and moved.location_id = day.location_id
            and moved.business_date = day.business_date
            and moved.account = accounts.account
)

select
    org_id,
    location_id,
    business_date,
    account,
    closing_minor - amount_minor as opening_minor,
    closing_minor
from carried
